//! A carrier over HTTP/2 that falls silent on a connection that worked: it is asked whether it lives, and given up when it does
//! not say so, long before a request would be.

#[path = "../support/tls.rs"]
mod tls;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use dashlight::transport::SendError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::dialects::DIALECTS;
use super::over_http::to_device;
use super::peer::{config, message};

const PREFACE: usize = 24;
const HEADERS: u8 = 0x1;
const SETTINGS: u8 = 0x4;
const PING: u8 = 0x6;
/// Of HEADERS and DATA: the last of the stream. Of SETTINGS and PING: the answer.
const END: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
/// `:status: 200` (RFC 7541, appendix A).
const OK: u8 = 0x88;

#[derive(Default)]
struct Seen {
    silent: AtomicBool,
    connections: AtomicUsize,
    pings: AtomicUsize,
}

/// Says yes to every request, as long as it says anything (RFC 9113).
async fn serve(mut wire: TlsStream<TcpStream>, seen: Arc<Seen>) -> std::io::Result<()> {
    seen.connections.fetch_add(1, Ordering::SeqCst);
    wire.read_exact(&mut [0; PREFACE]).await?;
    write(&mut wire, SETTINGS, 0, 0, &[]).await?;
    loop {
        let mut head = [0; 9];
        wire.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        wire.read_exact(&mut payload).await?;
        seen.pings.fetch_add(usize::from(kind == PING), Ordering::SeqCst);
        if seen.silent.load(Ordering::SeqCst) {
            continue;
        }
        let ends = flags & END != 0;
        match kind {
            SETTINGS if !ends => write(&mut wire, SETTINGS, END, 0, &[]).await?,
            PING if !ends => write(&mut wire, PING, END, 0, &payload).await?,
            HEADERS | 0 if ends => {
                write(&mut wire, HEADERS, END | END_HEADERS, u32::from_be_bytes(stream), &[OK]).await?;
            }
            _ => {}
        }
    }
}

async fn write(
    wire: &mut TlsStream<TcpStream>,
    kind: u8,
    flags: u8,
    stream: u32,
    payload: &[u8],
) -> std::io::Result<()> {
    let length = u8::try_from(payload.len()).unwrap();
    let [a, b, c, d] = stream.to_be_bytes();
    wire.write_all(&[&[0, 0, length, kind, flags, a, b, c, d], payload].concat()).await?;
    wire.flush().await
}

#[tokio::test]
async fn a_connection_that_fell_silent_is_given_up_before_a_request_is() {
    tokio::join!(falls_silent("apns"), falls_silent("sendgrid"));
}

async fn falls_silent(name: &str) {
    let seen = Arc::new(Seen::default());
    let served = Arc::clone(&seen);
    let port = tls::start(tls::GOOD, &["h2"], move |wire| {
        let seen = Arc::clone(&served);
        async move {
            let _ = serve(wire, seen).await;
        }
    })
    .await;
    let dialect = DIALECTS.iter().find(|dialect| dialect.name == name).unwrap();
    let mut config = config(4, false);
    config.network.timeout = Duration::from_secs(6);
    config.network.ca_file = Some(tls::certificate(tls::GOOD));
    let url = format!("https://127.0.0.1:{port}");
    (dialect.configure)(&mut config, &url);
    let transport = to_device(dialect, &config, &url);
    let message = message(dialect.channel, 1);
    transport.send(&message).await.expect("accepted");
    seen.silent.store(true, Ordering::SeqCst);
    let lost = transport.send(&message).await;
    assert!(matches!(lost, Err(SendError::Unknown { .. })), "{name}: {lost:?}");
    assert!(seen.pings.load(Ordering::SeqCst) > 0, "{name}: it was not asked whether it lives");
    seen.silent.store(false, Ordering::SeqCst);
    transport.send(&message).await.expect("accepted");
    // A request that runs into its limit leaves the connection to those after it.
    assert_eq!(seen.connections.load(Ordering::SeqCst), 2, "{name}: nothing goes over the dead one");
}
