//! Web Push (RFC 8030): straight to the browser's push service, signed by VAPID (RFC 8292), readable by the browser alone
//! (RFC 8291).

mod encryption;
mod guard;
mod verdict;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value, json};
use url::Url;

use super::api::{needed, unfit};
use super::http_client::{Answer, HttpClient, misconfigured, secret_header};
use super::jwt::SigningKey;
use super::{Accepted, AfterDoubt, SendError, Transport};
use crate::clock::Clock;
use crate::config::{self, Network, Rotating};
use crate::message::{Device, Message, Platform, Push, Words};
use crate::policy::Channel;
use encryption::{PLAINTEXT_MAX, Subscriber};
use guard::{Endpoint, Guard, REFUSED, Warrant, resolver};

/// How long a signature holds. The standard allows a day; half of it forgives clocks that differ.
const SIGNATURE_HOLDS: SignedDuration = SignedDuration::from_hours(12);
/// Letters of a part of an endpoint that may be a secret; `wpush` and `v2` are none.
const SECRET_PART: usize = 8;
/// Seconds that push services keep a message at most.
const TTL_MAX: u64 = 28 * 24 * 3_600;

/// Where keys come from.
const GENERATE: &str = "take both from one run of a VAPID key generator";

/// The carrier to browsers.
pub(super) struct Webpush {
    /// Follows names to public addresses only.
    client: HttpClient,
    /// Follows names anywhere, and asks the origins alone that the operator vouches for. `None`: there are none.
    trusting: Option<HttpClient>,
    key: SigningKey,
    /// The public key as the header wants it.
    public: String,
    subject: String,
    guard: Guard,
    /// Whether some push service has accepted our signature.
    proven: AtomicBool,
}

impl Webpush {
    pub(super) const NAME: &'static str = "webpush";

    /// Fails with [`SendError::Misconfigured`].
    pub(super) fn new(config: &config::Webpush, network: &Network, clock: &Arc<dyn Clock>) -> Result<Self, SendError> {
        let private = needed(config.private_key.as_ref(), "webpush.private_key")?;
        let public = needed(config.public_key.as_ref(), "webpush.public_key")?;
        let subject = needed(config.subject.as_ref(), "webpush.subject")?.clone();
        let key = key(private, public)?;
        if network.proxy.is_some() && config.services.iter().any(|service| service.trim() == "*") {
            return Err(misconfigured(
                "`webpush.services` is `*`, but behind `network.proxy` nobody looks where an endpoint's name leads; name the services",
            ));
        }
        let guard = Guard::new(&config.services, &config.trusted_origins);
        let proxy = network.proxy.as_ref().and_then(|url| Url::parse(url.expose()).ok()?.host_str().map(str::to_owned));
        let client = HttpClient::with(network, Arc::clone(clock), |builder| builder.dns_resolver(resolver(proxy)))?;
        let client = client.hiding(&private.first);
        let vouched = guard.trusts_some().then(|| HttpClient::new(network, Arc::clone(clock))).transpose()?;
        let trusting = vouched.map(|client| client.hiding(&private.first));
        let public = BASE64_URL_SAFE_NO_PAD.encode(key.public());
        Ok(Self { client, trusting, key, public, subject, guard, proven: AtomicBool::new(false) })
    }

    fn client(&self, endpoint: &Endpoint) -> &HttpClient {
        self.trusting.as_ref().filter(|_| endpoint.warrant == Warrant::Trusted).unwrap_or(&self.client)
    }

    fn authorization(&self, endpoint: &Endpoint) -> Result<HeaderValue, SendError> {
        let holds = self.client.now().saturating_add(SIGNATURE_HOLDS).unwrap_or(jiff::Timestamp::MAX);
        let claims = json!({ "aud": endpoint.origin, "exp": holds.as_second(), "sub": self.subject });
        let token = self.key.sign(None, &claims).map_err(|error| misconfigured(error.to_string()))?;
        secret_header(&format!("vapid t={token}, k={}", self.public))
    }

    /// Who is asked depends on the subscription, so what one service cannot do is no reason to ask none.
    async fn push(&self, push: &Push, endpoint: &Endpoint, body: Vec<u8>) -> Result<Answer, SendError> {
        let ttl = push.seconds_left(self.client.now()).min(TTL_MAX);
        let client = self.client(endpoint);
        let request = client
            .request(Method::POST, endpoint.url.as_str())
            .header(AUTHORIZATION, self.authorization(endpoint)?)
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("ttl", ttl)
            .header("urgency", if push.high_priority { "high" } else { "normal" })
            .header("topic", &*push.collapse_id())
            .body(body);
        client.ask(request).await.map_err(|error| match error {
            // Anybody may have written the endpoint, so it is not tried again; but our DNS may be at fault, so it is not called dead.
            SendError::Unavailable { detail, .. } if detail.contains(REFUSED) && endpoint.warrant == Warrant::Any => {
                let remedy = "if it is a push service of your own, name its origin in `webpush.trusted_origins`";
                SendError::Permanent { detail: format!("{detail}; {remedy}") }
            }
            // The service is one that the configuration names, so it is our DNS that is at fault, and it may be mended.
            SendError::Unavailable { detail, retry_after } if detail.contains(REFUSED) => {
                let remedy = "look at the DNS of this machine, or name the service in `webpush.trusted_origins`";
                SendError::Transient { detail: format!("{detail}; {remedy}"), retry_after }
            }
            SendError::Unavailable { detail, retry_after } => SendError::Transient { detail, retry_after },
            // A certificate, say.
            SendError::Misconfigured { detail } => SendError::Transient { detail, retry_after: None },
            other => other,
        })
    }
}

#[async_trait]
impl Transport for Webpush {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn channel(&self) -> Channel {
        Channel::Push
    }

