-- The looks before the sends of one owner, in their order. NULL: nobody has looked at this claim yet.
ALTER TABLE dispatches ADD COLUMN turn BIGINT;

CREATE SEQUENCE turns;
