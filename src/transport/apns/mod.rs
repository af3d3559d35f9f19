//! Apple Push Notification service: HTTP/2, under a provider token.

mod environment;
mod payload;
mod token;
mod verdict;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{ClientBuilder, Method};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout};

use super::api::{needed, unfit};
use super::http_client::{Answer, HttpClient, misconfigured, secret_header};
use super::jwt::SigningKey;
use super::wording::bounded;
use super::{Accepted, AfterDoubt, SendError, Transport};
use crate::clock::Clock;
use crate::config::{self, Network};
use crate::message::{Device, Message, Platform, Push};
use crate::policy::Channel;
use token::Tokens;

pub(super) use environment::Environment;
pub use payload::{PAYLOAD_MAX, payload};

const PRODUCTION: &str = "https://api.push.apple.com";
const SANDBOX: &str = "https://api.sandbox.push.apple.com";
/// Characters of a device token; Apple's have 64 and may grow.
const LONGEST_TOKEN: usize = 200;
/// Characters of an id of ours that is repeated where it is wrong; Apple's have ten.
const LONGEST_ID: usize = 20;
/// Characters of a topic; Apple's bundle ids have 155.
const LONGEST_TOPIC: usize = 200;
/// A connection that was answered so lately is open and knows our token.
const WARM: Duration = Duration::from_secs(10);
/// How long a connection is kept that carries nothing.
const KEPT: Duration = Duration::from_hours(1);
/// Between two questions whether it lives; the usual router forgets a silent one after minutes.
const PULSE: Duration = Duration::from_secs(30);

/// The carrier to Apple's devices.
pub(super) struct Apns {
    client: HttpClient,
    tokens: Tokens,
    endpoint: String,
    topic: String,
    /// Held by the one request that opens a connection.
    opening: Mutex<()>,
    answered: std::sync::Mutex<Option<Instant>>,
    environment: Arc<Environment>,
}

impl Apns {
    pub(super) const NAME: &'static str = "apns";

    /// `environment`: what one that this takes the place of has learnt. Fails with [`SendError::Misconfigured`].
    pub(super) fn new(
        config: &config::Apns,
        network: &Network,
        clock: &Arc<dyn Clock>,
        environment: &Arc<Environment>,
    ) -> Result<Self, SendError> {
        let pem = &needed(config.signing_key.as_ref(), "apns.signing_key")?.first;
        let key_id = needed(config.key_id.as_ref(), "apns.key_id")?.first.expose().trim().to_owned();
        let team_id = needed(config.team_id.as_ref(), "apns.team_id")?.clone();
        let topic = needed(config.topic.as_ref(), "apns.topic")?.clone();
        for (name, id, place) in [
            ("key_id", &key_id, "it is a part of the name of the key's file"),
            ("team_id", &team_id, "it is among the membership details"),
        ] {
            if id.len() != 10 || !id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
                // The wrong file may be named, and what is in it may be a secret.
                let is_plain = id.len() <= LONGEST_ID && id.bytes().all(|byte| byte.is_ascii_graphic());
                let told = if is_plain { format!("`{id}`") } else { "something else".to_owned() };
                return Err(misconfigured(format!(
                    "`apns.{name}` is {told}; expected ten capitals and digits: {place} in Apple's developer account"
                )));
            }
        }
        if topic.len() > LONGEST_TOPIC
            || !topic.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        {
            return Err(misconfigured(format!(
                "`apns.topic` is `{}`; expected the app's bundle id, such as `com.example.app`",
                bounded(&topic, LONGEST_TOPIC)
            )));
        }
        let key = SigningKey::es256(pem.expose()).map_err(|fault| {
            misconfigured(format!(
                "`apns.signing_key` {fault}; it is the file `AuthKey_{key_id}.p8` from Apple's developer account"
            ))
        })?;
        let of_environment = match config.environment {
            config::ApnsEnvironment::Production => PRODUCTION,
            config::ApnsEnvironment::Sandbox => SANDBOX,
        };
        Ok(Self {
            client: HttpClient::with(network, Arc::clone(clock), |builder| lasting(builder, network))?.hiding(pem),
            tokens: Tokens::new(key, key_id, team_id),
            endpoint: config.endpoint.as_deref().unwrap_or(of_environment).trim_end_matches('/').to_owned(),
            topic,
            opening: Mutex::new(()),
            answered: std::sync::Mutex::default(),
            environment: Arc::clone(environment),
        })
    }

    /// Asks with the shared token, and once more with a new one when that has expired; not when it is new itself.
    async fn ask(&self, push: &Push, token: &str, body: &[u8]) -> Result<Answer, SendError> {
        let provider = self.provider_token()?;
        let answer = self.ask_as(&provider, push, token, body).await?;
        if answer.json::<verdict::Reply>().is_none_or(|reply| reply.reason != "ExpiredProviderToken") {
            return Ok(answer);
        }
        if !self.tokens.forget(&provider, Instant::now()) {
            return Ok(answer);
        }
        self.ask_as(&self.provider_token()?, push, token, body).await
    }

    async fn ask_as(&self, provider: &str, push: &Push, token: &str, body: &[u8]) -> Result<Answer, SendError> {
        let request = self
            .client
            .request(Method::POST, &format!("{}/3/device/{token}", self.endpoint))
            .header(AUTHORIZATION, secret_header(&format!("bearer {provider}"))?)
            .header(CONTENT_TYPE, "application/json")
            .header("apns-id", push.id.as_str())
            .header("apns-topic", &self.topic)
            .header("apns-push-type", "alert")
            .header("apns-priority", if push.high_priority { "10" } else { "5" })
            .header("apns-expiration", push.expires_at.as_second().max(0))
            .header("apns-collapse-id", &*push.collapse_id())
            .body(body.to_owned());
        let _alone = self.open().await;
        let answer = self.client.ask(request).await;
        let answered = answer.is_ok().then(Instant::now);
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = answered;
        answer
    }

    /// Apple takes one request on a new connection until it has seen a good token there: the first goes alone, the others wait
    /// for its answer.
    async fn open(&self) -> Option<MutexGuard<'_, ()>> {
        let is_warm = || {
            let answered = *self.answered.lock().unwrap_or_else(PoisonError::into_inner);
            answered.is_some_and(|at| at.elapsed() < WARM)
        };
        if is_warm() {
            return None;
        }
        // Whoever opens it has an answer by then, good or bad.
        let alone = timeout(self.client.longest_request(), self.opening.lock()).await.ok()?;
        if is_warm() { None } else { Some(alone) }
    }

    fn provider_token(&self) -> Result<String, SendError> {
        self.tokens.get(self.client.now(), Instant::now()).map_err(|error| misconfigured(error.to_string()))
    }

    fn verdict(&self, answer: &Answer, token: &str) -> Result<Accepted, SendError> {
        verdict::verdict(answer, token, &self.environment, |text| self.client.detail(answer, text))
    }
}

