//! Carriers over HTTP, each by the few words in which they differ. A new one is one more [`Dialect`].

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use dashlight::config::{Config, Secret};
use dashlight::policy::Channel;
use dashlight::transport::Transport;

use super::http::{Answer, Door, HttpServer, Request};
use super::peer::{self, ADDRESS, Fate, Mode, Peer, SECRET};

/// How one carrier speaks.
pub(crate) struct Dialect {
    pub(crate) name: &'static str,
    pub(crate) channel: Channel,
    /// Makes the configuration lead to this server, with [`SECRET`] as key.
    pub(crate) configure: fn(&mut Config, &str),
    /// Whether the request carries the credentials.
    pub(crate) authorized: fn(&Request) -> bool,
    /// What tells one message from another.
    pub(crate) id: fn(&Request) -> String,
    pub(crate) accepts: fn() -> Answer,
    /// Each is given what a careless carrier might repeat.
    pub(crate) refuses_address: fn(&str) -> Answer,
    pub(crate) refuses_message: fn(&str) -> Answer,
    pub(crate) denies: fn(&str) -> Answer,
    /// What a probe asks for, and the good answer.
    pub(crate) probe: (&'static str, &'static str),
}

fn bearer(request: &Request) -> bool {
    request.header("authorization") == Some(&format!("Bearer {SECRET}"))
}

/// The Message-ID among the headers of a JSON body.
fn message_id(request: &Request) -> String {
    let headers = &request.json()["headers"];
    headers["Message-ID"].as_str().unwrap_or_else(|| panic!("no Message-ID in {headers}")).to_owned()
}

