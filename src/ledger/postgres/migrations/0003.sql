ALTER TABLE dispatches ADD COLUMN address TEXT; -- kind and hash of the address that the carrier found dead

-- Addresses that are not to be used again, as hashes.
CREATE TABLE dead_addresses (
    app         TEXT        NOT NULL,
    recipient   TEXT        NOT NULL,
    address     TEXT        NOT NULL,            -- kind and hash
    reported_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (app, recipient, address)
);

-- Ends of dispatches that are still to be told, as they were.
CREATE TABLE outcomes (
    place       BIGINT      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dispatch    UUID        NOT NULL,
    incident    BIGINT      NOT NULL,            -- which may be forgotten by now
    token       BIGINT      NOT NULL,
    app         TEXT        NOT NULL,
    recipient   TEXT        NOT NULL,
    vehicle     TEXT        NOT NULL,
    type        TEXT        NOT NULL,
    code        TEXT        NOT NULL,
    opening     BIGINT      NOT NULL,
    step        INTEGER     NOT NULL,
    channel     TEXT        NOT NULL,
    state       TEXT        NOT NULL,
    attempt     INTEGER     NOT NULL,
    transport   TEXT,
    provider_id TEXT,
    reason      TEXT,
    detail      TEXT,
    locale      TEXT,
    revision    TEXT,
    address     TEXT,
    due_at      TIMESTAMPTZ NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    ended_at    TIMESTAMPTZ NOT NULL,
    owner       TEXT,                            -- who is telling it, until lease_until
    lease_until TIMESTAMPTZ NOT NULL DEFAULT '-infinity'
);

CREATE INDEX outcomes_recipient ON outcomes (app, recipient);

-- Whatever ends a dispatch, its outcome is written in the same transaction; for sessions that say so.
CREATE FUNCTION keep_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outcomes (dispatch, incident, token, app, recipient, vehicle, type, code, opening, step, channel, state,
        attempt, transport, provider_id, reason, detail, locale, revision, address, due_at, created_at, ended_at)
    SELECT NEW.id, NEW.incident, NEW.token, i.app, i.recipient, i.vehicle, i.type, i.code, NEW.opening, NEW.step,
        NEW.channel, NEW.state, NEW.attempt, NEW.transport, NEW.provider_id, NEW.reason, NEW.detail, NEW.locale,
        NEW.revision, NEW.address, NEW.due_at, NEW.created_at, coalesce(NEW.settled_at, clock_timestamp())
    FROM incidents AS i WHERE i.id = NEW.incident;
    RETURN NULL;
END $$;

CREATE TRIGGER outcome_of_an_end AFTER UPDATE OF state ON dispatches FOR EACH ROW
    WHEN (OLD.state IN ('planned', 'sending') AND NEW.state NOT IN ('planned', 'sending')
        AND current_setting('dashlight.outcomes', true) = 'kept')
    EXECUTE FUNCTION keep_outcome();

CREATE TRIGGER outcome_of_a_stillbirth AFTER INSERT ON dispatches FOR EACH ROW
    WHEN (NEW.state NOT IN ('planned', 'sending') AND current_setting('dashlight.outcomes', true) = 'kept')
    EXECUTE FUNCTION keep_outcome();
