//! What only looks: the check before a send, the census, the next due.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::fault::Failure;
use super::pool::Session;
use super::row::{self, At};
use crate::ledger::{Candidate, Census, Standing, Terms};
use crate::policy::Channel;

const STANDING: &str = "SELECT g.place, d.opening <> i.opening, i.open \
     FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS g (id, token, place) \
     JOIN dispatches AS d ON d.id = g.id AND d.token = g.token JOIN incidents AS i ON i.id = d.incident \
     WHERE d.state = 'sending' \
     AND d.lease_until > (SELECT coalesce($3::timestamptz, clock_timestamp())) + $4::bigint * interval '1 microsecond'";

const CENSUS: &str = "SELECT state, count(*), count(*) FILTER (WHERE attempt > 0) FROM dispatches GROUP BY state";

const NEXT_DUE: &str = "SELECT (SELECT min(due_at) FROM dispatches WHERE state = 'planned' AND channel = $1), \
     coalesce($2::timestamptz, clock_timestamp())";

/// Each channel by its own part of the index, and of each no more than can matter.
const BACKLOG: &str = "SELECT least(coalesce(sum(n), 0), $3::bigint)::bigint FROM unnest($1::text[]) AS c (channel), \
     LATERAL (SELECT count(*) AS n FROM (SELECT FROM dispatches AS d WHERE d.state = 'planned' AND d.channel = c.channel \
         AND d.due_at <= (SELECT coalesce($2::timestamptz, clock_timestamp())) + $4::bigint * interval '1 microsecond' \
         LIMIT $3::bigint) AS due) AS of_it";

pub(super) async fn standing(
    session: &Session,
    candidates: &[Candidate],
    time: Option<At>,
    terms: Terms,
) -> Result<Vec<Standing>, Failure> {
    let ids: Vec<Uuid> = candidates.iter().map(|candidate| row::uuid(&candidate.id)).collect();
    let tokens: Vec<i64> = candidates.iter().map(|candidate| candidate.token).collect();
    let mut standings = vec![Standing::Lost; candidates.len()];
    for row in session.query(STANDING, &[&ids, &tokens, &time, &row::micros(terms.hold)]).await? {
        let (place, superseded, open): (i64, bool, bool) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let place = usize::try_from(place - 1).unwrap_or(usize::MAX);
        if let Some(standing) = standings.get_mut(place) {
            *standing = match (superseded, open) {
                (true, _) => Standing::Superseded,
                (false, true) => Standing::Go,
                (false, false) => Standing::Resolved,
            };
        }
    }
    Ok(standings)
}

pub(super) async fn census(session: &Session) -> Result<Census, Failure> {
    let mut census = Census::default();
    for row in session.query(CENSUS, &[]).await? {
        let state: &str = row.try_get(0)?;
        census.note(state, row.try_get(1).map(i64::cast_unsigned)?);
        if state == "planned" {
            census.retrying = row.try_get(2).map(i64::cast_unsigned)?;
        }
    }
    Ok(census)
}

pub(super) async fn backlog(
    session: &Session,
    time: Option<At>,
    ahead: SignedDuration,
    most: u64,
) -> Result<u64, Failure> {
    let channels: Vec<&str> = Channel::ALL.iter().map(|channel| channel.as_str()).collect();
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = session.query(BACKLOG, &[&channels, &time, &most, &row::micros(ahead)]).await?;
    let row = rows.first().ok_or_else(|| Failure::Stored("no answer to how much is due".into()))?;
    Ok(row.try_get(0).map(i64::cast_unsigned)?)
}

/// By the clock that says `now`, which may be ahead of the server's, or behind it.
pub(super) async fn next_due(
    session: &Session,
    channel: Channel,
    now: Timestamp,
    time: Option<At>,
) -> Result<Option<Timestamp>, Failure> {
    let rows = session.query(NEXT_DUE, &[&channel.as_str(), &time]).await?;
    let row = rows.first().ok_or_else(|| Failure::Stored("no answer to what is due".into()))?;
    let (due, At(server)): (Option<At>, At) = (row.try_get(0)?, row.try_get(1)?);
    Ok(due.map(|At(due)| now.saturating_add(due.duration_since(server)).unwrap_or(Timestamp::MAX)))
}
