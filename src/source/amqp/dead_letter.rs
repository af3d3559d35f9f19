//! Where deliveries go that cannot be used: to the dead-letter queue, each with its reason, over a line of its own.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};

use super::session::Origin;
use super::topology::Topology;
use crate::broker::{Answer, Broker, Failure, Line, Outage, Posting};
use crate::event::Reject;

/// Characters of `x-dashlight-detail`.
const DETAIL: usize = 500;

/// Bytes of a header frame that are left to the other properties (ten strings of up to 255 bytes) and the framing.
const RESERVE: usize = 4096;

/// Original headers are kept up to this many levels of tables in tables.
const DEPTH: usize = 8;

/// A delivery that cannot be used.
#[derive(Debug)]
pub(super) struct Letter<'a> {
    pub(super) body: &'a [u8],
    pub(super) origin: &'a Origin,
    pub(super) reject: &'a Reject,
}

pub(super) struct DeadLetters {
    broker: Broker,
    topology: Topology,
    outage: Outage,
    /// Opened for the first dead letter, then kept.
    line: Option<Line>,
}

impl DeadLetters {
    pub(super) fn new(broker: Broker, topology: Topology, outage: Outage) -> Self {
        Self { broker, topology, outage, line: None }
    }

    /// Publishes the letters, and tries again until the broker has confirmed every one. May be dropped; a letter whose
    /// confirm was lost is then published twice, when its delivery comes again.
    pub(super) async fn bury(&mut self, letters: Vec<Letter<'_>>) {
        let mut open = letters;
        while !open.is_empty() {
            self.outage.pause().await;
            match self.publish(&mut open).await {
                Ok(()) => {
                    self.outage.over();
                    self.outage.clear();
                }
                Err(failure) => self.outage.failed(&failure),
            }
        }
    }

    /// One try. What is confirmed is taken from `open`. The line outlives only a try that went well.
    async fn publish(&mut self, open: &mut Vec<Letter<'_>>) -> Result<(), Failure> {
        let mut line = match self.line.take() {
            Some(line) if line.is_alive() => line,
            _ => Line::open(&self.broker, "dashlight: dead letters").await?,
        };
        let frame = line.frame();
        let postings = open.iter().map(|letter| self.posting(letter, frame));
        let answers = line.publish("publishing a dead letter", postings).await?;
        // Nothing is taken from `open` before all is known: a try that is cut short must not lose a letter.
        let mut taken = answers.iter().map(|answer| matches!(answer, Answer::Taken));
        open.retain(|_| !taken.next().unwrap_or(false));
        let Some(text) = answers.into_iter().find_map(why_not) else {
            self.line = Some(line);
            return Ok(());
        };
        let queue = self.topology.dead_letters.to_string();
        Err(Failure::NotConfirmed { queue, count: open.len(), text })
    }

    fn posting<'a>(&self, letter: &Letter<'a>, frame: usize) -> Posting<'a> {
        Posting {
            exchange: ShortString::default(),
            routing_key: self.topology.dead_letters.clone(),
            properties: envelope(letter, self.topology.work.as_str(), frame),
            body: letter.body,
        }
    }

    pub(super) async fn close(&mut self) {
        if let Some(line) = self.line.take() {
            line.close().await;
        }
    }
}

/// Why the queue has not got it; `None`: it has.
pub(super) fn why_not(answer: Answer) -> Option<String> {
    match answer {
        Answer::Taken => None,
        Answer::Unroutable(text) | Answer::Refused(text) => Some(text),
        Answer::Unheard(failure) => Some(failure.to_string()),
    }
}

/// The header that says when a letter was first taken. It stands in for the time of a message that has none of its own, so
/// that what is replayed does not become newer than what came after it.
pub(super) const AT: &str = "x-dashlight-at";

/// What all headers of ours begin with.
pub(super) const OURS: &str = "x-dashlight-";

/// The properties of a dead letter: the original's, as far as they may be published again, and why it is here.
fn envelope(letter: &Letter<'_>, queue: &str, frame: usize) -> BasicProperties {
    carried(&letter.origin.properties).with_headers(headers(letter, queue, frame))
}

