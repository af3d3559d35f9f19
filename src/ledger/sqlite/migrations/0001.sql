-- Times are microseconds since 1970, UTC. Texts are empty for "none" where they are part of a key, else NULL.

CREATE TABLE incidents (
    id                     INTEGER PRIMARY KEY,
    app                    TEXT    NOT NULL,
    recipient              TEXT    NOT NULL,
    vehicle                TEXT    NOT NULL,
    type                   TEXT    NOT NULL,
    code                   TEXT    NOT NULL,
    opening                INTEGER NOT NULL, -- how often it has opened; 0: only a RESOLVED has been seen
    opened_at              INTEGER,
    opened_sequence        INTEGER,
    last_error_at          INTEGER,
    last_error_sequence    INTEGER,
    last_resolved_at       INTEGER,
    last_resolved_sequence INTEGER,
    seen                   INTEGER NOT NULL, -- errors, repetitions among them
    payload                TEXT,             -- JSON of the newest error
    created_at             INTEGER NOT NULL,
    updated_at             INTEGER NOT NULL,
    UNIQUE (app, recipient, vehicle, type, code)
) STRICT;

CREATE TABLE dispatches (
    id           TEXT    PRIMARY KEY,
    incident     INTEGER NOT NULL REFERENCES incidents (id),
    opening      INTEGER NOT NULL,
    step         INTEGER NOT NULL,
    channel      TEXT    NOT NULL,
    target       TEXT    NOT NULL,           -- JSON
    alternatives TEXT,                       -- JSON, what to try when target fails for good
    state        TEXT    NOT NULL CHECK (
        state IN ('planned', 'sending', 'sent', 'failed', 'cancelled', 'expired', 'unknown')
    ),
    due_at       INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    attempt      INTEGER NOT NULL,           -- tries begun
    token        INTEGER NOT NULL,           -- grows with each claim
    doubtful     INTEGER NOT NULL,           -- 1: a lease ran out while it was being sent
    owner        TEXT,
    lease_until  INTEGER,
    transport    TEXT,
    provider_id  TEXT,
    reason       TEXT,
    detail       TEXT,
    locale       TEXT,
    revision     TEXT,
    created_at   INTEGER NOT NULL,
    settled_at   INTEGER
) STRICT;

CREATE INDEX dispatches_planned ON dispatches (channel, due_at) WHERE state = 'planned';
CREATE INDEX dispatches_sending ON dispatches (channel, lease_until) WHERE state = 'sending';
CREATE INDEX dispatches_settled ON dispatches (state, settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX dispatches_incident ON dispatches (incident);
