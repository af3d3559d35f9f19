//! A carrier over HTTP that speaks one [`Dialect`].

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dashlight::config::{Config, Rotating, Secret};
use dashlight::event::Device;
use dashlight::message::Message;
use dashlight::policy::Channel;
use dashlight::transport::{Accepted, AfterDoubt, SendError, Transport};

use super::dialects::Dialect;
use super::http::{Answer, Door, HttpServer, Request};
use super::peer::{self, ADDRESS, Fate, Mode, Peer, SECRET};

/// `connection`: what becomes of a message when a new connection is silent.
const fn moments(connection: Fate) -> [(&'static str, Fate); 5] {
    [
        ("handshake", Fate::Unavailable),
        ("connection", connection),
        ("answer", Fate::Unknown),
        ("headers", Fate::Unknown),
        // That it was accepted has been said; what else is not worth waiting for.
        ("body", Fate::Accepted),
    ]
}

/// A carrier of one dialect.
pub(crate) struct OverHttp {
    dialect: &'static Dialect,
    server: HttpServer,
    taken: Arc<Mutex<HashSet<String>>>,
    given: Arc<AtomicUsize>,
    /// Whether it is expected to speak TLS, which it does not.
    encrypted: AtomicBool,
}

impl OverHttp {
    pub(crate) fn start(dialect: &'static Dialect) -> Self {
        let server = HttpServer::start(|_| Answer::Silence);
        let peer =
            Self { dialect, server, taken: Arc::default(), given: Arc::default(), encrypted: AtomicBool::new(false) };
        peer.set(Mode::Accept);
        peer
    }

    fn answer(&self, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) {
        let aside = self.dialect.aside;
        self.server.set(move |request| aside(request).unwrap_or_else(|| script(request)));
    }

    fn at(&self, url: &str, connections: usize, hurry: bool) -> Arc<dyn Transport> {
        let mut config = peer::config(connections, hurry);
        (self.dialect.configure)(&mut config, url);
        self.made(&config, url)
    }

    fn made(&self, config: &Config, url: &str) -> Arc<dyn Transport> {
        to_device(self.dialect, config, url)
    }
}

/// The transport of this dialect, to the one device that it is to send to.
pub(crate) fn to_device(dialect: &Dialect, config: &Config, url: &str) -> Arc<dyn Transport> {
    let transport = peer::named(dialect.channel, dialect.name, config);
    match dialect.device {
        Some(device) => Arc::new(ToDevice { transport, device: device(url) }),
        None => transport,
    }
}

/// A transport of pushes, and the one device that it is to send to.
struct ToDevice {
    transport: Arc<dyn Transport>,
    device: Device,
}

#[async_trait::async_trait]
impl Transport for ToDevice {
    fn name(&self) -> &str {
        self.transport.name()
    }

    fn channel(&self) -> Channel {
        self.transport.channel()
    }

    fn concurrency(&self) -> usize {
        self.transport.concurrency()
    }

    fn after_doubt(&self) -> AfterDoubt {
        self.transport.after_doubt()
    }

    fn longest_send(&self) -> Duration {
        self.transport.longest_send()
    }

    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let mut message = message.clone();
        if let Message::Push(push) = &mut message {
            push.device = self.device.clone();
        }
        self.transport.send(&message).await
    }

    async fn probe(&self) -> Result<String, SendError> {
        self.transport.probe().await
    }

    async fn close(&self) {
        self.transport.close().await;
    }
}

impl Peer for OverHttp {
    fn name(&self) -> String {
        self.dialect.name.to_owned()
    }

    fn transport(&self, connections: usize, hurry: bool) -> Arc<dyn Transport> {
        let url = self.server.url();
        let encrypted = self.encrypted.load(Ordering::SeqCst);
        self.at(&if encrypted { url.replace("http://", "https://") } else { url }, connections, hurry)
    }

    fn with_key_in(&self, file: &Path) -> Option<(Arc<dyn Transport>, String)> {
        let (dialect, mut config) = (self.dialect, peer::config(2, false));
        let (slot, before) = dialect.rotates?;
        (dialect.configure)(&mut config, &self.server.url());
        let slot = slot(&mut config);
        let old = Rotating { first: Secret::new(before()), file: Some(file.to_owned()) };
        std::fs::write(file, old.first.expose()).unwrap();
        let good = slot.replace(old).expect("a good key").first.expose().to_owned();
        Some((self.made(&config, &self.server.url()), good))
    }

    fn away(&self) -> Option<Arc<dyn Transport>> {
        Some(self.at(&format!("http://127.0.0.1:{}", peer::NOBODY), 2, false))
    }

