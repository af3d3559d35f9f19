//! Stand-ins at the ends of the path, for tests of what lies between.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dashlight::event::Device;
use dashlight::message::Message;
use dashlight::policy::Channel;
use dashlight::source::{Batch, Delivery, Receipt, Rejected, Source};
use dashlight::telemetry::{Ending, Fact, Observer};
use dashlight::transport::{Accepted, AfterDoubt, SendError, Transport};
use tokio::sync::{Notify, mpsc};

/// A source that gives what a test puts in, and tells what it was asked to finish.
pub struct FakeSource {
    deliveries: mpsc::UnboundedReceiver<Vec<String>>,
    finished: mpsc::UnboundedSender<(usize, Vec<Rejected>)>,
}

/// The test's end of a [`FakeSource`].
pub struct Feed {
    pub deliveries: mpsc::UnboundedSender<Vec<String>>,
    pub finished: mpsc::UnboundedReceiver<(usize, Vec<Rejected>)>,
}

impl FakeSource {
    pub fn new() -> (Self, Feed) {
        let (deliver, deliveries) = mpsc::unbounded_channel();
        let (finish, finished) = mpsc::unbounded_channel();
        (Self { deliveries, finished: finish }, Feed { deliveries: deliver, finished })
    }
}

#[async_trait]
impl Source for FakeSource {
    async fn next(&mut self) -> Option<Batch> {
        let bodies = self.deliveries.recv().await?;
        let deliveries = bodies
            .into_iter()
            .map(|body| Delivery { body: body.into_bytes(), origin: "fake".into(), ..Delivery::default() })
            .collect();
        Some(Batch { deliveries, receipt: Receipt { session: 1, last: 1 } })
    }

    async fn finish(&mut self, batch: Batch, rejected: Vec<Rejected>) {
        let _ = self.finished.send((batch.deliveries.len(), rejected));
    }

    async fn close(&mut self) {}
}

/// What a [`FakeTransport`] does with the next message.
pub enum Answer {
    Accept,
    Refuse(SendError),
    Panic,
    /// Nothing, until the test says so; then accept.
    Wait(Arc<Notify>),
}

/// A carrier that keeps what it is given and answers as it was told; it accepts when it was told nothing.
pub struct FakeTransport {
    pub accepted: Mutex<Vec<Message>>,
    pub answers: Mutex<VecDeque<Answer>>,
    pub tries: AtomicUsize,
    pub after_doubt: AfterDoubt,
    pub concurrency: usize,
    pub channel: Channel,
    pub name: &'static str,
}

impl FakeTransport {
    pub fn answering(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        Arc::new(Self {
            accepted: Mutex::default(),
            answers: Mutex::new(answers.into_iter().collect()),
            tries: AtomicUsize::new(0),
            after_doubt: AfterDoubt::Resend,
            concurrency: 4,
            channel: Channel::Email,
            name: "fake",
        })
    }

    pub fn called(name: &'static str) -> Arc<Self> {
        let mut transport = Arc::into_inner(Self::answering([])).expect("it is the only one");
        transport.name = name;
        Arc::new(transport)
    }

    pub fn parking(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        let mut transport = Arc::into_inner(Self::answering(answers)).expect("it is the only one");
        transport.after_doubt = AfterDoubt::Park;
        Arc::new(transport)
    }

    /// Takes a message of the same id once, for so long.
    pub fn knowing_again(within: Duration, answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        let mut transport = Arc::into_inner(Self::answering(answers)).expect("it is the only one");
        transport.after_doubt = AfterDoubt::ResendWithin(within);
        Arc::new(transport)
    }

    /// Carries pushes, and accepts them.
    pub fn pushing() -> Arc<Self> {
        let mut transport = Arc::into_inner(Self::answering([])).expect("it is the only one");
        transport.channel = Channel::Push;
        Arc::new(transport)
    }

    /// Where what it accepted went to: mailboxes, tokens.
    pub fn addresses(&self) -> Vec<String> {
        let address = |message: &Message| match message {
            Message::Email(email) => email.to.address.as_str().to_owned(),
            Message::Push(push) => match &push.device {
                Device::Apns { token } => token.clone(),
                other => format!("{other:?}"),
            },
        };
        self.accepted.lock().unwrap().iter().map(address).collect()
    }

    pub fn subjects(&self) -> Vec<String> {
        let accepted = self.accepted.lock().unwrap();
        let subject = |message: &Message| match message {
            Message::Email(email) => email.subject.clone(),
            Message::Push(push) => push.title.clone(),
        };
        accepted.iter().map(subject).collect()
    }

    pub fn count(&self) -> usize {
        self.accepted.lock().unwrap().len()
    }
}

#[async_trait]
impl Transport for FakeTransport {
    fn name(&self) -> &'static str {
        self.name
    }

    fn channel(&self) -> Channel {
        self.channel
    }

    fn concurrency(&self) -> usize {
        self.concurrency
    }

    fn after_doubt(&self) -> AfterDoubt {
        self.after_doubt
    }

    fn longest_send(&self) -> Duration {
        Duration::from_mins(1)
    }

    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        self.tries.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Accept);
        match answer {
            Answer::Accept => {}
            Answer::Refuse(error) => return Err(error),
            Answer::Panic => panic!("the fake carrier was told to panic"),
            Answer::Wait(go) => go.notified().await,
        }
        self.accepted.lock().unwrap().push(message.clone());
        Ok(Accepted { provider_id: Some("fake-1".into()) })
    }

    async fn probe(&self) -> Result<String, SendError> {
        Ok("a fake".to_owned())
    }

    async fn close(&self) {}
}

/// Sends each ending on, as a word.
pub struct Endings(pub mpsc::UnboundedSender<String>);

impl Observer for Endings {
    fn observe(&self, fact: &Fact<'_>) {
        let Fact::Ended { ending, .. } = fact else { return };
        let word = match ending {
            Ending::Sent { .. } => "sent".to_owned(),
            Ending::Retried { .. } => "retried".to_owned(),
            Ending::Misconfigured { .. } => "misconfigured".to_owned(),
            Ending::Failed { reason, .. } => format!("failed: {}", reason.as_str()),
            Ending::Cancelled(reason) => format!("cancelled: {}", reason.as_str()),
            Ending::Expired => "expired".to_owned(),
            Ending::Unknown { .. } => "unknown".to_owned(),
            Ending::Released => "released".to_owned(),
            Ending::Postponed { reason, .. } => format!("postponed: {}", reason.as_str()),
            Ending::Addressed(_) => "addressed".to_owned(),
            Ending::Lost => "lost".to_owned(),
        };
        let _ = self.0.send(word);
    }
}
