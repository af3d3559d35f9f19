-- When the first of the tries began whose end nobody knows; NULL: when it was admitted.
ALTER TABLE dispatches ADD COLUMN tried_since INTEGER;
