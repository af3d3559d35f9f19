//! `[http.NAME]`: any HTTP API, as the operator describes it. URL, headers and body are Tera templates over the message; what an
//! answer means is told by its status; with a secret, the request is signed as Standard Webhooks says
//! (<https://www.standardwebhooks.com>).

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::Sha256;
use tera::{Context, Kwargs, State, Tera};

use super::api::{Api, needed, token};
use super::http_client::{Answer, HttpClient, bearer, misconfigured, secret_header};
use super::{Accepted, AfterDoubt, SendError};
use crate::config::{self, Secret};
use crate::message::{Device, Message, Platform};
use crate::policy::Channel;

/// Bytes that one template may write.
const LONGEST: usize = 1 << 20;

pub(super) struct Templated {
    /// `http.twilio`.
    name: String,
    config: config::Http,
    method: Method,
    templates: Tera,
    /// In the order of the configuration; their values are templates.
    headers: Vec<String>,
    signing_key: Option<Vec<u8>>,
}

impl Templated {
    pub(super) fn new(section: &str, config: &config::Http) -> Result<Self, SendError> {
        let name = format!("http.{section}");
        let key = |key: &str| format!("{name}.{key}");
        let url = needed(config.url.as_ref(), &key("url"))?;
        if config.bearer.is_some() {
            token(config.bearer.as_ref(), &key("bearer"))?;
        }
        let method = Method::from_bytes(config.method.as_bytes())
            .map_err(|_| misconfigured(format!("`{}` is no method of HTTP", key("method"))))?;
        let mut templates = Tera::default();
        templates.register_filter("json", |value: tera::Value, _: Kwargs, _: &State| {
            serde_json::to_string(&value).map_err(|error| tera::Error::message(error.to_string()))
        });
        templates.register_filter("url", |value: String, _: Kwargs, _: &State| {
            utf8_percent_encode(&value, NON_ALPHANUMERIC).to_string()
        });
        let mut headers = Vec::new();
        let mut texts =
            vec![("url".to_owned(), url.clone()), ("body".to_owned(), config.body.clone().unwrap_or_default())];
        for (number, header) in config.headers.iter().enumerate() {
            let Some((header, value)) = header.split_once(':') else {
                return Err(misconfigured(format!("`{}` holds `{header}`; expected `Name: value`", key("headers"))));
            };
            headers.push(header.trim().to_owned());
            texts.push((format!("headers.{number}"), value.trim().to_owned()));
        }
        for (what, text) in texts {
            // Nothing is escaped unless a filter says so: this is no HTML.
            templates
                .add_raw_template(&format!("{what}.txt"), &text)
                .map_err(|error| misconfigured(format!("`{}` is no template: {error}", key(&what))))?;
        }
        let this = Self {
            signing_key: signing_key(config, &key("signing_secret"))?,
            name,
            config: config.clone(),
            method,
            templates,
            headers,
        };
        this.check()?;
        Ok(this)
    }

    /// A template that names what is not there would fail with the first message; so it fails now.
    fn check(&self) -> Result<(), SendError> {
        let sample = sample(self.config.channel);
        for what in ["url", "body"]
            .into_iter()
            .map(str::to_owned)
            .chain((0..self.headers.len()).map(|number| format!("headers.{number}")))
        {
            let text = self.render(&what, &sample)?;
            if what == "url" {
                let key = format!("{}.url", self.name);
                check_url(&text).map_err(|wrong| misconfigured(format!("`{key}` {wrong}")))?;
            }
        }
        Ok(())
    }

    fn render(&self, what: &str, message: &Context) -> Result<String, SendError> {
        let mut output = Capped(Vec::new());
        self.templates.render_to(&format!("{what}.txt"), message, &mut output).map_err(|error| {
            let why = error.to_string();
            misconfigured(format!(
                "`{}.{what}` cannot be rendered: {}",
                self.name,
                why.lines().next().unwrap_or_default()
            ))
        })?;
        String::from_utf8(output.0).map_err(|_| misconfigured(format!("`{}.{what}` is not UTF-8", self.name)))
    }

    fn keys(&self) -> String {
        format!("`[{}]`, its keys and secrets", self.name)
    }
}

impl Api for Templated {
    fn name(&self) -> &str {
        &self.name
    }

    fn channel(&self) -> Channel {
        self.config.channel
    }

    fn serves(&self, platform: Platform) -> bool {
        self.config.channel == Channel::Push && self.config.platform == platform
    }

    fn after_doubt(&self) -> AfterDoubt {
        self.config.after_doubt
    }

    fn secrets(&self) -> Vec<&Secret> {
        [&self.config.bearer, &self.config.password, &self.config.signing_secret].into_iter().flatten().collect()
    }

    fn request(&self, client: &HttpClient, message: &Message) -> Result<RequestBuilder, SendError> {
        let context = context(message);
        let url = self.render("url", &context)?;
        check_url(&url).map_err(|wrong| SendError::Permanent { detail: format!("`{}.url` {wrong}", self.name) })?;
        let body = self.render("body", &context)?;
        let mut request = client.request(self.method.clone(), &url);
        if let Some(kind) = &self.config.content_type {
            request = request.header("content-type", kind);
        }
        for (number, name) in self.headers.iter().enumerate() {
            request = request.header(name, secret_header(&self.render(&format!("headers.{number}"), &context)?)?);
        }
        if let Some(token) = &self.config.bearer {
            let (name, value) = bearer(token)?;
            request = request.header(name, value);
        }
        if let Some(username) = &self.config.username {
            request = request.basic_auth(username, self.config.password.as_ref().map(Secret::expose));
        }
        if let Some(key) = &self.signing_key {
            let (id, at) = (message.id().as_str(), client.now().as_second().to_string());
            let signature = signature(key, id, &at, &body)?;
            request = request.header("webhook-id", id).header("webhook-timestamp", at);
            request = request.header("webhook-signature", format!("v1,{signature}"));
        }
        Ok(if body.is_empty() { request } else { request.body(body) })
    }

