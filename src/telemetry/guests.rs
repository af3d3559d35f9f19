//! Connections from whoever can reach the endpoint: few at once, and none for long. Without that, anyone who opens some
//! hundreds and stays silent would take the descriptors that the worker needs for its broker and its mail server.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// Lets in no more than so many guests at once; the others wait outside.
pub(super) struct Guests {
    listener: TcpListener,
    seats: Arc<Semaphore>,
    stay: Duration,
}

/// One connection, which ends after a while whatever it does: who keeps one open for the next question opens another.
pub(super) struct Guest {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    _seat: OwnedSemaphorePermit,
}

impl Guests {
    pub(super) fn new(listener: TcpListener, most: usize, stay: Duration) -> Self {
        Self { listener, seats: Arc::new(Semaphore::new(most)), stay }
    }
}

impl Listener for Guests {
    type Io = Guest;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guest, SocketAddr) {
        let Ok(seat) = Arc::clone(&self.seats).acquire_owned().await else {
            // Only a semaphore that is closed gives none, and nobody closes this one.
            return std::future::pending().await;
        };
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (Guest { stream, end: Box::pin(sleep(self.stay)), _seat: seat }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Guest {
    /// An error once the time is up; until then whoever polls is woken when it is.
    fn still_welcome(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.end.as_mut().poll(cx) {
            Poll::Pending => Ok(()),
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl AsyncRead for Guest {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.still_welcome(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Guest {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.still_welcome(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn silent_guests_keep_nobody_out_for_long() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let guests = Guests::new(listener, 2, Duration::from_millis(50));
        tokio::spawn(axum::serve(guests, Router::new().route("/", get(async || "here"))).into_future());
        let mut silent = Vec::new();
        for _ in 0..5 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
            silent.push(stream);
        }
        let answered = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.map(|_| answer)
        };
        let answer = timeout(Duration::from_mins(1), answered).await.expect("an answer comes").unwrap();
        assert!(answer.ends_with("here"), "{answer}");
    }
}
