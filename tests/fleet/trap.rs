//! A TCP proxy that cuts a connection at one certain moment: when the client has said a certain thing.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// When the connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// What was said never arrives.
    Before,
    /// It arrives, it is done, and nobody hears the answer.
    After,
}

/// The words that it waits for.
type Armed = Arc<Mutex<Option<(Vec<u8>, Cut)>>>;

/// Stops with its runtime.
pub struct Trap {
    pub port: u16,
    armed: Armed,
}

impl Trap {
    pub async fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let trap = Self { port: listener.local_addr().expect("an address").port(), armed: Arc::default() };
        let armed = Arc::clone(&trap.armed);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(upstream).await.expect("the server");
                tokio::spawn(serve(client, server, Arc::clone(&armed)));
            }
        });
        trap
    }

    /// The next client that says this is cut off.
    pub fn arm(&self, words: &[u8], cut: Cut) {
        *self.armed.lock().expect("no panic") = Some((words.to_vec(), cut));
    }

    pub fn has_sprung(&self) -> bool {
        self.armed.lock().expect("no panic").is_none()
    }
}

async fn serve(mut client: TcpStream, mut server: TcpStream, armed: Armed) {
    let (mut said, mut heard) = (vec![0; 1 << 20], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            Ok(read) = client.read(&mut said) => {
                let cut = sprung(&said[..read], &armed);
                if read == 0 || cut == Some(Cut::Before) || server.write_all(&said[..read]).await.is_err() {
                    return;
                }
                if cut == Some(Cut::After) {
                    // The end of our side alone: the server does all it was told, answers into the void, and closes.
                    let _ = server.shutdown().await;
                    while server.read(&mut heard).await.is_ok_and(|read| read > 0) {}
                    return;
                }
            }
            Ok(read) = server.read(&mut heard) => {
                if read == 0 || client.write_all(&heard[..read]).await.is_err() {
                    return;
                }
            }
            else => return,
        }
    }
}

fn sprung(said: &[u8], armed: &Armed) -> Option<Cut> {
    let mut armed = armed.lock().expect("no panic");
    let (words, cut) = armed.as_ref()?;
    let cut = said.windows(words.len()).any(|window| window == words).then_some(*cut)?;
    *armed = None;
    Some(cut)
}
