//! The demo's minute: a source that plays sample events at their time.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::clock::DemoClock;
use crate::event::Properties;
use crate::source::{Batch, Delivery, Receipt, Rejected, Source};

/// One line of `minute.ndjson`.
#[derive(Debug, Deserialize)]
struct Line {
    /// Seconds after the start.
    after: u64,
    event: Value,
}

/// Plays `minute.ndjson`.
#[derive(Debug)]
pub(super) struct Script {
    clock: DemoClock,
    batch_size: usize,
    coming: std::collections::VecDeque<(Duration, Delivery)>,
    idle_at_the_end: bool,
}

impl Script {
    pub(super) fn new(clock: DemoClock, batch_size: usize) -> Self {
        let lines = include_str!("minute.ndjson").lines().enumerate();
        let coming = lines.filter_map(|(number, text)| {
            let line: Line = serde_json::from_str(text).ok()?;
            let origin = format!("minute.ndjson:{}", number + 1);
            let body = line.event.to_string().into_bytes();
            Some((Duration::from_secs(line.after), Delivery { body, properties: Properties::default(), origin }))
        });
        Self { clock, batch_size, coming: coming.collect(), idle_at_the_end: false }
    }

    /// After the last event no end is told: the worker goes on waiting.
    #[must_use]
    pub(super) fn then_idle(mut self) -> Self {
        self.idle_at_the_end = true;
        self
    }
}

#[async_trait]
impl Source for Script {
    async fn next(&mut self) -> Option<Batch> {
        let Some(at) = self.coming.front().map(|(at, _)| *at) else {
            if self.idle_at_the_end {
                std::future::pending::<()>().await;
            }
            return None;
        };
        self.clock.reach(at).await;
        let mut deliveries = Vec::new();
        while deliveries.len() < self.batch_size {
            match self.coming.pop_front() {
                Some((due, delivery)) if due <= at => deliveries.push(delivery),
                Some(later) => {
                    self.coming.push_front(later);
                    break;
                }
                None => break,
            }
        }
        Some(Batch { deliveries, receipt: Receipt { session: 0, last: 0 } })
    }

    async fn finish(&mut self, _batch: Batch, _rejected: Vec<Rejected>) {}

    async fn close(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_minute_can_be_played() {
        let script = Script::new(DemoClock::new(1.0), 10);
        assert_eq!(script.coming.len(), include_str!("minute.ndjson").lines().count());
    }

    #[test]
    fn the_minute_is_in_order_and_takes_a_minute() {
        let script = Script::new(DemoClock::new(1.0), 10);
        let times: Vec<_> = script.coming.iter().map(|(at, _)| *at).collect();
        assert!(times.is_sorted());
        assert!(times.last().is_some_and(|last| *last <= Duration::from_mins(1)));
    }
}
