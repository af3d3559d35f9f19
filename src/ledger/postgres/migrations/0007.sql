-- The transport that a claim is being given to in place of the first choice. It counts only while the claim lasts.
ALTER TABLE dispatches ADD COLUMN asking TEXT;
