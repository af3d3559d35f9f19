-- Texts are empty for "none" where they are part of a key, else NULL. Times are the server's.

CREATE TABLE incidents (
    id                     BIGINT      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key                    BYTEA       NOT NULL UNIQUE, -- digest of the five that follow
    app                    TEXT        NOT NULL,
    recipient              TEXT        NOT NULL,
    vehicle                TEXT        NOT NULL,
    type                   TEXT        NOT NULL,
    code                   TEXT        NOT NULL,
    opening                BIGINT      NOT NULL, -- how often it has opened; 0: only a RESOLVED has been seen
    open                   BOOLEAN     NOT NULL, -- its last ERROR is later than its last RESOLVED
    opened_at              TIMESTAMPTZ,
    opened_sequence        BIGINT,               -- the bits of an unsigned number
    last_error_at          TIMESTAMPTZ,
    last_error_sequence    BIGINT,
    last_resolved_at       TIMESTAMPTZ,
    last_resolved_sequence BIGINT,
    seen                   BIGINT      NOT NULL, -- errors, repetitions among them
    payload                TEXT,                 -- JSON of the newest error
    created_at             TIMESTAMPTZ NOT NULL,
    updated_at             TIMESTAMPTZ NOT NULL
);

CREATE TABLE dispatches (
    id           UUID        PRIMARY KEY,
    ordinal      BIGINT      GENERATED ALWAYS AS IDENTITY,
    incident     BIGINT      NOT NULL REFERENCES incidents (id),
    opening      BIGINT      NOT NULL,
    step         INTEGER     NOT NULL,
    channel      TEXT        NOT NULL,
    target       TEXT        NOT NULL,           -- JSON
    alternatives TEXT,                           -- JSON, what to try when target fails for good
    state        TEXT        NOT NULL CHECK (
        state IN ('planned', 'sending', 'sent', 'failed', 'cancelled', 'expired', 'unknown')
    ),
    due_at       TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    attempt      INTEGER     NOT NULL,           -- tries begun
    token        BIGINT      NOT NULL,           -- grows with each claim
    doubtful     BOOLEAN     NOT NULL,           -- a lease ran out while it was being sent
    owner        TEXT,                           -- the worker, and the number of its claim
    lease_until  TIMESTAMPTZ,
    transport    TEXT,
    provider_id  TEXT,
    reason       TEXT,
    detail       TEXT,
    locale       TEXT,
    revision     TEXT,
    created_at   TIMESTAMPTZ NOT NULL,
    settled_at   TIMESTAMPTZ
);

CREATE INDEX dispatches_planned ON dispatches (channel, due_at) WHERE state = 'planned';
CREATE INDEX dispatches_sending ON dispatches (channel, lease_until) WHERE state = 'sending';
CREATE INDEX dispatches_settled ON dispatches (state, settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX dispatches_incident ON dispatches (incident);