    fn serves(&self, platform: Platform) -> bool {
        platform == Platform::Webpush
    }

    /// The subscription names its service.
    fn is_one_carrier(&self) -> bool {
        false
    }

    fn concurrency(&self) -> usize {
        self.client.concurrency()
    }

    /// The same topic replaces what is not delivered yet, the same tag what is on the screen.
    fn after_doubt(&self) -> AfterDoubt {
        AfterDoubt::Resend
    }

    fn longest_send(&self) -> Duration {
        self.client.longest_request()
    }

    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let Message::Push(push @ Push { device: Device::Webpush { endpoint, p256dh, auth }, .. }) = message else {
            return Err(SendError::Permanent { detail: format!("`{}` carries pushes to browsers only", Self::NAME) });
        };
        let invalid = |detail: &str| SendError::AddressInvalid { detail: detail.to_owned() };
        let endpoint = self.guard.admit(endpoint).map_err(|refusal| match refusal {
            guard::Refusal::Unknown(_) => SendError::Permanent { detail: refusal.to_string() },
            _ => SendError::AddressInvalid { detail: refusal.to_string() },
        })?;
        let subscriber = Subscriber::read(p256dh, auth)
            .ok_or_else(|| invalid("the subscription's `p256dh` or `auth` is no key of a browser"))?;
        let plaintext = push.fit(PLAINTEXT_MAX, |words| payload(push, words)).ok_or_else(unfit)?;
        let body = subscriber
            .encrypt(&plaintext)
            .map_err(|_| invalid("the subscription's `p256dh` is no point of the curve P-256"))?;
        let answer = self.push(push, &endpoint, body).await?;
        if answer.is_success() {
            self.proven.store(true, Ordering::Relaxed);
        }
        let answer = secrets(&endpoint.url).iter().fold(answer, |answer, part| answer.hiding_secret(part));
        let said = format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body));
        let detail = self.client.detail(&answer, &said);
        let mut accepted = verdict::verdict(&answer, detail, self.proven.load(Ordering::Relaxed))?;
        // A service may name the subscription where others name the message.
        accepted.provider_id = accepted.provider_id.filter(|id| !answer.hides(id));
        Ok(accepted)
    }

    /// Push services know no accounts: whether they are there is all that can be asked.
    async fn probe(&self) -> Result<String, SendError> {
        let example = self.guard.example().and_then(|service| Some((self.guard.admit(&service).ok()?, service)));
        let Some((endpoint, service)) = example else {
            return Ok("the keys are a pair; `webpush.services` names no single service to ask".to_owned());
        };
        let client = self.client(&endpoint);
        let answer = client.ask(client.request(Method::GET, &service)).await?;
        Ok(format!("the keys are a pair, and `{service}` is there (it answers {})", answer.status))
    }

    async fn close(&self) {
        self.client.close();
        self.trusting.iter().for_each(HttpClient::close);
    }
}

/// What of an endpoint must not be repeated, the longest first: it is as good as a key, for whoever has it may send.
fn secrets(endpoint: &Url) -> Vec<String> {
    let written = std::iter::once(endpoint.path()).chain(endpoint.query()).filter(|part| part.len() >= SECRET_PART);
    let parts = written.clone().flat_map(|part| part.split(['/', '&', '=', ':', ';']));
    let parts = parts.filter(|part| part.len() >= SECRET_PART);
    let written: Vec<&str> = written.chain(parts).collect();
    // A service may repeat it as it was meant instead of as it was written.
    let meant = written.iter().map(|part| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned());
    let mut all: Vec<String> = meant.chain(written.iter().map(|part| (*part).to_owned())).collect();
    all.sort_by_key(|part| std::cmp::Reverse(part.len()));
    all.dedup();
    all
}

/// The key pair, proven to be one: the app registers with the public key what is later signed by the private one.
fn key(given: &Rotating, public: &str) -> Result<SigningKey, SendError> {
    let (name, private) = (given.key("webpush.private_key"), given.first.expose());
    let bytes = encryption::decode(public).filter(|bytes| bytes.len() == 65 && bytes[0] == 4).ok_or_else(|| {
        let wanted = "expected 87 characters of base64url that begin with `B`";
        misconfigured(format!("`webpush.public_key` is no key; {wanted}; {GENERATE}"))
    })?;
    let unpaired = || {
        let register = "register the app with that public key";
        misconfigured(format!("`{name}` and `webpush.public_key` are no pair; {GENERATE}, and {register}"))
    };
    let key = if private.contains("-----BEGIN") {
        SigningKey::es256(private).map_err(|fault| misconfigured(format!("`{name}` {fault}; {GENERATE}")))?
    } else {
        let private = encryption::decode(private).filter(|bytes| bytes.len() == 32).ok_or_else(|| {
            let wanted = "expected PEM, or 43 characters of base64url";
            misconfigured(format!("`{name}` is no key; {wanted}; {GENERATE}"))
        })?;
        SigningKey::es256_pair(&private, &bytes).ok_or_else(unpaired)?
    };
    if key.public() == bytes { Ok(key) } else { Err(unpaired()) }
}

/// In the form of declarative Web Push, which some browsers show without the app's help; to all others it is the data of a
/// push event.
fn payload(push: &Push, words: Words<'_>) -> Value {
    let data: Map<String, Value> = push.data().map(|(name, id)| (name.to_owned(), id.into())).collect();
    let mut notification = json!({
        "title": words.title,
        "body": words.body,
        "lang": push.locale,
        "tag": push.collapse_id(),
        "data": data,
    });
    if let Some(link) = words.link {
        notification["navigate"] = link.into();
    }
    json!({ "web_push": 8030, "notification": notification })
}

#[cfg(test)]
mod tests;
