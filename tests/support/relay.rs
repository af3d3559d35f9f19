//! A TCP relay on loopback that can misbehave as networks do: refuse, stay silent, swallow, cut.

#![allow(dead_code, reason = "no test needs all of it")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
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
}

/// Stops with its runtime.
#[derive(Debug)]
pub(crate) struct Relay {
    port: u16,
    mode: watch::Sender<Mode>,
    cuts: watch::Sender<u64>,
    accepted: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

impl Relay {
    pub(crate) async fn start(upstream: SocketAddr, mode: Mode) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let relay = Self {
            port,
            mode: watch::Sender::new(mode),
            cuts: watch::Sender::new(0),
            accepted: Arc::default(),
            open: Arc::default(),
        };
        let (mut mode, cuts) = (relay.mode.subscribe(), relay.cuts.subscribe());
        let (accepted, open) = (Arc::clone(&relay.accepted), Arc::clone(&relay.open));
        tokio::spawn(async move {
            let mut listener = Some(listener);
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
                    _ = mode.wait_for(|mode| *mode == Mode::Refuse) => continue,
                };
                listener = Some(listening);
                accepted.fetch_add(1, Ordering::SeqCst);
                open.fetch_add(1, Ordering::SeqCst);
                let (mode, mut cuts, open) = (mode.clone(), cuts.clone(), Arc::clone(&open));
                cuts.mark_unchanged();
                tokio::spawn(async move {
                    tokio::select! {
                        () = serve(socket, upstream, mode) => {}
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

    pub(crate) async fn until_accepted(&self, count: usize) {
        while self.accepted() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn serve(mut socket: TcpStream, upstream: SocketAddr, mode: watch::Receiver<Mode>) {
    if *mode.borrow() == Mode::Silent {
        // Until the other side gives up.
        while socket.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {}
        return;
    }
    let Ok(mut upstream) = TcpStream::connect(upstream).await else { return };
    let (from_client, to_client) = socket.split();
    let (from_server, to_server) = upstream.split();
    tokio::select! {
        () = pass(from_client, to_server, mode.clone()) => {}
        () = pass(from_server, to_client, mode) => {}
    }
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, mut mode: watch::Receiver<Mode>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        if read == 0 || mode.wait_for(|mode| *mode == Mode::Forward).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
