-- What operators ask for and change.

CREATE INDEX incidents_recipient ON incidents (recipient);

-- What is kept only for a time: the content of incidents, then the incidents themselves.
CREATE INDEX incidents_full ON incidents (updated_at) WHERE payload IS NOT NULL;
CREATE INDEX incidents_bare ON incidents (updated_at) WHERE payload IS NULL;

CREATE TABLE pauses (
    channel TEXT        PRIMARY KEY,
    since   TIMESTAMPTZ NOT NULL,
    until   TIMESTAMPTZ,             -- NULL: until somebody resumes it
    note    TEXT
);

-- Owners who were erased: a digest of app and recipient under the salt.
CREATE TABLE erasures (
    person    BYTEA       PRIMARY KEY,
    erased_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE salt (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    salt BYTEA   NOT NULL
);
