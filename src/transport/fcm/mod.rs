//! Firebase Cloud Messaging (HTTP v1), on behalf of a service account.

mod account;
mod payload;
mod token;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use super::api::{needed, unfit};
use super::http_client::{Answer, HttpClient, bearer};
use super::{Accepted, AfterDoubt, SendError, Transport};
use crate::clock::Clock;
use crate::config::{self, Network, Secret};
use crate::message::{Device, Message, Platform, Push};
use crate::policy::Channel;
use account::Account;
use token::Tokens;

/// The carrier to all that registered with Firebase.
pub(super) struct Fcm {
    client: HttpClient,
    account: Account,
    tokens: Tokens,
    url: String,
}

impl Fcm {
    pub(super) const NAME: &'static str = "fcm";

    /// Fails with [`SendError::Misconfigured`].
    pub(super) fn new(config: &config::Fcm, network: &Network, clock: &Arc<dyn Clock>) -> Result<Self, SendError> {
        let file = &needed(config.service_account.as_ref(), "fcm.service_account")?.first;
        let endpoint = needed(config.endpoint.as_ref(), "fcm.endpoint")?;
        let account = Account::read(file, config)?;
        let url = format!("{}/v1/projects/{}/messages:send", endpoint.trim_end_matches('/'), account.project);
        Ok(Self {
            client: HttpClient::new(network, Arc::clone(clock))?.hiding(file),
            account,
            tokens: Tokens::default(),
            url,
        })
    }

    /// Asks with the shared token, and once more with a new one when that is refused: it may have been revoked.
    async fn ask(&self, body: &[u8]) -> Result<Answer, SendError> {
        let token = self.tokens.get(&self.account, &self.client).await?;
        let answer = self.ask_with(&token, body).await?;
        if !verdict::is_about_our_token(&answer) {
            return Ok(answer);
        }
        self.tokens.forget(&token).await;
        let token = self.tokens.get(&self.account, &self.client).await?;
        self.ask_with(&token, body).await
    }

    async fn ask_with(&self, token: &Secret, body: &[u8]) -> Result<Answer, SendError> {
        let (name, value) = bearer(token)?;
        let request = self.client.request(Method::POST, &self.url).header(name, value);
        let answer = self.client.ask(request.header(CONTENT_TYPE, "application/json").body(body.to_owned())).await?;
        Ok(answer.hiding_secret(token.expose()))
    }

    fn verdict(&self, answer: &Answer) -> Result<Accepted, SendError> {
        verdict::verdict(answer, |text| self.client.detail(answer, text))
    }
}

#[async_trait]
impl Transport for Fcm {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn channel(&self) -> Channel {
        Channel::Push
    }

    fn serves(&self, platform: Platform) -> bool {
        platform == Platform::Fcm
    }

    fn concurrency(&self) -> usize {
        self.client.concurrency()
    }

    /// The same collapse key and tag replace the message on the screen, so that twice is seen once.
    fn after_doubt(&self) -> AfterDoubt {
        AfterDoubt::Resend
    }

    /// A token, a message, and both again.
    fn longest_send(&self) -> Duration {
        4 * self.client.longest_request()
    }

    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let Message::Push(push @ Push { device: device @ Device::Fcm { token, fid }, .. }) = message else {
            return Err(SendError::Permanent {
                detail: format!("`{}` carries pushes to Firebase's devices only", Self::NAME),
            });
        };
        let name = match (fid, token) {
            (Some(_), _) => "fid",
            (None, Some(_)) => "token",
            (None, None) => {
                return Err(SendError::AddressInvalid {
                    detail: "the device has neither `fid` nor `token`".to_owned(),
                });
            }
        };
        let address = device.address();
        let body = payload::request(push, name, address, self.client.now()).ok_or_else(unfit)?;
        let answer = self.ask(&body).await?.hiding(address);
        self.verdict(&answer)
    }

    /// A message that FCM looks at and sends to nobody.
    async fn probe(&self) -> Result<String, SendError> {
        let body = json!({ "validateOnly": true, "message": { "topic": "dashlight", "data": { "probe": "1" } } });
        let answer = self.ask(body.to_string().as_bytes()).await?;
        self.verdict(&answer)
            .map(|_| format!("the service account may send for the project `{}`", self.account.project))
    }

    async fn close(&self) {
        self.client.close();
    }
}

#[cfg(test)]
mod tests;
