//! Who knows of a problem, and is glad to hear that it is over.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::fault::Failure;
use super::row::At;
use crate::ledger::admission::{Birth, Change, Relieved};
use crate::policy::{ALL_IS_WELL, Target};

/// As statements write the rung of good news.
const _: () = assert!(ALL_IS_WELL == 65535);

/// Of a message about a problem: nobody has said since that all is well.
macro_rules! unrelieved {
    ($condition:literal) => {
        concat!(
            "p.step <> 65535 AND NOT EXISTS (SELECT FROM dispatches AS w WHERE w.incident = p.incident AND w.step = 65535 \
                 AND w.target = p.target AND w.opening >= p.opening AND w.state IN ('sent', 'unknown', 'sending') AND ",
            $condition,
            ")"
        )
    };
}

/// The addresses that were told, or may just be. What is being sent is looked at again before the good news goes out. Where an
/// incident lasted for longer than its content is kept, nobody can say any more what is well.
pub(super) const TOLD: &str = concat!(
    "SELECT g.place, p.target, min(p.ordinal) FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) WITH ORDINALITY \
         AS g (incident, opening, since, place) JOIN dispatches AS p ON p.incident = g.incident \
         JOIN incidents AS i ON i.id = g.incident AND i.payload IS NOT NULL \
     WHERE (p.opening = g.opening AND p.state IN ('sent', 'unknown', 'sending') \
         OR p.opening < g.opening AND p.state IN ('sent', 'unknown') AND p.settled_at >= g.since) AND ",
    unrelieved!("true"),
    " GROUP BY g.place, p.target ORDER BY g.place, 3"
);

/// Of a dispatch `d`: its address was told of the problem.
macro_rules! is_known {
    () => {
        concat!(
            "EXISTS (SELECT FROM dispatches AS p WHERE p.incident = d.incident AND p.target = d.target \
                 AND p.state IN ('sent', 'unknown') AND (p.opening = d.opening OR p.opening < d.opening \
                     AND p.settled_at >= d.created_at - (d.expires_at - d.created_at)) AND ",
            unrelieved!("w.id <> d.id"),
            ")"
        )
    };
}
pub(super) use {is_known, unrelieved};

/// The incidents whose end is news, column by column.
#[derive(Default)]
pub(super) struct Ends<'a> {
    pub(super) incident: Vec<i64>,
    opening: Vec<i64>,
    since: Vec<At>,
    changes: Vec<&'a Change>,
}

impl<'a> Ends<'a> {
    pub(super) fn push(&mut self, id: i64, change: &'a Change) {
        if let Some(Relieved { opening, since, .. }) = change.relief {
            self.incident.push(id);
            self.opening.push(opening.into());
            self.since.push(At(since));
            self.changes.push(change);
        }
    }

    pub(super) fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![&self.incident, &self.opening, &self.since]
    }

    /// The good news for those whom [`TOLD`] found.
    pub(super) fn reliefs(&self, told: &[Row]) -> Result<Vec<Birth>, Failure> {
        let mut births = Vec::new();
        for row in told {
            let (place, target): (i64, &str) = (row.try_get(0)?, row.try_get(1)?);
            let change = usize::try_from(place - 1).ok().and_then(|place| self.changes.get(place));
            if let (Some(change), Ok(target)) = (change, serde_json::from_str::<Target>(target)) {
                births.extend(change.reliefs(vec![target]));
            }
        }
        Ok(births)
    }
}
