-- Claims in the order in which they were made, whatever their clocks said.
ALTER TABLE dispatches ADD COLUMN turn INTEGER;