pub(crate) const DIALECTS: &[Dialect] = &[
    Dialect {
        name: "ses",
        channel: Channel::Email,
        configure: |config, url| {
            let ses = &mut config.carriers.ses;
            ses.region = Some("eu-central-1".to_owned());
            ses.access_key_id = Some("AKIDEXAMPLE".to_owned());
            ses.secret_access_key = Some(Secret::new(SECRET));
            ses.endpoint = Some(url.to_owned());
        },
        authorized: |request| {
            let signature = request.header("authorization").unwrap_or_default();
            signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") && signature.contains("/ses/aws4_request")
        },
        id: |request| request.json()["Content"]["Raw"]["Data"].as_str().expect("a raw message").to_owned(),
        accepts: || Answer::reply(200, r#"{"MessageId":"010701"}"#),
        refuses_address: |echo| {
            Answer::reply(400, format!(r#"{{"message":"Missing final '@domain' {echo}"}}"#))
                .with("x-amzn-ErrorType", "BadRequestException:http://internal.amazon.com/")
        },
        refuses_message: |echo| {
            Answer::reply(400, format!(r#"{{"__type":"com.amazonaws#MessageRejected","message":"{echo}"}}"#))
        },
        denies: |echo| {
            Answer::reply(403, format!(r#"{{"message":"The security token is invalid {echo}"}}"#))
                .with("x-amzn-ErrorType", "UnrecognizedClientException")
        },
        probe: ("/v2/email/account", r#"{"SendingEnabled":true,"ProductionAccessEnabled":true}"#),
    },
    Dialect {
        name: "sendgrid",
        channel: Channel::Email,
        configure: |config, url| {
            config.carriers.sendgrid.api_key = Some(Secret::new(SECRET));
            config.carriers.sendgrid.endpoint = Some(url.to_owned());
        },
        authorized: bearer,
        id: message_id,
        accepts: || Answer::reply(202, "").with("x-message-id", "14c5d75ce93"),
        refuses_address: |echo| {
            let field = "personalizations.0.to.0.email";
            Answer::reply(
                400,
                format!(r#"{{"errors":[{{"message":"Does not contain a valid address: {echo}","field":"{field}"}}]}}"#),
            )
        },
        refuses_message: |echo| {
            Answer::reply(400, format!(r#"{{"errors":[{{"message":"{echo}","field":"content"}}]}}"#))
        },
        denies: |echo| Answer::reply(401, format!(r#"{{"errors":[{{"message":"authorization required {echo}"}}]}}"#)),
        probe: ("/v3/scopes", r#"{"scopes":["mail.send"]}"#),
    },
    Dialect {
        name: "postmark",
        channel: Channel::Email,
        configure: |config, url| {
            config.carriers.postmark.server_token = Some(Secret::new(SECRET));
            config.carriers.postmark.endpoint = Some(url.to_owned());
        },
        authorized: |request| request.header("x-postmark-server-token") == Some(SECRET),
        id: |request| request.json()["Headers"][0]["Value"].as_str().expect("a Message-ID").to_owned(),
        accepts: || Answer::reply(200, r#"{"ErrorCode":0,"Message":"OK","MessageID":"0a129aee"}"#),
        refuses_address: |echo| {
            let message = format!("You tried to send to a recipient that has been marked as inactive: {echo}");
            Answer::reply(422, format!(r#"{{"ErrorCode":406,"Message":"{message}"}}"#))
        },
        refuses_message: |echo| Answer::reply(422, format!(r#"{{"ErrorCode":300,"Message":"{echo}"}}"#)),
        denies: |echo| {
            Answer::reply(401, format!(r#"{{"ErrorCode":10,"Message":"No Account or Server API tokens: {echo}"}}"#))
        },
        probe: ("/server", r#"{"ID":1,"Name":"Volta"}"#),
    },
    Dialect {
        name: "resend",
        channel: Channel::Email,
        configure: |config, url| {
            config.carriers.resend.api_key = Some(Secret::new(SECRET));
            config.carriers.resend.endpoint = Some(url.to_owned());
        },
        authorized: bearer,
        id: |request| request.header("idempotency-key").expect("a key").to_owned(),
        accepts: || Answer::reply(200, r#"{"id":"49a3999c"}"#),
        refuses_address: |echo| {
            Answer::reply(422, format!(r#"{{"name":"validation_error","message":"Invalid `to` field: {echo}"}}"#))
        },
        refuses_message: |echo| Answer::reply(422, format!(r#"{{"name":"invalid_attachment","message":"{echo}"}}"#)),
        denies: |echo| {
            Answer::reply(403, format!(r#"{{"name":"invalid_api_key","message":"API key is invalid: {echo}"}}"#))
        },
        probe: ("/domains", r#"{"data":[]}"#),
    },
];

/// A carrier of one dialect.
pub(crate) struct OverHttp {
    dialect: &'static Dialect,
    server: HttpServer,
    taken: Arc<Mutex<HashSet<String>>>,
}

impl OverHttp {
    pub(crate) fn start(dialect: &'static Dialect) -> Self {
        let server = HttpServer::start(|_| Answer::Silence);
        let peer = Self { dialect, server, taken: Arc::default() };
        peer.set(Mode::Accept);
        peer
    }

    fn at(&self, url: &str, connections: usize, hurry: bool) -> Arc<dyn Transport> {
        let mut config = peer::config(connections, hurry);
        (self.dialect.configure)(&mut config, url);
        peer::named(self.dialect.channel, self.dialect.name, &config)
    }
}

impl Peer for OverHttp {
    fn name(&self) -> String {
        self.dialect.name.to_owned()
    }

    fn transport(&self, connections: usize, hurry: bool) -> Arc<dyn Transport> {
        self.at(&self.server.url(), connections, hurry)
    }

    fn away(&self) -> Option<Arc<dyn Transport>> {
        Some(self.at(&format!("http://127.0.0.1:{}", peer::nobody()), 2, false))
    }

    fn set(&self, mode: Mode) -> bool {
        let dialect = self.dialect;
        let taken = Arc::clone(&self.taken);
        let accept = move |request: &Request| {
            if !(dialect.authorized)(request) {
                return (dialect.denies)("wrong credentials");
            }
            if request.path.starts_with(dialect.probe.0) && request.method == "GET" {
                return Answer::reply(200, dialect.probe.1);
            }
            taken.lock().unwrap().insert((dialect.id)(request));
            (dialect.accepts)()
        };
        // As a careless carrier would.
        let echo = format!("{SECRET} and {ADDRESS}");
        match mode {
            Mode::Accept => self.server.set(accept),
            Mode::RefuseAddress => self.server.set(move |_| (dialect.refuses_address)(&echo)),
            Mode::RefuseMessage => self.server.set(move |_| (dialect.refuses_message)(&echo)),
            Mode::Throttle(when) => self.server.set(move |_| {
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
            Mode::Broken => self.server.set(move |_| Answer::reply(503, echo.clone())),
            Mode::Deny => self.server.set(move |_| (dialect.denies)(&echo)),
            Mode::Silent("connection") => self.server.door(Door::Silent),
            Mode::Silent(_) => self.server.set(|_| Answer::Silence),
            Mode::ResetEarly => self.server.door(Door::Reset),
            Mode::LoseAnswer => self.server.set(move |request| {
                accept(request);
                Answer::Reset
            }),
            Mode::Drip => self.server.set(move |request| {
                accept(request);
                Answer::Drip
            }),
            Mode::Verbose => self.server.set(move |request| match accept(request) {
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

    fn most_connections(&self) -> Option<usize> {
        Some(self.server.most_connections())
    }

    fn moments(&self) -> &'static [(&'static str, Fate)] {
        &[("connection", Fate::Unknown), ("answer", Fate::Unknown)]
    }

    fn knows_retry_after(&self) -> bool {
        true
    }
}
