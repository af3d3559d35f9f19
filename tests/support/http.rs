//! A carrier's HTTP end, scripted: it answers as it is told, and misbehaves as servers and networks do. It speaks just enough
//! HTTP/1.1, over a socket of its own, because a well-behaved server library would not let it.

#![allow(dead_code, reason = "no test needs all of it")]

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came in; the names of its headers in lower case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What to do with a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Reply {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// It is read, and nothing is ever said.
    Silence,
    /// It is read, and the connection is reset.
    Reset,
    /// It is read, and the connection is closed in good order.
    HangUp,
    /// An answer begins, and goes on with a byte now and then for ever.
    Drip,
    /// An answer begins with these bytes, and does not go on.
    Begin(&'static str),
}

impl Answer {
    pub(crate) fn reply(status: u16, body: impl Into<String>) -> Self {
        Self::Reply { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        if let Self::Reply { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// What happens to a connection before anything is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Door {
    #[default]
    Open,
    Silent,
    Reset,
}

type Script = Box<dyn Fn(&Request) -> Answer + Send + Sync>;

struct Shared {
    script: Mutex<Script>,
    door: Mutex<Door>,
    requests: Mutex<Vec<Request>>,
    open: AtomicUsize,
    most: AtomicUsize,
}

/// Ends with its runtime.
#[derive(Clone)]
pub(crate) struct HttpServer {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

impl HttpServer {
    pub(crate) fn start(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let listener: TcpListener = socket.listen(1024).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            script: Mutex::new(Box::new(script)),
            door: Mutex::default(),
            requests: Mutex::default(),
            open: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let server = Self { port, shared: Arc::clone(&shared) };
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
                shared.most.fetch_max(open, Ordering::SeqCst);
                tokio::spawn(async move {
                    serve(socket, &shared).await;
                    shared.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn set(&self, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) {
        *self.shared.script.lock().unwrap() = Box::new(script);
        self.door(Door::Open);
    }

    pub(crate) fn door(&self, door: Door) {
        *self.shared.door.lock().unwrap() = door;
    }

    /// All that came in so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.shared.requests.lock().unwrap().len()
    }

    /// The most connections there have been at once.
    pub(crate) fn most_connections(&self) -> usize {
        self.shared.most.load(Ordering::SeqCst)
    }

    /// Connections now.
    pub(crate) fn connections(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }
}

async fn serve(socket: TcpStream, shared: &Shared) {
    let door = *shared.door.lock().unwrap();
    match door {
        Door::Open => {}
        Door::Silent => return until_closed(socket).await,
        Door::Reset => return reset(&socket),
    }
    let _ = socket.set_nodelay(true);
    let mut wire = BufReader::new(socket);
    while let Some(request) = read(&mut wire).await {
        let answer = (shared.script.lock().unwrap())(&request);
        shared.requests.lock().unwrap().push(request);
        match answer {
            Answer::Reply { status, headers, body } => {
                let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    let _ = write!(text, "{name}: {value}\r\n");
                }
                text.push_str("\r\n");
                text.push_str(&body);
                if wire.get_mut().write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
            Answer::Silence => return until_closed(wire.into_inner()).await,
            Answer::HangUp => return,
            Answer::Reset => return reset(wire.get_ref()),
            Answer::Drip => return drip(wire.into_inner()).await,
            Answer::Begin(start) => {
                let mut socket = wire.into_inner();
                let _ = socket.write_all(start.as_bytes()).await;
                return until_closed(socket).await;
            }
        }
    }
}

async fn drip(mut socket: TcpStream) {
    for byte in "HTTP/1.1 200 OK\r\nx-drip: ".bytes().chain(std::iter::repeat(b'x')) {
        if socket.write_all(&[byte]).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn until_closed(mut socket: TcpStream) {
    while socket.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {}
}

/// Closed with data unread or so configured, a socket is reset.
fn reset(socket: &TcpStream) {
    let _ = socket.set_zero_linger();
}

async fn read(wire: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut request = Request::default();
    let mut line = String::new();
    wire.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    request.method = words.next()?.to_owned();
    request.path = words.next()?.to_owned();
    loop {
        let mut line = String::new();
        wire.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    request.body = vec![0; length];
    wire.read_exact(&mut request.body).await.ok()?;
    Some(request)
}