    fn set(&self, mode: Mode) -> bool {
        let dialect = self.dialect;
        let (taken, given) = (Arc::clone(&self.taken), Arc::clone(&self.given));
        let accept = move |request: &Request| {
            if !(dialect.authorized)(request) {
                return (dialect.denies)("wrong credentials");
            }
            let asks = request.path.starts_with(dialect.probe.0) && request.method == "GET";
            if asks || (dialect.is_probe)(request) {
                return Answer::reply(200, dialect.probe.1);
            }
            given.fetch_add(1, Ordering::SeqCst);
            taken.lock().unwrap().insert((dialect.id)(request));
            (dialect.accepts)()
        };
        self.encrypted.store(mode == Mode::Silent("handshake"), Ordering::SeqCst);
        // As a careless carrier would.
        let echo = format!("{SECRET} and {ADDRESS}");
        match mode {
            Mode::Accept => self.answer(accept),
            Mode::RefuseAddress => self.answer(move |_| (dialect.refuses_address)(&echo)),
            Mode::RefuseMessage => self.answer(move |_| (dialect.refuses_message)(&echo)),
            Mode::Throttle(when) => self.answer(move |_| {
                let answer = Answer::reply(429, format!(r#"{{"message":"slow down, {echo}"}}"#));
                let now = jiff::fmt::rfc2822::DateTimePrinter::new();
                let later = |seconds| {
                    let at = "2026-11-27T06:00:00Z".parse::<jiff::Timestamp>().unwrap()
                        + jiff::SignedDuration::from_secs(seconds);
                    now.timestamp_to_rfc9110_string(&at).unwrap()
                };
                // The date counts by the server's own clock.
                let when = if when == "date" { later(17) } else { when.to_owned() };
                answer.with("retry-after", &when).with("date", &later(0))
            }),
            Mode::Broken => self.answer(move |_| Answer::reply(503, echo.clone())),
            Mode::Deny => self.answer(move |_| (dialect.denies)(&echo)),
            Mode::Elsewhere(status) => {
                let (place, taken) = (format!("{}/elsewhere", self.server.url()), Arc::clone(&self.taken));
                self.answer(move |request| match request.path.as_str() {
                    "/elsewhere" => {
                        taken.lock().unwrap().insert(request.method.clone());
                        (dialect.accepts)()
                    }
                    _ => Answer::reply(status, echo.clone()).with("location", &place),
                });
            }
            Mode::Silent("handshake" | "connection") => self.server.door(Door::Silent),
            Mode::Silent("headers") => self.answer(|_| Answer::Begin("HTTP/1.1 200 OK\r\ncontent-le")),
            Mode::Silent("body") => self.answer(|_| Answer::Begin("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{")),
            Mode::Silent(_) => self.answer(|_| Answer::Silence),
            Mode::ResetEarly => self.server.door(Door::Reset),
            Mode::LoseAnswer => self.answer(move |request| {
                accept(request);
                Answer::Reset
            }),
            Mode::HangUp => self.answer(move |request| {
                accept(request);
                Answer::HangUp
            }),
            Mode::Drip => self.answer(move |request| {
                accept(request);
                Answer::Drip
            }),
            Mode::RefuseAtLength => {
                let words = format!("{} {echo}", "word ".repeat(1 << 19));
                self.answer(move |_| (dialect.refuses_message)(&words));
            }
            Mode::DenyAtLength => {
                let words = format!("{} {echo}", "word ".repeat(1 << 19));
                self.answer(move |_| (dialect.denies)(&words));
            }
            Mode::Verbose => self.answer(move |request| match accept(request) {
                Answer::Reply { status, headers, body } => {
                    Answer::Reply { status, headers, body: body + &" ".repeat(1 << 20) }
                }
                other => other,
            }),
        }
        true
    }

    fn taken(&self) -> usize {
        self.taken.lock().unwrap().len()
    }

    fn given(&self) -> usize {
        self.given.load(Ordering::SeqCst)
    }

    fn most_connections(&self) -> Option<usize> {
        Some(self.server.most_connections())
    }

    /// HTTP's pool dials while another connection comes free, uses the first it gets and keeps the other for later: as many
    /// as may be busy.
    fn spare_connections(&self, busy: usize) -> usize {
        busy
    }

    fn moments(&self) -> &'static [(&'static str, Fate)] {
        match self.dialect.silence {
            Fate::Unavailable => const { &moments(Fate::Unavailable) },
            _ => const { &moments(Fate::Unknown) },
        }
    }

    fn is_one_of_many(&self) -> bool {
        self.dialect.one_of_many
    }

    fn sees_probes(&self) -> bool {
        self.dialect.sees_probes
    }

    fn takes_all_letters(&self) -> Option<bool> {
        (self.dialect.channel == Channel::Email).then_some(false)
    }

    fn knows_retry_after(&self) -> bool {
        true
    }
}
