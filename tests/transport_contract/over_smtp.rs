//! A mail server, scripted like the carriers over HTTP. Real mail servers are in `tests/smtp.rs`.

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dashlight::config::{Rotating, Tls};
use dashlight::policy::Channel;
use dashlight::transport::Transport;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};

use super::peer::{self, ADDRESS, Fate, Mode, Peer, SECRET};

pub(crate) struct OverSmtp {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    mode: Mutex<Mode>,
    taken: Mutex<HashSet<String>>,
    given: AtomicUsize,
    open: AtomicUsize,
    most: AtomicUsize,
}

impl OverSmtp {
    pub(crate) fn start() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let listener = socket.listen(1024).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            mode: Mutex::new(Mode::Accept),
            taken: Mutex::default(),
            given: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let peer = Self { port, shared: Arc::clone(&shared) };
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                shared.most.fetch_max(shared.open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let _ = serve(socket, &shared).await;
                    shared.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        peer
    }
}

/// The moment of a send that a line begins.
fn moment(line: &str) -> &'static str {
    let moments = ["EHLO", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "QUIT"];
    moments.into_iter().find(|moment| line.starts_with(moment)).unwrap_or("?")
}

async fn serve(socket: TcpStream, shared: &Shared) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mode = || *shared.mode.lock().unwrap();
    let mut wire = BufReader::new(socket);
    match mode() {
        Mode::Silent("greeting") => return hang(wire).await,
        Mode::ResetEarly => return wire.get_ref().set_zero_linger(),
        Mode::Throttle(_) => return wire.write_all(b"421 4.7.0 too many connections\r\n").await,
        _ => wire.write_all(b"220 mail.test\r\n").await?,
    }
    let mut message: Option<String> = None;
    loop {
        let mut line = String::new();
        if wire.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        if let Some(text) = &mut message {
            if line != ".\r\n" {
                text.push_str(&line);
                continue;
            }
            let text = message.take().unwrap_or_default();
            if !end(&mut wire, mode(), text, shared).await? {
                return Ok(());
            }
            continue;
        }
        let at = moment(&line);
        if mode() == Mode::Silent(at) {
            return hang(wire).await;
        }
        let reply = match (at, mode()) {
            ("EHLO", _) => "250-mail.test\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n".to_owned(),
            ("AUTH", Mode::DenyAtLength) => format!("535 {}\r\n", "word ".repeat(1 << 19)),
            ("AUTH", Mode::Deny) => format!("535 5.7.8 {SECRET} is wrong for {ADDRESS}\r\n"),
            ("AUTH", _) => "235 2.7.0 ok\r\n".to_owned(),
            ("RCPT", Mode::RefuseAddress) => format!("550 5.1.1 <{ADDRESS}>: no such user\r\n"),
            ("DATA", _) => {
                message = Some(String::new());
                "354 go on\r\n".to_owned()
            }
            _ => "250 2.0.0 ok\r\n".to_owned(),
        };
        wire.write_all(reply.as_bytes()).await?;
    }
}

/// The reply to the final dot; `false`: the connection is over.
async fn end(wire: &mut BufReader<TcpStream>, mode: Mode, text: String, shared: &Shared) -> std::io::Result<bool> {
    let reply = match mode {
        Mode::RefuseAtLength => "554-word word word\r\n".repeat(1 << 16) + "554 word\r\n",
        Mode::RefuseMessage => format!("554 5.6.0 not for {ADDRESS}\r\n"),
        Mode::Broken => "451 4.3.0 queue file write error\r\n".to_owned(),
        Mode::Silent("dot") => {
            shared.taken.lock().unwrap().insert(text);
            let mut rest = Vec::new();
            wire.read_until(0, &mut rest).await?;
            return Ok(false);
        }
        _ => {
            shared.given.fetch_add(1, Ordering::SeqCst);
            shared.taken.lock().unwrap().insert(text);
            match mode {
                Mode::HangUp => return Ok(false),
                Mode::LoseAnswer => {
                    wire.get_ref().set_zero_linger()?;
                    return Ok(false);
                }
                Mode::Drip => {
                    for byte in b"250 ".iter().chain(std::iter::repeat(&b'x')) {
                        wire.write_all(&[*byte]).await?;
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                    return Ok(false);
                }
                Mode::Verbose => format!("250 {}\r\n", "x".repeat(1 << 20)),
                _ => "250 2.0.0 queued as 4Bx1c\r\n".to_owned(),
            }
        }
    };
    wire.write_all(reply.as_bytes()).await?;
    Ok(true)
}

async fn hang(mut wire: BufReader<TcpStream>) -> std::io::Result<()> {
    let mut rest = Vec::new();
    wire.read_until(0, &mut rest).await.map(drop)
}

impl Peer for OverSmtp {
    fn name(&self) -> String {
        "smtp".to_owned()
    }

    fn transport(&self, connections: usize, hurry: bool) -> Arc<dyn Transport> {
        at(self.port, connections, hurry)
    }

    fn away(&self) -> Option<Arc<dyn Transport>> {
        Some(at(peer::NOBODY, 2, false))
    }

    fn set(&self, mode: Mode) -> bool {
        if matches!(mode, Mode::Elsewhere(_)) {
            return false;
        }
        *self.shared.mode.lock().unwrap() = mode;
        true
    }

    fn taken(&self) -> usize {
        self.shared.taken.lock().unwrap().len()
    }

    fn given(&self) -> usize {
        self.shared.given.load(Ordering::SeqCst)
    }

    fn most_connections(&self) -> Option<usize> {
        Some(self.shared.most.load(Ordering::SeqCst))
    }

    fn moments(&self) -> &'static [(&'static str, Fate)] {
        &[
            ("greeting", Fate::Unavailable),
            ("EHLO", Fate::Unavailable),
            ("AUTH", Fate::Unavailable),
            ("MAIL", Fate::Unavailable),
            ("RCPT", Fate::Unavailable),
            ("DATA", Fate::Unavailable),
            ("dot", Fate::Unknown),
        ]
    }

    /// It offers no SMTPUTF8.
    fn takes_all_letters(&self) -> Option<bool> {
        Some(false)
    }

    fn knows_retry_after(&self) -> bool {
        false
    }
}

fn at(port: u16, connections: usize, hurry: bool) -> Arc<dyn Transport> {
    let mut config = peer::config(connections, hurry);
    "127.0.0.1".clone_into(&mut config.smtp.host);
    config.smtp.port = port;
    config.smtp.tls = Tls::None;
    // A connection that is replaced is told goodbye without waiting, and so is open for a moment more.
    config.smtp.max_messages_per_connection = u32::MAX;
    config.smtp.username = Some("volta".to_owned());
    config.smtp.password = Some(Rotating::given(SECRET));
    peer::named(Channel::Email, "smtp", &config)
}
