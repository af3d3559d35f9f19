//! HTTP as carriers need it: every request bounded in time, number and size, and every failure a decision.
//!
//! No redirects and no proxy but the configured one. What a carrier says is repeated without addresses and secrets.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{AUTHORIZATION, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder};
use tokio::sync::Semaphore;

use super::SendError;
use super::wording::{bounded, scrubbed};
use crate::clock::Clock;
use crate::config::{Network, Secret};
use crate::network::{self, End, certificate_fault, reason};

/// Bytes of an answer that are read; what comes after them is not worth waiting for.
const LONGEST_ANSWER: usize = 64 << 10;
/// An idle connection is closed before the other end would: a request on one that is just being closed is in doubt. Load
/// balancers close after a minute, Node's servers after five seconds.
const IDLE: Duration = Duration::from_secs(4);
/// While requests wait for an answer over HTTP/2, the connection that all share is asked whether it lives; on a dead one each
/// would run into its time limit, and so would all that come after.
const PULSE: Duration = Duration::from_secs(10);
/// The longest wait that a carrier can ask for; what asks for more is asked again after this.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(1);
/// A clock that differs by more than so many seconds from a carrier's is at fault where a signature is refused.
const ODD_CLOCK: i64 = 60;
/// Bytes of an address that is hidden: shorter ones are parts of other words.
const SHORTEST_HIDDEN: usize = 4;
/// What need not be percent-encoded is not.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What stands in a secret's place.
const SECRET: &str = "<secret>";
/// Characters of a carrier's words that are repeated.
const LONGEST_DETAIL: usize = 300;

/// A client of one carrier's API.
pub(super) struct HttpClient {
    client: Client,
    /// A permit is one request on its way. Each may leave a connection behind that was dialled in vain, so there may be twice as
    /// many of those.
    turns: Semaphore,
    network: Network,
    clock: Arc<dyn Clock>,
    secrets: Vec<Secret>,
}

/// A carrier's answer, whatever it says.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// At most [`LONGEST_ANSWER`] bytes, and fewer when the carrier broke off.
    pub(super) body: Vec<u8>,
    /// There is more of it.
    capped: bool,
    /// Never longer than [`LONGEST_RETRY_AFTER`].
    pub(super) retry_after: Option<Duration>,
    /// What only this request knew and nobody else may read, and what stands in its place.
    hidden: Vec<(String, &'static str)>,
}

impl HttpClient {
    /// Connects to nothing yet; fails with [`SendError::Misconfigured`].
    pub(super) fn new(network: &Network, clock: Arc<dyn Clock>) -> Result<Self, SendError> {
        Self::with(network, clock, |builder| builder)
    }