    fn verdict(&self, client: &HttpClient, answer: &Answer) -> Result<Accepted, SendError> {
        let config = &self.config;
        let status = u32::from(answer.status);
        let said = String::from_utf8_lossy(&answer.body);
        let accepted = if config.accepted.is_empty() { answer.is_success() } else { config.accepted.contains(&status) };
        if accepted {
            let id = config.provider_id.as_deref().and_then(|at| answer.json::<Value>()?.pointer(at).map(plain));
            return Ok(Accepted { provider_id: id });
        }
        let detail = client.detail(&format!("{status} {said}"));
        Err(if config.address_invalid.iter().any(|sign| is_sign(sign, status, &said)) {
            SendError::AddressInvalid { detail }
        } else if config.retried.contains(&status) {
            SendError::Unavailable { detail, retry_after: answer.retry_after }
        } else if answer.is_success() {
            // It is not what the operator calls accepted.
            SendError::Permanent { detail }
        } else {
            answer.refusal(detail, &self.keys(), &format!("`{}.url`", self.name))
        })
    }

    /// Nothing is known of the API but where it is.
    fn probe(&self, client: &HttpClient) -> Result<RequestBuilder, SendError> {
        let url = self.render("url", &sample(self.config.channel))?;
        let origin = url::Url::parse(&url).map(|url| url.origin().ascii_serialization()).unwrap_or(url);
        Ok(client.request(Method::HEAD, &origin))
    }

    fn probed(&self, _: &HttpClient, answer: &Answer) -> Result<String, SendError> {
        Ok(format!("somebody is there, and answers {}; the credentials were not shown", answer.status))
    }
}

/// A status, or words of the answer.
fn is_sign(sign: &str, status: u32, said: &str) -> bool {
    match sign.parse::<u32>() {
        Ok(number) if (100..600).contains(&number) => number == status,
        _ => said.contains(sign),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn signing_key(config: &config::Http, key: &str) -> Result<Option<Vec<u8>>, SendError> {
    let Some(secret) = &config.signing_secret else { return Ok(None) };
    let encoded = secret.expose().strip_prefix("whsec_").unwrap_or(secret.expose());
    match STANDARD.decode(encoded) {
        // The specification wants 24 to 64 bytes.
        Ok(bytes) if bytes.len() >= 24 => Ok(Some(bytes)),
        _ => Err(misconfigured(format!("`{key}` is no secret of the form `whsec_` and base64 of 24 to 64 bytes"))),
    }
}

fn signature(key: &[u8], id: &str, at: &str, body: &str) -> Result<String, SendError> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).map_err(|_| misconfigured("the signing secret cannot be used"))?;
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

/// As an endpoint of a carrier: https, or on this machine; no credentials in it.
fn check_url(text: &str) -> Result<(), String> {
    if config::is_endpoint(text) {
        Ok(())
    } else {
        Err("leads to no https URL without credentials; use `username` and `password`, or `bearer`".to_owned())
    }
}

/// What templates see.
fn context(message: &Message) -> Context {
    let value = match message {
        Message::Email(email) => json!({
            "channel": "email",
            "id": email.id.as_str(),
            "locale": email.locale,
            "to": email.to.address,
            "to_name": email.to.name.as_deref().unwrap_or_default(),
            "from": email.from.address,
            "from_name": email.from.name.as_deref().unwrap_or_default(),
            "reply_to": email.reply_to.as_ref().map(|mailbox| mailbox.address.as_str()).unwrap_or_default(),
            "subject": email.subject,
            "text": email.text,
            "html": email.html,
        }),
        Message::Push(push) => json!({
            "channel": "push",
            "id": push.id.as_str(),
            "locale": push.locale,
            "to": address(&push.device),
            "title": push.title,
            "body": push.body,
            "link": push.link.as_deref().unwrap_or_default(),
            "collapse_key": push.collapse_key,
            "expires_at": push.expires_at.to_string(),
            "high_priority": push.high_priority,
        }),
    };
    let mut context = Context::new();
    context.insert("message", &value);
    context
}

/// What the device is known by.
fn address(device: &Device) -> &str {
    match device {
        Device::Fcm { token, fid } => token.as_deref().or(fid.as_deref()).unwrap_or_default(),
        Device::Apns { token } | Device::Other { token } => token,
        Device::Webpush { endpoint, .. } => endpoint,
    }
}

/// A message with every value that a message may have.
fn sample(channel: Channel) -> Context {
    let names: &[&str] = match channel {
        Channel::Email => &["to", "to_name", "from", "from_name", "reply_to", "subject", "text", "html"],
        Channel::Push => &["to", "title", "body", "link", "collapse_key", "expires_at"],
    };
    let mut value = json!({ "channel": channel.as_str(), "id": "id", "locale": "en", "high_priority": true });
    for name in names {
        value[name] = "x".into();
    }
    let mut context = Context::new();
    context.insert("message", &value);
    context
}

struct Capped(Vec<u8>);

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST {
            return Err(io::Error::other("it writes more than 1 MiB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
