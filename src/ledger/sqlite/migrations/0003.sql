ALTER TABLE dispatches ADD COLUMN address TEXT; -- kind and hash of the address that the carrier found dead

-- Addresses that are not to be used again, as hashes.
CREATE TABLE dead_addresses (
    app         TEXT    NOT NULL,
    recipient   TEXT    NOT NULL,
    address     TEXT    NOT NULL,            -- kind and hash
    reported_at INTEGER NOT NULL,
    PRIMARY KEY (app, recipient, address)
) STRICT, WITHOUT ROWID;

-- Ends of dispatches that are still to be told, as they were. A place is never used twice.
CREATE TABLE outcomes (
    place       INTEGER PRIMARY KEY AUTOINCREMENT,
    dispatch    TEXT    NOT NULL,
    token       INTEGER NOT NULL,
    app         TEXT    NOT NULL,
    recipient   TEXT    NOT NULL,
    vehicle     TEXT    NOT NULL,
    type        TEXT    NOT NULL,
    code        TEXT    NOT NULL,
    opening     INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    channel     TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    attempt     INTEGER NOT NULL,
    transport   TEXT,
    provider_id TEXT,
    reason      TEXT,
    detail      TEXT,
    locale      TEXT,
    revision    TEXT,
    address     TEXT,
    due_at      INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL,
    owner       TEXT,                        -- who is telling it, until lease_until
    lease_until INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX outcomes_recipient ON outcomes (app, recipient);
