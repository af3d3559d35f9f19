//! What one carrier's HTTP API needs to say of itself: how a message is asked for and what an answer means, both pure.
//! All else is the same for each and stands here.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::RequestBuilder;

use super::http_client::{Answer, HttpClient, misconfigured};
use super::{Accepted, AfterDoubt, SendError, Transport};
use crate::config::{Rotating, Secret};
use crate::message::{Email, Message, Platform, parse_address};
use crate::policy::Channel;

/// A carrier's HTTP API.
pub(super) trait Api: Send + Sync {
    fn name(&self) -> &str;

    fn channel(&self) -> Channel {
        Channel::Email
    }

    /// See [`Transport::serves`].
    fn serves(&self, _platform: Platform) -> bool {
        self.channel() == Channel::Push
    }

    fn after_doubt(&self) -> AfterDoubt;

    /// What must never be repeated.
    fn secrets(&self) -> Vec<&Secret>;

    /// The request that sends this message: the same on every attempt.
    fn request(&self, client: &HttpClient, message: &Message) -> Result<RequestBuilder, SendError>;

    /// What the answer to it means.
    fn verdict(&self, client: &HttpClient, answer: &Answer) -> Result<Accepted, SendError>;

    /// A request that only the owner of good credentials gets a good answer to, and that sends nothing.
    fn probe(&self, client: &HttpClient) -> Result<RequestBuilder, SendError>;

    /// What the answer to that means, for people.
    fn probed(&self, client: &HttpClient, answer: &Answer) -> Result<String, SendError>;
}

/// A transport over such an API.
#[derive(Debug)]
pub(super) struct Carrier<A> {
    client: HttpClient,
    api: A,
}

impl<A: Api> Carrier<A> {
    pub(super) fn new(client: HttpClient, api: A) -> Self {
        Self { client, api }
    }
}

#[async_trait]
impl<A: Api> Transport for Carrier<A> {
    fn name(&self) -> &str {
        self.api.name()
    }

    fn channel(&self) -> Channel {
        self.api.channel()
    }

    fn serves(&self, platform: Platform) -> bool {
        self.api.serves(platform)
    }

    fn concurrency(&self) -> usize {
        self.client.concurrency()
    }

    fn after_doubt(&self) -> AfterDoubt {
        self.api.after_doubt()
    }

    fn longest_send(&self) -> Duration {
        self.client.longest_request()
    }

    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        if message.channel() != self.channel() {
            let detail = format!("`{}` carries {} only", self.name(), self.channel());
            return Err(SendError::Permanent { detail });
        }
        let address = match message {
            Message::Email(email) => &email.to.address,
            Message::Push(push) => push.device.address(),
        };
        let answer = self.client.ask(self.api.request(&self.client, message)?).await?.hiding(address);
        let mut accepted = self.api.verdict(&self.client, &answer)?;
        // A carrier may call the message by its recipient.
        accepted.provider_id = accepted.provider_id.filter(|id| !answer.hides(id));
        Ok(accepted)
    }

    async fn probe(&self) -> Result<String, SendError> {
        let answer = self.client.ask(self.api.probe(&self.client)?).await?;
        self.api.probed(&self.client, &answer)
    }

    async fn close(&self) {
        self.client.close();
    }
}

/// The e-mail that a carrier of e-mail is given, who takes no letters beyond ASCII before the `@`. The mailbox may be there all
/// the same: what the carrier would say of it must not be taken for a dead address.
pub(super) fn email<'a>(message: &'a Message, carrier: &str) -> Result<&'a Email, SendError> {
    let Message::Email(email) = message else {
        return Err(SendError::Permanent { detail: "it is no e-mail".to_owned() });
    };
    let mailboxes =
        [("recipient's", Some(&email.to)), ("sender's", Some(&email.from)), ("reply's", email.reply_to.as_ref())];
    for (whose, mailbox) in mailboxes {
        let address = mailbox.and_then(|mailbox| parse_address(&mailbox.address).ok());
        if address.is_some_and(|address| address.needs_smtputf8()) {
            let detail = format!(
                "the {whose} address has letters beyond ASCII before the `@`, which {carrier} does not take; a mail server \
                 with SMTPUTF8 does, by `smtp`"
            );
            return Err(SendError::Permanent { detail });
        }
    }
    Ok(email)
}

/// A push whose ids alone are too much for a carrier.
pub(super) fn unfit() -> SendError {
    SendError::Permanent { detail: "it is too large for the carrier, even without its body".to_owned() }
}

/// A key or token that goes into a header as it is. A file that holds something else is found here, and not by the carrier.
pub(super) fn token<'a>(value: Option<&'a Rotating>, key: &str) -> Result<&'a Secret, SendError> {
    let token = &needed(value, key)?.first;
    match token.fault_as_token() {
        Some(fault) => Err(misconfigured(format!("`{key}` {fault}"))),
        None => Ok(token),
    }
}

/// A setting without which a transport cannot work.
pub(super) fn needed<'a, T>(value: Option<&'a T>, key: &str) -> Result<&'a T, SendError> {
    let transport = key.rsplit_once('.').map_or(key, |(transport, _)| transport);
    let detail = || format!("`{key}` is not set, but `{transport}` is named as a transport; set it in `[{transport}]`");
    value.ok_or_else(|| misconfigured(detail()))
}
