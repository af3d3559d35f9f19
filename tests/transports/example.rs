//! A transport, whole: each mail over a connection of its own, answered with a line that begins with `OK`. See src/transport/README.md.

use std::io::Error;
use std::time::Duration;

use async_trait::async_trait;
use dashlight::message::Message;
use dashlight::policy::Channel;
use dashlight::transport::{Accepted, AfterDoubt, SendError, Transport};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) struct Pipe(pub(crate) std::net::SocketAddr);

const LIMIT: Duration = Duration::from_secs(10);

impl Pipe {
    async fn connect(&self) -> Result<TcpStream, SendError> {
        // Nothing was said yet: another transport may have the message.
        let unavailable = |detail| SendError::Unavailable { detail, retry_after: None };
        let connected = timeout(LIMIT, TcpStream::connect(self.0)).await.map_err(|_| unavailable("silence".into()))?;
        connected.map_err(|error| unavailable(error.to_string()))
    }
}

#[async_trait]
impl Transport for Pipe {
    fn name(&self) -> &'static str {
        "pipe"
    }
    fn channel(&self) -> Channel {
        Channel::Email
    }
    fn concurrency(&self) -> usize {
        4
    }
    fn after_doubt(&self) -> AfterDoubt {
        AfterDoubt::Resend
    }
    fn longest_send(&self) -> Duration {
        2 * LIMIT
    }
    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let Message::Email(email) = message else {
            return Err(SendError::Permanent { detail: "`pipe` carries e-mail only".to_owned() });
        };
        let mail = email.to_mime()?;
        let mut wire = self.connect().await?;
        let mut answer = String::new();
        let conversation = async {
            wire.write_all(&mail.bytes).await?;
            wire.shutdown().await?;
            wire.read_to_string(&mut answer).await
        };
        // From here on it may have been accepted, whatever goes wrong.
        let said = timeout(LIMIT, conversation).await.unwrap_or_else(|_| Err(Error::other("silence")));
        said.map_err(|error| SendError::Unknown { detail: error.to_string(), retry_after: None })?;
        match answer.strip_prefix("OK") {
            Some(id) => Ok(Accepted { provider_id: Some(id.trim().to_owned()) }),
            None => Err(SendError::Permanent { detail: "it was not wanted".to_owned() }),
        }
    }
    async fn probe(&self) -> Result<String, SendError> {
        self.connect().await.map(|_| "somebody is there".to_owned())
    }
    async fn close(&self) {}
}
