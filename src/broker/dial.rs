//! One connection to the broker, dialled by ourselves so that a deadline can always shut its socket down.
//!
//! lapin ignores the connection timeout of a URL on its asynchronous path, and a connect future that is dropped leaves a
//! thread and a socket behind for as long as the peer stays silent. So the socket is ours, lapin is handed the finished
//! stream, and [`Link`] keeps a second handle of the socket: whoever drops the link ends lapin's thread.

use std::io;
use std::net::Shutdown;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_compat::Compat;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use lapin::tcp::{AsyncTcpStream, OwnedTLSConfig};
use lapin::types::LongString;
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Channel, Connection, ConnectionProperties, Event};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::failure::{Failure, within};
use crate::config;

/// How often the state of a channel is looked at while no event tells of it.
const LOOK: Duration = Duration::from_secs(1);

type Stream = AsyncTcpStream<Compat<TcpStream>>;

/// Where the broker is, and how long it may take to answer.
#[derive(Clone)]
pub(crate) struct Broker {
    uri: AMQPUri,
    ca_file: Option<PathBuf>,
    /// For dialling, TLS and the AMQP handshake together.
    connect_timeout: Duration,
    /// For each answer after that.
    pub(crate) request_timeout: Duration,
}

// The URI holds the password.
impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker").field("peer", &self.peer()).finish_non_exhaustive()
    }
}

impl Broker {
    pub(crate) fn new(config: &config::Rabbitmq) -> Result<Self, Failure> {
        let mut uri = parse(config.url.expose())?;
        uri.query.heartbeat = Some(u16::try_from(config.heartbeat.as_secs().max(1)).unwrap_or(u16::MAX));
        Ok(Self {
            uri,
            ca_file: config.ca_file.clone(),
            connect_timeout: config.connect_timeout,
            request_timeout: config.request_timeout,
        })
    }

    /// `host:port`, for people.
    pub(crate) fn peer(&self) -> String {
        format!("{}:{}", self.uri.authority.host, self.uri.authority.port)
    }

    /// Dials, secures, shakes hands, all before one deadline.
    pub(crate) async fn dial(&self, name: &str) -> Result<Link, Failure> {
        let deadline = Instant::now() + self.connect_timeout;
        let silent = |step| Failure::Silent { step, limit: self.connect_timeout };

        let tcp = timeout_at(deadline, self.dial_socket()).await.map_err(|_| silent("connecting"))??;
        let socket = Socket::of(&tcp).map_err(|source| Failure::Dial { peer: self.peer(), source })?;
        let stream = timeout_at(deadline, self.secure(tcp)).await.map_err(|_| silent("TLS"))??;

        // lapin asks for the stream once; with its recovery off there is no second time.
        let stream = Mutex::new(Some(stream));
        let hand_over = async move |_, _| {
            let stream = stream.lock().unwrap_or_else(PoisonError::into_inner).take();
            stream.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into())
        };
        let runtime = lapin::runtime::default_runtime().map_err(|source| Failure::broker("runtime", source))?;
        let handshake = Connection::connector(self.uri.clone(), runtime, hand_over, properties(name));
        let left = deadline.saturating_duration_since(Instant::now());
        let connection = within(left, "handshake", handshake).await.map_err(|failure| match failure {
            Failure::Silent { step, .. } => silent(step),
            other => other.at_handshake(|| self.peer()),
        })?;
        let events = Events(Mutex::new(connection.events_listener().boxed()));
        Ok(Link { connection, events, socket })
    }

    async fn dial_socket(&self) -> Result<TcpStream, Failure> {
        let dialled = async {
            let tcp = TcpStream::connect((self.uri.authority.host.as_str(), self.uri.authority.port)).await?;
            tcp.set_nodelay(true)?;
            Ok(tcp)
        };
        dialled.await.map_err(|source| Failure::Dial { peer: self.peer(), source })
    }

    async fn secure(&self, tcp: TcpStream) -> Result<Stream, Failure> {
        let stream = AsyncTcpStream::Plain(Compat::new(tcp));
        match self.uri.scheme {
            AMQPScheme::AMQP => Ok(stream),
            AMQPScheme::AMQPS => {
                let trust = OwnedTLSConfig { identity: None, cert_chain: self.read_ca_file().await? };
                let secured = stream.into_tls(&self.uri.authority.host, trust.as_ref()).await;
                secured.map_err(|source| Failure::Tls { peer: self.peer(), source })
            }
        }
    }

    /// Read anew for each connection: certificates are rotated under a running worker.
    async fn read_ca_file(&self) -> Result<Option<String>, Failure> {
        let Some(path) = &self.ca_file else { return Ok(None) };
        let failed = |reason: String| Failure::CaFile { path: path.clone(), reason };
        let pem = tokio::fs::read_to_string(path).await.map_err(|error| failed(format!("cannot be read: {error}")))?;
        // lapin would pass over what it cannot read.
        match CertificateDer::pem_slice_iter(pem.as_bytes()).next() {
            Some(Ok(_)) => Ok(Some(pem)),
            _ => Err(failed("holds no certificate in PEM".to_owned())),
        }
    }
}

