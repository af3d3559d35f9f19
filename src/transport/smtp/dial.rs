//! From nothing to a session that takes messages: TCP, TLS, greeting, EHLO, AUTH.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use lettre::transport::smtp::commands::Starttls;
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::login::Login;
use super::reply::Phase;
use super::session::{Session, Timeouts};
use super::stream::Stream;
use super::tls::{Encryption, lasting_fault};
use crate::clock::Clock;
use crate::config::{self, Tls};
use crate::transport::SendError;
use crate::transport::wording::{bounded, scrubbed};

/// So many of a host's addresses are dialled, or a send would outlive its claim.
const ADDRESSES: usize = 4;

/// Opens sessions with one server.
pub(super) struct Dialer {
    host: String,
    port: u16,
    tls: Option<Encryption>,
    login: Option<Login>,
    hello: Option<ClientId>,
    timeouts: Timeouts,
}

impl Dialer {
    pub(super) fn new(config: &config::Smtp, clock: &Arc<dyn Clock>) -> Result<Self, SendError> {
        let login = Login::new(config)?;
        if login.is_some() && config.tls == Tls::None && !is_loopback(&config.host) {
            return Err(misconfigured(
                "the password or token would go over the network unencrypted: set `smtp.tls` to `starttls` or `implicit`",
            ));
        }
        Ok(Self {
            host: config.host.clone(),
            port: config.port,
            tls: Encryption::new(config, clock)?,
            login,
            hello: config.hello.as_deref().map(client_id).transpose()?,
            timeouts: Timeouts {
                connect: config.connect_timeout,
                command: config.command_timeout,
                data: config.data_timeout,
            },
        })
    }

    /// Host and port, for people.
    pub(super) fn server(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    pub(super) async fn dial(&self) -> Result<Session, SendError> {
        let tcp = self.connect().await?;
        let hello = match &self.hello {
            Some(hello) => hello.clone(),
            None => address_literal(tcp.local_addr().map_err(|error| unavailable("connect", &error))?.ip()),
        };
        let stream = match &self.tls {
            Some(tls) if tls.mode == Tls::Implicit => self.encrypt(tls, tcp).await?,
            _ => Stream::Plain(tcp),
        };
        let mut session = Session::new(stream, self.timeouts);
        session.greeting().await?;
        session.ehlo(&hello).await?;
        if let Some(tls) = &self.tls
            && !session.is_encrypted()
        {
            session = self.upgrade(tls, session, &hello).await?;
        }
        if let Some(login) = &self.login {
            // Whoever wants no TLS at all, towards this machine, has said so in `smtp.tls`.
            if !session.is_encrypted() && self.tls.is_some() {
                return Err(misconfigured(
                    "the server offers no STARTTLS, and a password or token must not go unencrypted: take `smtp.username` away, or look at `smtp.tls`",
                ));
            }
            login.perform(&mut session).await?;
        }
        tracing::debug!(encrypted = session.is_encrypted(), offers = ?session.offers(), "smtp session opened");
        Ok(session)
    }

    /// The first of the host's first addresses that answers.
    async fn connect(&self) -> Result<TcpStream, SendError> {
        let limit = self.timeouts.connect;
        let silence = || io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {limit:?}"));
        let resolving = timeout(limit, tokio::net::lookup_host((self.host.as_str(), self.port))).await;
        let addresses = resolving.unwrap_or_else(|_| Err(silence())).map_err(|error| unavailable("resolve", &error))?;
        let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses.take(ADDRESSES) {
            match timeout(limit, TcpStream::connect(address)).await.unwrap_or_else(|_| Err(silence())) {
                Ok(tcp) => {
                    // With Nagle's algorithm a reply that waits for a delayed ACK costs 40 ms.
                    tcp.set_nodelay(true).map_err(|error| unavailable("connect", &error))?;
                    return Ok(tcp);
                }
                Err(error) => failure = error,
            }
        }
        Err(unavailable(&format!("connect to {}", self.server()), &failure))
    }

    async fn upgrade(&self, tls: &Encryption, mut session: Session, hello: &ClientId) -> Result<Session, SendError> {
        if !session.offers().starttls {
            return match tls.mode {
                Tls::Opportunistic => Ok(session),
                _ => Err(misconfigured("the server offers no STARTTLS, which `smtp.tls` requires")),
            };
        }
        session.command(Phase::Starttls, &Starttls.to_string()).await?;
        // Whatever came in with the reply was not encrypted and is dropped with the old session (CVE-2011-0411).
        let Stream::Plain(tcp) = session.into_stream() else {
            return Err(misconfigured("the session is encrypted already"));
        };
        let mut session = Session::new(self.encrypt(tls, tcp).await?, self.timeouts);
        session.ehlo(hello).await?;
        Ok(session)
    }

    async fn encrypt(&self, tls: &Encryption, tcp: TcpStream) -> Result<Stream, SendError> {
        match timeout(self.timeouts.connect, tls.over(tcp)).await {
            Ok(Ok(stream)) => Ok(Stream::Tls(Box::new(stream))),
            Ok(Err(error)) => Err(lasting_fault(&self.host, &error).unwrap_or_else(|| unavailable("TLS", &error))),
            Err(_) => {
                let silence = format!("no answer within {:?}", self.timeouts.connect);
                Err(unavailable("TLS", &io::Error::new(io::ErrorKind::TimedOut, silence)))
            }
        }
    }
}

/// The name in EHLO: a host name, or an address literal for an IP address (RFC 5321 §4.1.3).
fn client_id(hello: &str) -> Result<ClientId, SendError> {
    if let Ok(ip) = hello.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(address_literal(ip));
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if hello.is_empty() || !hello.chars().all(is_name) {
        return Err(misconfigured(&format!("`smtp.hello` `{}` is no host name", hello.escape_debug())));
    }
    Ok(ClientId::Domain(hello.to_owned()))
}

fn address_literal(ip: IpAddr) -> ClientId {
    match ip {
        IpAddr::V4(ip) => ClientId::Ipv4(ip),
        IpAddr::V6(ip) => ClientId::Ipv6(ip),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

pub(super) fn misconfigured(detail: &str) -> SendError {
    SendError::Misconfigured { detail: bounded(detail, 300) }
}

fn unavailable(what: &str, error: &io::Error) -> SendError {
    SendError::Unavailable {
        detail: bounded(&format!("{what}: {}", scrubbed(&error.to_string(), None)), 200),
        retry_after: None,
    }
}