/// What of a message's properties, besides its headers, may be published again.
///
/// Left out are: an expiry, or it would not stay; a user id, which the broker compares with ours; a reply address.
pub(super) fn carried(original: &BasicProperties) -> BasicProperties {
    let mut properties = BasicProperties::default().with_delivery_mode(2);
    let copy = [
        (original.content_type(), BasicProperties::with_content_type as fn(_, _) -> _),
        (original.content_encoding(), BasicProperties::with_content_encoding),
        (original.correlation_id(), BasicProperties::with_correlation_id),
        (original.message_id(), BasicProperties::with_message_id),
        (original.kind(), BasicProperties::with_type),
        (original.app_id(), BasicProperties::with_app_id),
    ];
    for (value, with) in copy {
        if let Some(value) = value {
            properties = with(properties, value.clone());
        }
    }
    if let Some(priority) = *original.priority() {
        properties = properties.with_priority(priority);
    }
    if let Some(timestamp) = *original.timestamp() {
        properties = properties.with_timestamp(timestamp);
    }
    properties
}

/// Whether a header may be published again: the broker would send copies to those in CC and BCC.
pub(super) fn may_travel(name: &str) -> bool {
    !name.eq_ignore_ascii_case("CC") && !name.eq_ignore_ascii_case("BCC")
}

fn headers(letter: &Letter<'_>, queue: &str, frame: usize) -> FieldTable {
    let detail: String = letter.reject.detail.chars().take(DETAIL).collect();
    let mut headers = FieldTable::default();
    for (name, value) in [
        ("x-dashlight-reason", letter.reject.reason.as_str()),
        ("x-dashlight-detail", &detail),
        ("x-dashlight-exchange", letter.origin.exchange.as_str()),
        ("x-dashlight-routing-key", letter.origin.routing_key.as_str()),
        ("x-dashlight-queue", queue),
        (AT, &letter.origin.first_taken_at().to_string()),
        ("x-dashlight-version", env!("CARGO_PKG_VERSION")),
    ] {
        headers.insert(name.into(), AMQPValue::LongString(LongString::from(value)));
    }
    // A header frame that is too long would cost the connection, each time anew.
    let mut left = frame.saturating_sub(RESERVE).saturating_sub(table_size(&headers, DEPTH).unwrap_or(0));
    for (name, value) in letter.origin.properties.headers().iter().flatten() {
        let Some(size) = value_size(value, DEPTH).map(|size| size + name.as_str().len() + 2) else { continue };
        if may_travel(name.as_str()) && !name.as_str().starts_with(OURS) && size <= left {
            left -= size;
            headers.insert(name.clone(), value.clone());
        }
    }
    headers
}

/// At least the bytes of a value on the wire; `None` for tables in tables in tables.
fn value_size(value: &AMQPValue, depth: usize) -> Option<usize> {
    match value {
        AMQPValue::ShortString(text) => Some(text.as_str().len() + 1),
        AMQPValue::LongString(text) => Some(text.len() + 4),
        AMQPValue::ByteArray(bytes) => Some(bytes.len() + 4),
        AMQPValue::FieldTable(table) => table_size(table, depth.checked_sub(1)?),
        AMQPValue::FieldArray(array) => {
            let depth = depth.checked_sub(1)?;
            array.as_slice().iter().try_fold(4, |sum, value| Some(sum + 1 + value_size(value, depth)?))
        }
        _ => Some(8),
    }
}

