-- What goes out in one message bears the name of its oldest.
ALTER TABLE dispatches ADD COLUMN bundle TEXT;

CREATE INDEX dispatches_bundle ON dispatches (bundle) WHERE bundle IS NOT NULL;