    /// As [`HttpClient::new`], with what one carrier needs besides.
    pub(super) fn with(
        network: &Network,
        clock: Arc<dyn Clock>,
        besides: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self, SendError> {
        let client = network::client(network, |builder| {
            let builder = builder.pool_idle_timeout(IDLE).pool_max_idle_per_host(network.max_connections);
            // Found dead before a request on it runs into its limit.
            let (pulse, answer) = (PULSE.min(network.timeout / 2), PULSE.min(network.timeout / 3));
            besides(builder.http2_keep_alive_interval(pulse).http2_keep_alive_timeout(answer))
        })
        .map_err(misconfigured)?;
        let turns = Semaphore::new(network.max_connections);
        Ok(Self { client, turns, network: network.clone(), clock, secrets: Vec::new() })
    }

    /// Keeps this out of every detail, even where the carrier repeats it.
    #[must_use]
    pub(super) fn hiding(mut self, secret: &Secret) -> Self {
        self.secrets.push(secret.clone());
        self
    }

    /// A request to `url`, to be completed and given to [`HttpClient::ask`].
    pub(super) fn request(&self, method: Method, url: &str) -> RequestBuilder {
        self.client.request(method, url)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Requests at once.
    pub(super) fn concurrency(&self) -> usize {
        self.network.max_connections
    }

    /// After this a request has ended, one way or the other.
    pub(super) fn longest_request(&self) -> Duration {
        self.network.timeout
    }

    /// The carrier's answer, good or bad. Fails when there is none: [`SendError::Unavailable`] as long as the request has not
    /// left, [`SendError::Unknown`] from then on.
    pub(super) async fn ask(&self, request: RequestBuilder) -> Result<Answer, SendError> {
        let closed = |_| SendError::Unavailable { detail: "the transport is closed".to_owned(), retry_after: None };
        let _turn = self.turns.acquire().await.map_err(closed)?;
        let response = request.send().await.map_err(|error| self.failure(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        // What comes in time: the status is known already, and a body only explains it.
        let (body, end) = network::body(response, LONGEST_ANSWER).await;
        let capped = matches!(end, End::Capped);
        let retry_after = headers
            .get(RETRY_AFTER)
            .and_then(|value| retry_after(value.to_str().ok()?, server_time(&headers).unwrap_or_else(|| self.now())));
        Ok(Answer { status, headers, body, capped, retry_after, hidden: Vec::new() })
    }

    /// Sends nothing more.
    pub(super) fn close(&self) {
        self.turns.close();
    }

    /// `text`, which is of this answer, as it may be repeated in the log.
    pub(super) fn detail(&self, answer: &Answer, text: &str) -> String {
        let hidden = answer.hidden.iter().map(|(word, place)| (word.as_str(), *place));
        let told = self.told(text, hidden);
        let most = LONGEST_ANSWER >> 10;
        if answer.capped { format!("{told} (its answer is longer than {most} KiB, and was not read on)") } else { told }
    }

    fn told<'a>(&'a self, text: &str, hidden: impl Iterator<Item = (&'a str, &'a str)>) -> String {
        let secrets =
            self.secrets.iter().map(|secret| (secret.expose(), SECRET)).filter(|(secret, _)| !secret.is_empty());
        let text = secrets.chain(hidden).fold(text.to_owned(), |text, (word, place)| text.replace(word, place));
        bounded(scrubbed(&text, None).trim_end_matches([' ', ':']), LONGEST_DETAIL)
    }

    fn failure(&self, error: &reqwest::Error) -> SendError {
        if let Some(fault) = certificate_fault(error) {
            return misconfigured(format!("TLS: {fault}"));
        }
        let limit = if error.is_connect() { self.network.connect_timeout } else { self.network.timeout };
        let reason = if error.is_timeout() { format!("no answer within {limit:?}") } else { reason(error) };
        let detail = self.told(&reason, std::iter::empty());
        if error.is_builder() {
            SendError::Misconfigured { detail: format!("the request cannot be made: {detail}") }
        } else if error.is_connect() {
            SendError::Unavailable { detail: format!("connect: {detail}"), retry_after: None }
        } else {
            let detail = format!("the request has left, but there is no answer: {detail}");
            SendError::Unknown { detail, retry_after: None }
        }
    }
}

impl std::fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpClient").field("network", &self.network).finish_non_exhaustive()
    }
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, if it is JSON of this shape.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The same, which will not be repeated with this address in it: as it was given, percent-encoded, or as the digits of a
    /// telephone number. The longest of several comes first.
    #[must_use]
    pub(super) fn hiding(mut self, address: &str) -> Self {
        // As it was sent, and as others write it (RFC 3986, section 2.3).
        let [encoded, normal] = [NON_ALPHANUMERIC, UNRESERVED].map(|set| utf8_percent_encode(address, set).to_string());
        let digits = address.trim_start_matches('+');
        let is_number = digits.len() >= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let written =
            [Some(address), Some(&*encoded), Some(&*normal), is_number.then_some(digits)].into_iter().flatten();
        let written = written.filter(|word| word.len() >= SHORTEST_HIDDEN);
        self.hidden.extend(written.map(|word| (word.to_owned(), "<address>")));
        self
    }

    /// The same, which will not be repeated with this secret in it.
    #[must_use]
    pub(super) fn hiding_secret(mut self, secret: &str) -> Self {
        self.hidden.extend((!secret.is_empty()).then(|| (secret.to_owned(), SECRET)));
        self
    }

    /// Whether `text` holds what must not be repeated.
    pub(super) fn hides(&self, text: &str) -> bool {
        self.hidden.iter().any(|(word, _)| text.contains(word))
    }

    /// The time by the carrier's own clock, by which it writes its dates.
    pub(super) fn server_time(&self) -> Option<Timestamp> {
        server_time(&self.headers)
    }

    /// What to do about this machine's clock, if it differs so much from the carrier's that no signature is good; `whose`:
    /// "Google's".
    pub(super) fn odd_clock(&self, now: Timestamp, whose: &str) -> Option<String> {
        let ahead = now.as_second() - self.server_time()?.as_second();
        let way = if ahead > 0 { "ahead of" } else { "behind" };
        let told = format!("this machine's clock is {} s {way} {whose}; set it", ahead.abs());
        (ahead.abs() > ODD_CLOCK).then_some(told)
    }

    /// An answer for the tests of what it means.
    #[cfg(test)]
    pub(super) fn of(status: u16, body: &[u8]) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: body.to_owned(),
            capped: false,
            retry_after: None,
            hidden: Vec::new(),
        }
    }

    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What a status means that the carrier's own words say no more of. What a person would have to look at: `keys`, where we
    /// are not let in; `place`, where nobody knows what we are talking about.
    pub(super) fn refusal(&self, detail: String, keys: &str, place: &str) -> SendError {
        match self.status {
            // Something broke while the message was handled, and nobody says whether it had been taken over: "in most cases the
            // message is lost", writes Postmark of its 500. Another carrier must not send it too.
            // 502 and 504 are a gateway's that lost the answer of what is behind it; 520 and 524 are Cloudflare's.
            500 | 502 | 504 | 520 | 524 => SendError::Unknown { detail, retry_after: self.retry_after },
            408 | 425 | 429 | 501.. => SendError::Unavailable { detail, retry_after: self.retry_after },
            401 | 403 => SendError::Misconfigured { detail: format!("{detail}; look at {keys}") },
            300..=399 | 404 | 405 | 407 => SendError::Misconfigured {
                detail: format!("{detail}; the carrier's API is elsewhere: look at {place}"),
            },
            _ => SendError::Permanent { detail },
        }
    }
}

