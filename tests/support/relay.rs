//! A TCP relay on loopback that can misbehave as networks do: refuse, stay silent, swallow, cut.

#![allow(dead_code, reason = "no test needs all of it")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Bytes go to and fro.
    Forward,
    /// Nobody listens.
    Refuse,
    /// Connections are accepted, and then nothing is ever said.
    Silent,
    /// Like `Forward`, but no byte arrives any more, on old connections too.
    BlackHole,
    /// Of what the server says on a new connection so many bytes arrive, and then no more.
    Mute(usize),
    /// Of what the client says on a new connection so many bytes arrive; then it is closed.
    Sever(usize),
    /// What the server says on a new connection arrives byte by byte, with this pause between them.
    Drip(Duration),
}

/// Stops with its runtime.
#[derive(Debug)]
pub(crate) struct Relay {
    port: u16,
    mode: watch::Sender<Mode>,
    upstream: watch::Sender<SocketAddr>,
    cuts: watch::Sender<u64>,
    accepted: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    heard: Arc<AtomicUsize>,
}

impl Relay {
    pub(crate) async fn start(upstream: SocketAddr, mode: Mode) -> Self {
        // Bound as long as the relay is there, and never listening: while nobody listens, the port is nobody else's.
        let kept = TcpSocket::new_v4().unwrap();
        kept.set_reuseaddr(true).unwrap();
        kept.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let port = kept.local_addr().unwrap().port();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let relay = Self {
            port,
            mode: watch::Sender::new(mode),
            upstream: watch::Sender::new(upstream),
            cuts: watch::Sender::new(0),
            accepted: Arc::default(),
            open: Arc::default(),
            heard: Arc::default(),
        };
        let (mut mode, cuts, upstream) = (relay.mode.subscribe(), relay.cuts.subscribe(), relay.upstream.subscribe());
        let (accepted, open, heard) = (Arc::clone(&relay.accepted), Arc::clone(&relay.open), Arc::clone(&relay.heard));
        tokio::spawn(async move {
            let (_kept, mut listener) = (kept, Some(listener));
            loop {
                if *mode.borrow() == Mode::Refuse {
                    drop(listener.take());
                    let Ok(_) = mode.wait_for(|mode| *mode != Mode::Refuse).await else { return };
                }
                let listening = match listener.take() {
                    Some(listener) => listener,
                    None => TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.unwrap(),
                };
                let socket = tokio::select! {
                    socket = listening.accept() => socket.unwrap().0,
                    turned = mode.wait_for(|mode| *mode == Mode::Refuse) => match turned {
                        Ok(_) => continue,
                        Err(_) => return,
                    },
                };
                listener = Some(listening);
                accepted.fetch_add(1, Ordering::SeqCst);
                open.fetch_add(1, Ordering::SeqCst);
                heard.store(0, Ordering::SeqCst);
                let (mode, mut cuts, open, heard) = (mode.clone(), cuts.clone(), Arc::clone(&open), Arc::clone(&heard));
                cuts.mark_unchanged();
                let upstream = *upstream.borrow();
                tokio::spawn(async move {
                    tokio::select! {
                        () = serve(socket, upstream, mode, &heard) => {}
                        _ = cuts.changed() => {}
                    }
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        relay
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// New connections lead there.
    pub(crate) fn aim(&self, upstream: SocketAddr) {
        self.upstream.send_replace(upstream);
    }

    /// Closes all connections that there are.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Connections accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Connections that are open now.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Bytes that the server has said on the newest connection.
    pub(crate) fn heard(&self) -> usize {
        self.heard.load(Ordering::SeqCst)
    }

    pub(crate) async fn until_accepted(&self, count: usize) {
        while self.accepted() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn serve(mut socket: TcpStream, upstream: SocketAddr, mode: watch::Receiver<Mode>, heard: &AtomicUsize) {
    let born = *mode.borrow();
    if born == Mode::Silent {
        // Until the other side gives up.
        while socket.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {}
        return;
    }
    let Ok(mut upstream) = TcpStream::connect(upstream).await else { return };
    let (from_client, to_client) = socket.split();
    let (from_server, to_server) = upstream.split();
    let all = Allowed { bytes: usize::MAX, silence: false, pause: Duration::ZERO };
    let (said, answered) = match born {
        Mode::Mute(bytes) => (all, Allowed { bytes, silence: true, ..all }),
        Mode::Sever(bytes) => (Allowed { bytes, ..all }, all),
        Mode::Drip(pause) => (all, Allowed { pause, ..all }),
        _ => (all, all),
    };
    let ours = AtomicUsize::new(0);
    tokio::select! {
        () = pass(from_client, to_server, mode.clone(), said, &ours) => {}
        () = pass(from_server, to_client, mode, answered, heard) => {}
    }
}

/// What may pass in one direction of a connection.
#[derive(Clone, Copy)]
struct Allowed {
    bytes: usize,
    /// After those bytes there is silence; otherwise the connection is closed.
    silence: bool,
    /// Between two bytes.
    pause: Duration,
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut mode: watch::Receiver<Mode>,
    mut allowed: Allowed,
    passed: &AtomicUsize,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        let flows = |mode: &Mode| !matches!(mode, Mode::Refuse | Mode::Silent | Mode::BlackHole);
        if read == 0 || mode.wait_for(flows).await.is_err() {
            return;
        }
        let part = &buffer[..read.min(allowed.bytes)];
        passed.fetch_add(part.len(), Ordering::SeqCst);
        let step = if allowed.pause.is_zero() { part.len().max(1) } else { 1 };
        for piece in part.chunks(step) {
            if to.write_all(piece).await.is_err() {
                return;
            }
            if !allowed.pause.is_zero() {
                tokio::time::sleep(allowed.pause).await;
            }
        }
        allowed.bytes -= part.len();
        if allowed.bytes == 0 && !allowed.silence {
            return;
        }
    }
}