fn table_size(table: &FieldTable, depth: usize) -> Option<usize> {
    table.into_iter().try_fold(4, |sum, (name, value)| Some(sum + name.as_str().len() + 2 + value_size(value, depth)?))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use lapin::types::ShortString;

    use super::*;
    use crate::event::Reason;

    const FRAME: usize = 131_072;

    fn dead(properties: BasicProperties, detail: &str) -> BasicProperties {
        let (exchange, routing_key) = ("cars".into(), "error.tesla".into());
        let origin = Origin { exchange, routing_key, properties, taken_at: Timestamp::UNIX_EPOCH };
        let reject = Reject::new(Reason::NotJson, detail);
        envelope(&Letter { body: b"{", origin: &origin, reject: &reject }, "work", FRAME)
    }

    fn header(properties: &BasicProperties, name: &str) -> Option<String> {
        let value = properties.headers().as_ref()?.inner().get(name)?;
        value.as_long_string().map(ToString::to_string)
    }

    fn with_header(name: &str, value: AMQPValue) -> BasicProperties {
        let mut headers = FieldTable::default();
        headers.insert(name.into(), value);
        BasicProperties::default().with_headers(headers)
    }

    #[test]
    fn a_dead_letter_says_why_and_where_from() {
        let dead = dead(BasicProperties::default().with_message_id("m-1".into()), "line 1, column 2");
        for (name, expected) in [
            ("x-dashlight-reason", "not-json"),
            ("x-dashlight-detail", "line 1, column 2"),
            ("x-dashlight-exchange", "cars"),
            ("x-dashlight-routing-key", "error.tesla"),
            ("x-dashlight-queue", "work"),
            ("x-dashlight-at", "1970-01-01T00:00:00Z"),
            ("x-dashlight-version", env!("CARGO_PKG_VERSION")),
        ] {
            assert_eq!(header(&dead, name).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(dead.message_id().as_ref().map(ShortString::as_str), Some("m-1"));
        assert_eq!(*dead.delivery_mode(), Some(2));
    }

    #[test]
    fn a_long_detail_is_cut_between_characters() {
        let dead = dead(BasicProperties::default(), &"ä".repeat(2 * DETAIL));
        assert_eq!(header(&dead, "x-dashlight-detail"), Some("ä".repeat(DETAIL)));
    }

    #[test]
    fn what_would_move_or_expire_a_dead_letter_is_left_out() {
        let original = BasicProperties::default()
            .with_expiration("1".into())
            .with_user_id("someone".into())
            .with_reply_to("amq.rabbitmq.reply-to".into());
        let dead = dead(original, "");
        assert_eq!((dead.expiration(), dead.user_id(), dead.reply_to()), (&None, &None, &None));
    }

    #[test]
    fn a_header_that_would_send_copies_is_left_out() {
        let copies = AMQPValue::FieldArray(vec![AMQPValue::LongString("work".into())].into());
        for name in ["CC", "BCC"] {
            let dead = dead(with_header(name, copies.clone()), "");
            assert!(dead.headers().as_ref().is_some_and(|headers| !headers.contains_key(name)), "{name}");
        }
    }

    #[test]
    fn headers_are_kept_as_far_as_they_fit_into_a_frame() {
        let small = dead(with_header("trace", AMQPValue::LongString("abc".into())), "");
        assert_eq!(header(&small, "trace").as_deref(), Some("abc"));
        let large = dead(with_header("trace", AMQPValue::LongString(vec![b'x'; FRAME].into())), "");
        assert_eq!(header(&large, "trace"), None);
    }

    #[test]
    fn tables_in_tables_are_kept_to_a_depth() {
        let nested = |depth| {
            (0..depth).fold(AMQPValue::Void, |inner, _| {
                AMQPValue::FieldTable(FieldTable::from(std::collections::BTreeMap::from([("t".into(), inner)])))
            })
        };
        assert!(value_size(&nested(DEPTH), DEPTH).is_some());
        assert!(value_size(&nested(DEPTH + 1), DEPTH).is_none());
    }

    #[test]
    fn a_letter_that_dies_again_keeps_the_time_at_which_it_was_first_taken() {
        let earlier = || with_header(AT, AMQPValue::LongString("1969-12-31T23:00:00Z".into()));
        assert_eq!(header(&dead(earlier(), ""), AT).as_deref(), Some("1969-12-31T23:00:00Z"));
        let later = with_header(AT, AMQPValue::LongString("2026-11-20T08:00:00Z".into()));
        assert_eq!(header(&dead(later, ""), AT).as_deref(), Some("1970-01-01T00:00:00Z"));
    }

    #[test]
    fn the_reason_of_an_earlier_death_is_replaced() {
        let dead = dead(with_header("x-dashlight-reason", AMQPValue::LongString("too-large".into())), "");
        assert_eq!(header(&dead, "x-dashlight-reason").as_deref(), Some("not-json"));
    }
}