/// Reads the URL as lapin does, but for two things that it gets wrong: an IPv6 literal becomes `localhost`, and the
/// path `/` an empty virtual host, which nobody has.
fn parse(url: &str) -> Result<AMQPUri, Failure> {
    let mut uri: AMQPUri = url.parse().map_err(Failure::Url)?;
    if let Some(url::Host::Ipv6(address)) = url::Url::parse(url).ok().as_ref().and_then(url::Url::host) {
        uri.authority.host = address.to_string();
    }
    if uri.vhost.is_empty() {
        "/".clone_into(&mut uri.vhost);
    }
    Ok(uri)
}

fn properties(name: &str) -> ConnectionProperties {
    ConnectionProperties::default()
        .with_connection_name(LongString::from(name))
        .with_client_property("product".into(), LongString::from("Dashlight"))
        .with_client_property("version".into(), LongString::from(env!("CARGO_PKG_VERSION")))
}

/// A second handle of a connection's socket. Dropped, it shuts the socket down under whoever waits for it.
#[derive(Debug)]
struct Socket(std::net::TcpStream);

impl Socket {
    fn of(tcp: &TcpStream) -> io::Result<Self> {
        #[cfg(unix)]
        let handle = std::os::fd::AsFd::as_fd(tcp).try_clone_to_owned()?;
        #[cfg(windows)]
        let handle = std::os::windows::io::AsSocket::as_socket(tcp).try_clone_to_owned()?;
        Ok(Self(handle.into()))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // An error means that it is closed already.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// An open connection. Dropped, it is gone at once, whatever lapin is waiting for.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) connection: Connection,
    events: Events,
    socket: Socket,
}

/// What lapin tells of a connection besides the answers to questions. Never locked: the mutex is what lets a link be
/// looked at from two threads.
struct Events(Mutex<BoxStream<'static, Event>>);

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Events")
    }
}

impl Link {
    pub(crate) fn is_alive(&self) -> bool {
        self.connection.status().connected()
    }

    /// Resolves when the connection or the channel is over.
    ///
    /// Whoever waits for lapin watches this too: an acknowledgement that meets the end of its connection may never be
    /// answered.
    pub(crate) async fn lost(&mut self, channel: &Channel) -> Failure {
        loop {
            let events = self.events.0.get_mut().unwrap_or_else(PoisonError::into_inner);
            match timeout(LOOK, events.next()).await {
                Ok(Some(Event::Error(source))) => return Failure::broker("connection", source),
                Ok(None) => return Failure::Gone,
                Ok(Some(_)) | Err(_) if !(self.is_alive() && channel.status().connected()) => return Failure::Gone,
                Ok(Some(_)) | Err(_) => {}
            }
        }
    }

    /// Says goodbye, within `limit`.
    pub(crate) async fn close(self, limit: Duration) {
        if let Err(failure) = within(limit, "closing", self.connection.close(200, "OK".into())).await {
            tracing::debug!(%failure, "the connection did not close cleanly");
        }
        drop(self.socket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_literal_is_dialled_as_it_stands() -> Result<(), Failure> {
        let uri = parse("amqp://me:secret@[::1]:5673/%2f")?;
        assert_eq!((uri.authority.host.as_str(), uri.authority.port), ("::1", 5673));
        Ok(())
    }

    #[test]
    fn a_bare_slash_is_the_default_virtual_host() -> Result<(), Failure> {
        for url in ["amqp://rabbit", "amqp://rabbit/", "amqp://rabbit/%2f"] {
            assert_eq!(parse(url)?.vhost, "/", "{url}");
        }
        assert_eq!(parse("amqps://rabbit/cars")?.vhost, "cars");
        Ok(())
    }

    #[test]
    fn what_is_no_broker_is_refused() {
        for url in ["", "rabbit", "http://rabbit", "amqp://rabbit:port"] {
            assert!(parse(url).is_err(), "{url}");
        }
    }
}