/// `Authorization: Bearer …`, which nothing prints.
pub(super) fn bearer(secret: &Secret) -> Result<(HeaderName, HeaderValue), SendError> {
    Ok((AUTHORIZATION, secret_header(&format!("Bearer {}", secret.expose()))?))
}

/// A header's value that nothing prints.
pub(super) fn secret_header(value: &str) -> Result<HeaderValue, SendError> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| misconfigured("a key or token holds a character that no header can hold"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn server_time(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

fn http_date(text: &str) -> Option<Timestamp> {
    Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok()
}

/// `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), capped.
pub(super) fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_or(LONGEST_RETRY_AFTER, Duration::from_secs)
    } else {
        Duration::try_from(http_date(text)?.duration_since(now)).unwrap_or(Duration::ZERO)
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

pub(super) fn misconfigured(detail: impl Into<String>) -> SendError {
    SendError::Misconfigured { detail: detail.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_in_seconds_and_as_a_date_and_capped() {
        let now: Timestamp = "2026-11-27T06:00:00Z".parse().unwrap();
        for (text, seconds) in [
            ("0", Some(0)),
            (" 17 ", Some(17)),
            ("Fri, 27 Nov 2026 06:00:42 GMT", Some(42)),
            ("Fri, 27 Nov 2026 05:00:00 GMT", Some(0)),
            ("Wed, 27 Nov 2126 06:00:00 GMT", Some(3600)),
            ("99999999999999999999999999", Some(3600)),
            ("315360000", Some(3600)),
            ("soon", None),
            ("-5", None),
            ("1.5", None),
            ("", None),
        ] {
            assert_eq!(retry_after(text, now), seconds.map(Duration::from_secs), "{text:?}");
        }
    }

    #[test]
    fn a_secret_of_ours_is_not_repeated() {
        let network = Network { max_connections: 1, ..Network::default() };
        let clock = Arc::new(crate::clock::ManualClock::at(Timestamp::UNIX_EPOCH));
        let client = HttpClient::new(&network, clock).unwrap().hiding(&Secret::new("hunter2"));
        let told = |answer: &Answer, text: &str| client.detail(answer, text);
        let answer = Answer::of(400, b"").hiding_secret("ya29.x").hiding("+4512345678").hiding("a/b:c");
        let said = "key \"hunter2\" or ya29.x of\r\nanna@example.com\0, 4512345678, +4512345678 or a%2Fb%3Ac is wrong";
        let hidden = "key \"<secret>\" or <secret> of <address> , <address>, <address> or <address> is wrong";
        assert_eq!(told(&answer, said), hidden);
        assert!(answer.hides("to-a/b:c") && !answer.hides("to-a-b"));
        let mail = Answer::of(404, b"").hiding("anna.berg@example.com");
        for path in ["anna.berg@example.com", "anna%2Eberg%40example%2Ecom", "anna.berg%40example.com"] {
            assert!(mail.hides(&format!("Cannot POST /users/{path}/mail")), "{path}");
        }
        let short = Answer::of(400, b"").hiding("an").hiding("");
        assert_eq!(told(&short, "no such man"), "no such man");
        assert!(!format!("{client:?}").contains("hunter2"));
        assert_eq!(format!("{:?}", bearer(&Secret::new("hunter2")).unwrap().1), "Sensitive");
    }

    #[test]
    fn an_odd_clock_is_told_by_how_far_it_is_off() {
        let now: Timestamp = "2026-11-27T06:00:00Z".parse().unwrap();
        let odd = |date: &'static str| {
            let mut answer = Answer::of(400, b"");
            answer.headers.insert(DATE, HeaderValue::from_static(date));
            answer.odd_clock(now, "Google's")
        };
        assert_eq!(
            odd("Fri, 27 Nov 2026 06:10:00 GMT").as_deref(),
            Some("this machine's clock is 600 s behind Google's; set it")
        );
        assert_eq!(
            odd("Fri, 27 Nov 2026 05:58:00 GMT").as_deref(),
            Some("this machine's clock is 120 s ahead of Google's; set it")
        );
        assert_eq!(odd("Fri, 27 Nov 2026 06:00:30 GMT"), None);
        assert_eq!(odd("soon"), None);
        assert_eq!(Answer::of(400, b"").odd_clock(now, "Google's"), None);
    }
}
