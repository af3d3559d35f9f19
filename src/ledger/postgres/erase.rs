//! Forgetting an owner.

use super::fault::Failure;
use super::pool::Session;
use super::row::{self, At};
use crate::ledger::erasure::{Erased, Owner, SALT};

/// The digest that stays of an owner `g`, as [`person`](crate::ledger::erasure::person) makes it.
macro_rules! person {
    ($app:literal, $recipient:literal) => {
        concat!(
            "sha256(s.salt || int8send(length(convert_to(",
            $app,
            ", 'UTF8'))::bigint) || convert_to(",
            $app,
            ", 'UTF8') || int8send(length(convert_to(",
            $recipient,
            ", 'UTF8'))::bigint) || convert_to(",
            $recipient,
            ", 'UTF8'))"
        )
    };
}

/// Which of the owners were erased, and until when.
pub(super) const ERASED: &str = concat!(
    "SELECT g.place, e.erased_at FROM salt AS s CROSS JOIN unnest($1::text[], $2::text[]) WITH ORDINALITY \
     AS g (app, recipient, place) JOIN erasures AS e ON e.person = ",
    person!("g.app", "g.recipient")
);

const COUNT: &str = "SELECT (SELECT count(*) FROM incidents WHERE app = $1 AND recipient = $2), \
     count(d.id), count(d.id) FILTER (WHERE d.state = 'sending'), \
     (SELECT count(*) FROM outcomes WHERE app = $1 AND recipient = $2), \
     (SELECT count(*) FROM dead_addresses WHERE app = $1 AND recipient = $2), \
     (SELECT coalesce($3::timestamptz, clock_timestamp())) \
     FROM incidents AS i JOIN dispatches AS d ON d.incident = i.id WHERE i.app = $1 AND i.recipient = $2";

const DELETE: [&str; 4] = [
    "DELETE FROM dispatches WHERE incident IN (SELECT id FROM incidents WHERE app = $1 AND recipient = $2)",
    "DELETE FROM incidents WHERE app = $1 AND recipient = $2",
    "DELETE FROM outcomes WHERE app = $1 AND recipient = $2",
    "DELETE FROM dead_addresses WHERE app = $1 AND recipient = $2",
];

const SALTED: &str = "INSERT INTO salt (id, salt) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";

const BURY: &str = concat!(
    "INSERT INTO erasures AS e (person, erased_at) SELECT ",
    person!("$1::text", "$2::text"),
    ", $3::timestamptz FROM salt AS s ON CONFLICT (person) DO UPDATE SET erased_at = greatest(e.erased_at, excluded.erased_at)"
);

pub(super) async fn count(session: &Session, owner: &Owner, time: Option<At>) -> Result<Erased, Failure> {
    let (app, recipient) = (row::text(&owner.app), row::text(&owner.recipient));
    let rows = session.query(COUNT, &[&app, &recipient, &time]).await?;
    let row = rows.first().ok_or_else(|| Failure::Stored("no answer to what is known of an owner".into()))?;
    let number = |column| row.try_get(column).map(i64::cast_unsigned);
    let At(until) = row.try_get(5)?;
    Ok(Erased {
        incidents: number(0)?,
        dispatches: number(1)?,
        sending: number(2)?,
        outcomes: number(3)?,
        dead_addresses: number(4)?,
        until,
        // The server keeps what was deleted until it has vacuumed.
        leaves_traces: true,
    })
}

/// Nobody admits meanwhile: an event that was read before would bring the owner back after. Admissions that have begun are
/// waited for, those that come wait, and find the owner erased.
pub(super) async fn erase(
    session: &Session,
    owner: &Owner,
    salt: [u8; SALT],
    time: Option<At>,
) -> Result<Erased, Failure> {
    session.run("BEGIN; SET LOCAL lock_timeout = '5s'; LOCK TABLE incidents IN SHARE ROW EXCLUSIVE MODE").await?;
    let (app, recipient) = (row::text(&owner.app), row::text(&owner.recipient));
    let erased = count(session, owner, time).await?;
    for sql in DELETE {
        session.query(sql, &[&app, &recipient]).await?;
    }
    session.query(SALTED, &[&salt.as_slice()]).await?;
    session.query(BURY, &[&app, &recipient, &At(erased.until)]).await?;
    session.run("COMMIT").await?;
    Ok(erased)
}
