//! Joins what one message can say, when the batch that planned it is committed: another worker may have planned about
//! another car of the same owner in the same moment, and whichever of the two comes later sees both.

use uuid::Uuid;

use super::fault::Failure;
use super::pool::Session;
use super::row;
use crate::ledger::admission::{Birth, Newborn};
use crate::ledger::bundle::LARGEST;

/// For each that is new the oldest of what is planned for the same owner, error, rung and address, itself among them: of a
/// bundle before one that is alone. What opened further apart joins when it is due at the same moment all the same, as after
/// a quiet night. That all is well is said once, whatever was wrong with the car. All of a bundle are due when the last of them is. Rows are locked in the order of their ids, so that two
/// workers never wait for each other in a circle.
const JOIN: &str = "WITH new AS ( \
         SELECT d.id, d.step, d.target, d.due_at, d.expires_at, i.app, i.recipient, i.vehicle, i.type, i.code, i.opened_at, \
             i.last_resolved_at AS resolved_at, \
             g.within * interval '1 microsecond' AS within \
         FROM unnest($1::uuid[], $2::bigint[]) AS g (id, within) \
         JOIN dispatches AS d ON d.id = g.id JOIN incidents AS i ON i.id = d.incident \
         WHERE d.state = 'planned'), \
     found AS ( \
         SELECT DISTINCT ON (new.id) new.id, m.id AS oldest \
         FROM new JOIN incidents AS o ON o.recipient = new.recipient AND o.app = new.app AND o.type = new.type \
             AND (o.code = new.code OR new.step = 65535) \
         JOIN dispatches AS m ON m.incident = o.id AND m.opening = o.opening AND m.step = new.step AND m.target = new.target \
         WHERE m.state = 'planned' AND m.attempt = 0 AND (m.bundle IS NULL OR m.bundle = m.id) \
             AND m.expires_at > new.due_at AND new.expires_at > m.due_at \
             AND (CASE WHEN new.step <> 65535 THEN o.opened_at BETWEEN new.opened_at - new.within AND new.opened_at + new.within \
                 ELSE o.vehicle = new.vehicle \
                     OR o.last_resolved_at BETWEEN new.resolved_at - new.within AND new.resolved_at + new.within END \
                 OR m.due_at = new.due_at) \
             AND (SELECT count(*) FROM dispatches AS known WHERE known.bundle = m.id) < $3::bigint \
         ORDER BY new.id, m.bundle IS NULL, o.opened_at, m.ordinal), \
     joined AS ( \
         SELECT DISTINCT ON (id) id, oldest FROM ( \
             SELECT id, oldest FROM found WHERE id <> oldest \
             UNION SELECT oldest, oldest FROM found WHERE id <> oldest \
             UNION SELECT d.id, d.bundle FROM dispatches AS d \
                 WHERE d.state = 'planned' AND d.bundle IN (SELECT oldest FROM found WHERE id <> oldest)) AS all_of_them \
         ORDER BY id, oldest = id), \
     locked AS MATERIALIZED ( \
         SELECT d.id, d.due_at FROM dispatches AS d WHERE d.id IN (SELECT id FROM joined) AND d.state = 'planned' \
         ORDER BY d.id FOR UPDATE), \
     due AS ( \
         SELECT joined.oldest, max(locked.due_at) AS due_at FROM joined JOIN locked ON locked.id = joined.id \
         GROUP BY joined.oldest) \
     UPDATE dispatches AS d SET bundle = due.oldest, due_at = due.due_at \
     FROM joined JOIN due ON due.oldest = joined.oldest JOIN locked ON locked.id = joined.id WHERE d.id = joined.id";

pub(super) async fn join(session: &Session, births: &[Birth]) -> Result<(), Failure> {
    let planned = births.iter().filter(|birth| birth.state == Newborn::Planned);
    let (ids, within): (Vec<Uuid>, Vec<i64>) =
        planned.filter_map(|birth| Some((row::uuid(&birth.id), row::micros(birth.bundles?)))).unzip();
    if ids.is_empty() {
        return Ok(());
    }
    session.query(JOIN, &[&ids, &within, &LARGEST]).await.map(drop)
}
