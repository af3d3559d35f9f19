-- Whatever ends a dispatch, its outcome is written in the same transaction; for connections that run this.
CREATE TEMP TRIGGER outcome_of_an_end AFTER UPDATE OF state ON main.dispatches
WHEN OLD.state IN ('planned', 'sending') AND NEW.state NOT IN ('planned', 'sending')
BEGIN
    INSERT INTO outcomes (dispatch, token, app, recipient, vehicle, type, code, opening, step, channel, state, attempt,
        transport, provider_id, reason, detail, locale, revision, address, due_at, created_at, ended_at)
    SELECT NEW.id, NEW.token, i.app, i.recipient, i.vehicle, i.type, i.code, NEW.opening, NEW.step, NEW.channel, NEW.state,
        NEW.attempt, NEW.transport, NEW.provider_id, NEW.reason, NEW.detail, NEW.locale, NEW.revision, NEW.address,
        NEW.due_at, NEW.created_at, coalesce(NEW.settled_at, NEW.created_at)
    FROM main.incidents AS i WHERE i.id = NEW.incident;
END;

CREATE TEMP TRIGGER outcome_of_a_stillbirth AFTER INSERT ON main.dispatches
WHEN NEW.state NOT IN ('planned', 'sending')
BEGIN
    INSERT INTO outcomes (dispatch, token, app, recipient, vehicle, type, code, opening, step, channel, state, attempt,
        transport, provider_id, reason, detail, locale, revision, address, due_at, created_at, ended_at)
    SELECT NEW.id, NEW.token, i.app, i.recipient, i.vehicle, i.type, i.code, NEW.opening, NEW.step, NEW.channel, NEW.state,
        NEW.attempt, NEW.transport, NEW.provider_id, NEW.reason, NEW.detail, NEW.locale, NEW.revision, NEW.address,
        NEW.due_at, NEW.created_at, coalesce(NEW.settled_at, NEW.created_at)
    FROM main.incidents AS i WHERE i.id = NEW.incident;
END;