/// Apple wants connections to be kept, and takes many short ones for an attack; what is between forgets those that say nothing.
fn lasting(builder: ClientBuilder, network: &Network) -> ClientBuilder {
    let pulse = PULSE.min(network.timeout / 2);
    builder.pool_idle_timeout(KEPT).http2_keep_alive_interval(pulse).http2_keep_alive_while_idle(true)
}

#[async_trait]
impl Transport for Apns {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn channel(&self) -> Channel {
        Channel::Push
    }

    fn serves(&self, platform: Platform) -> bool {
        platform == Platform::Apns
    }

    fn concurrency(&self) -> usize {
        self.client.concurrency()
    }

    /// The same collapse id replaces the message on the screen, so that twice is seen once.
    fn after_doubt(&self) -> AfterDoubt {
        AfterDoubt::Resend
    }

    /// The request that opens the connection, one's own, and that again with a new token.
    fn longest_send(&self) -> Duration {
        4 * self.client.longest_request()
    }

    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let Message::Push(push @ Push { device: Device::Apns { token }, .. }) = message else {
            return Err(SendError::Permanent {
                detail: format!("`{}` carries pushes to Apple's devices only", Self::NAME),
            });
        };
        // It becomes a part of a path.
        if token.is_empty() || token.len() > LONGEST_TOKEN || !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(SendError::AddressInvalid { detail: "the device's token is not hexadecimal".to_owned() });
        }
        let body = payload(push).ok_or_else(unfit)?;
        let answer = self.ask(push, token, &body).await?.hiding(token);
        self.verdict(&answer, token)
    }

    /// A message to a device that nobody has: Apple says so only to those whose token is good.
    async fn probe(&self) -> Result<String, SendError> {
        let nobody = "0".repeat(64);
        let provider = self.provider_token()?;
        let request = self
            .client
            .request(Method::POST, &format!("{}/3/device/{nobody}", self.endpoint))
            .header(AUTHORIZATION, secret_header(&format!("bearer {provider}"))?)
            .header("apns-topic", &self.topic)
            .header("apns-push-type", "alert")
            .body(r#"{"aps":{"alert":"probe"}}"#);
        let answer = self.client.ask(request).await?;
        // A device that nobody has says nothing of the environment.
        let environment = Environment::default();
        environment.proven();
        match verdict::verdict(&answer, &nobody, &environment, |text| self.client.detail(&answer, text)) {
            Ok(_) | Err(SendError::AddressInvalid { .. } | SendError::Permanent { .. }) => {
                Ok(format!("the key may send for `{}`", self.topic))
            }
            Err(error) => Err(error),
        }
    }

    async fn close(&self) {
        self.client.close();
    }
}
