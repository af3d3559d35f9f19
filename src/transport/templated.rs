//! `[http.NAME]`: any HTTP API, as the operator describes it. URL, headers and body are Tera templates over the message; what an
//! answer means is told by its status; with a secret, the request is signed as Standard Webhooks says
//! (<https://www.standardwebhooks.com>).
//!
//! What a message holds came with an event. It must not say where the request goes: the URL's host is the operator's own, and
//! every value in its path and query is percent-encoded.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use sha2::Sha256;
use tera::{Context, Kwargs, State, Tera};
use url::{Origin, Url, form_urlencoded};

use super::api::{Api, needed, token};
use super::http_client::{Answer, HttpClient, bearer, misconfigured, secret_header};
use super::wording::bounded;
use super::{Accepted, AfterDoubt, SendError};
use crate::config::{self, Secret, Sign};
use crate::message::{Message, Platform};
use crate::policy::Channel;

/// Bytes that one template may write.
const LONGEST: usize = 1 << 20;
/// Characters of what the carrier calls a message.
const LONGEST_ID: usize = 256;
/// Bytes of a secret that signs; receivers made for the specification's 64 take no more than this.
const LONGEST_SIGNING_KEY: usize = 1_024;
/// Names of the templates, as of the keys that they come from.
const URL: &str = "url";
const BODY: &str = "body";
const HEADERS: &str = "headers.";

pub(super) struct Templated {
    /// `http.twilio`.
    name: String,
    config: config::Http,
    method: Method,
    templates: Tera,
    /// In the order of the configuration; their values are templates.
    headers: Vec<HeaderName>,
    /// What of their values must not be repeated.
    header_secrets: Vec<Secret>,
    /// Scheme, host and port of the URL.
    origin: Origin,
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
        if let Some(password) = &config.password
            && let Some(fault) = password.first.fault_as_password()
        {
            return Err(misconfigured(format!("`{}` {fault}", key("password"))));
        }
        let method = Method::from_bytes(config.method.as_bytes()).map_err(|_| {
            misconfigured(format!("`{}` is no method of HTTP; expected one such as `POST`", key("method")))
        })?;
        let mut templates = Tera::default();
        templates.register_filter("json", |value: tera::Value, _: Kwargs, _: &State| {
            serde_json::to_string(&value).map_err(|error| tera::Error::message(error.to_string()))
        });
        templates.register_filter("url", |value: String, _: Kwargs, _: &State| {
            tera::Value::safe_string(&utf8_percent_encode(&value, NON_ALPHANUMERIC).to_string())
        });
        // Nothing else is escaped unless a filter says so: this is no HTML.
        templates.autoescape_on(vec![URL]);
        templates.set_escape_fn(|value, output| write!(output, "{}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
        let (mut headers, mut header_secrets) = (Vec::new(), Vec::new());
        let mut texts = vec![(URL.to_owned(), url.clone()), (BODY.to_owned(), config.body.clone().unwrap_or_default())];
        let lines = config.headers.as_ref().map(|lines| lines.first.expose()).unwrap_or_default().lines();
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let name = HeaderName::from_bytes(name.trim().as_bytes());
            headers
                .push(name.map_err(|_| misconfigured(format!("`{}` holds a line that is no header", key("headers"))))?);
            let value = value.trim();
            // `Key abc`: whoever repeats a part of it repeats the second.
            header_secrets
                .extend([Some(value), value.split_whitespace().next_back()].into_iter().flatten().map(Secret::new));
            texts.push((header(headers.len() - 1), value.to_owned()));
        }
        for (what, text) in texts {
            templates.add_raw_template(&what, &text).map_err(|error| {
                // A header's value may be a key: it is not shown.
                let why = if what.starts_with(HEADERS) { String::new() } else { format!(": {error}") };
                misconfigured(format!("`{}` is no template{why}", key(&what)))
            })?;
        }
        let mut this = Self {
            signing_key: signing_key(config, &key("signing_secret"))?,
            name,
            config: config.clone(),
            method,
            templates,
            headers,
            header_secrets,
            origin: Origin::new_opaque(),
        };
        this.origin = this.check()?;
        Ok(this)
    }

    /// A template that names what is not there would fail with the first message; so it fails now. Where the URL leads.
    fn check(&self) -> Result<Origin, SendError> {
        let wrong = |key: &str, wrong: &str| misconfigured(format!("`{}.{key}` {wrong}", self.name));
        let render =
            |what: &str, text: &str| self.render(what, &sample(self.config.channel, text)).map_err(misconfigured);
        if self.config.accepted.iter().any(|sign| matches!(sign, Sign::Words(_))) {
            return Err(wrong("accepted", "takes statuses such as 202 and values in the answer such as \"/ok=true\""));
        }
        for number in 0..self.headers.len() {
            if render(&header(number), "one\nline")?.contains('\n') {
                let remedy = "would break with a text of several lines; write `{{ message.body | json }}` or `| url`";
                return Err(wrong(&header(number), remedy));
            }
        }
        let body = render(BODY, "a \"quoted\"\nword")?;
        let kind = self.config.content_type.as_deref().unwrap_or_default();
        if kind.contains("json") && serde_json::from_str::<IgnoredAny>(&body).is_err() {
            let remedy =
                "is no JSON when a text has quotes in it; write `{{ message.body | json }}`, without quotes around it";
            return Err(wrong(BODY, remedy));
        }
        if kind.contains("x-www-form-urlencoded") && !is_same_form(&render(BODY, HARMLESS)?, &render(BODY, HARMFUL)?) {
            let remedy = "is another form when a text has `&`, `=`, `+` or `%` in it; write `{{ message.body | url }}`";
            return Err(wrong(BODY, remedy));
        }
        let origin = |text: &str| {
            let url = render(URL, text)?;
            check_url(&url).map(|url| url.origin()).map_err(|fault| wrong(URL, &fault))
        };
        let (one, other) = (origin("x")?, origin("y")?);
        if one != other {
            return Err(wrong(URL, "has a part of the message in its host; the host must be the same for all"));
        }
        Ok(one)
    }

    /// Where this message is asked for.
    fn url(&self, message: &Context) -> Result<String, SendError> {
        let text = self.render(URL, message).map_err(refused)?;
        let refused = |wrong: &str| refused(format!("`{}.{URL}` {wrong}", self.name));
        let url = check_url(&text).map_err(|wrong| refused(&wrong))?;
        if url.origin() != self.origin {
            return Err(refused("leads to another host with this message"));
        }
        if has_dot_segments(&text) {
            return Err(refused(
                "has a part of the path that is `.` or `..` with this message, and would lead elsewhere",
            ));
        }
        Ok(text)
    }

    /// What is wrong names the key.
    fn render(&self, what: &str, message: &Context) -> Result<String, String> {
        let mut output = Capped(Vec::new());
        self.templates.render_to(what, message, &mut output).map_err(|error| {
            let why = error.to_string();
            format!("`{}.{what}` cannot be rendered: {}", self.name, why.lines().next().unwrap_or_default())
        })?;
        String::from_utf8(output.0).map_err(|_| format!("`{}.{what}` is not UTF-8", self.name))
    }

    /// The value of a header with this message, which must not say what a header cannot.
    fn header(&self, number: usize, message: &Context) -> Result<HeaderValue, SendError> {
        let text = self.render(&header(number), message).map_err(refused)?;
        secret_header(&text).map_err(|_| {
            refused(format!("`{}.{}` holds a line break or the like with this message", self.name, header(number)))
        })
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
        let Self { config, header_secrets, .. } = self;
        let given = [&config.bearer, &config.password, &config.signing_secret].into_iter().flatten();
        given.map(|secret| &secret.first).chain(header_secrets).collect()
    }

    fn request(&self, client: &HttpClient, message: &Message) -> Result<RequestBuilder, SendError> {
        let context = context(message);
        let url = self.url(&context)?;
        let body = self.render(BODY, &context).map_err(refused)?;
        let mut request = client.request(self.method.clone(), &url);
        if let Some(kind) = &self.config.content_type {
            request = request.header("content-type", kind);
        }
        for (number, name) in self.headers.iter().enumerate() {
            request = request.header(name, self.header(number, &context)?);
        }
        if let Some(token) = &self.config.bearer {
            let (name, value) = bearer(&token.first)?;
            request = request.header(name, value);
        }
        if let Some(username) = &self.config.username {
            request =
                request.basic_auth(username, self.config.password.as_ref().map(|password| password.first.expose()));
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
        let said = String::from_utf8_lossy(&answer.body);
        let json = answer.json::<Value>();
        let is_in = |sign: &Sign| sign.is_in(answer.status, &said, json.as_ref());
        let shows = |signs: &[Sign]| signs.iter().any(is_in);
        let detail = client.detail(answer, &format!("{} {said}", answer.status));
        // What the operator says of an answer goes before what its status says: some APIs refuse with a 200.
        Err(if shows(&config.address_invalid) {
            SendError::AddressInvalid { detail }
        } else if shows(&config.refused) {
            SendError::Permanent { detail }
        } else if shows(&config.busy) {
            SendError::Transient { detail, retry_after: answer.retry_after }
        } else if shows(&config.retried) {
            SendError::Unavailable { detail, retry_after: answer.retry_after }
        } else if is_accepted(&config.accepted, answer, is_in) {
            let id = config.provider_id.as_deref().and_then(|at| json.as_ref()?.pointer(at).map(config::plain));
            return Ok(Accepted { provider_id: id.map(|id| bounded(&id, LONGEST_ID)) });
        } else if answer.is_success() {
            // It is not what the operator calls accepted.
            SendError::Permanent { detail }
        } else {
            answer.refusal(detail, &self.keys(), &format!("`{}.url`", self.name))
        })
    }

    /// Nothing is known of the API but where it is.
    fn probe(&self, client: &HttpClient) -> Result<RequestBuilder, SendError> {
        Ok(client.request(Method::HEAD, &self.origin.ascii_serialization()))
    }

    fn probed(&self, _: &HttpClient, answer: &Answer) -> Result<String, SendError> {
        Ok(format!("somebody is there, and answers {}; the credentials were not shown", answer.status))
    }
}

/// By its status, and where values are named, by one of them too.
fn is_accepted(signs: &[Sign], answer: &Answer, is_in: impl Fn(&Sign) -> bool) -> bool {
    let (statuses, values): (Vec<_>, Vec<_>) = signs.iter().partition(|sign| matches!(sign, Sign::Status(_)));
    let by_status = if statuses.is_empty() { answer.is_success() } else { statuses.into_iter().any(&is_in) };
    by_status && (values.is_empty() || values.into_iter().any(is_in))
}

/// The fault of one message is no reason to leave the carrier alone.
fn refused(detail: String) -> SendError {
    SendError::Permanent { detail }
}

/// A text that means nothing in a form, and one that would be several fields of it.
const HARMLESS: &str = "sample";
const HARMFUL: &str = "a&b=c+d%41";

/// Whether two forms have the same fields, and differ by what the message holds and nothing else.
fn is_same_form(harmless: &str, harmful: &str) -> bool {
    let fields = |form: &str| form_urlencoded::parse(form.as_bytes()).into_owned().collect::<Vec<_>>();
    let expected = fields(harmless).into_iter().map(|(name, value)| (name, value.replace(HARMLESS, HARMFUL)));
    expected.eq(fields(harmful))
}

/// The name of a header's template.
fn header(number: usize) -> String {
    format!("{HEADERS}{number}")
}

/// Whether a part of the path is one that clients leave out: `..`, also percent-encoded (WHATWG URL).
fn has_dot_segments(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.split(['/', '\\']).any(|part| matches!(&*percent_decode_str(part).decode_utf8_lossy(), "." | ".."))
}

fn signing_key(config: &config::Http, key: &str) -> Result<Option<Vec<u8>>, SendError> {
    let Some(secret) = &config.signing_secret else { return Ok(None) };
    let secret = secret.first.expose();
    let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
    match STANDARD.decode(encoded) {
        // The specification wants 24 to 64 bytes.
        Ok(bytes) if (24..=LONGEST_SIGNING_KEY).contains(&bytes.len()) => Ok(Some(bytes)),
        _ => Err(misconfigured(format!(
            "`{key}` is no secret of the form `whsec_` and base64 of 24 to 64 bytes; make one with `openssl rand -base64 32`"
        ))),
    }
}

fn signature(key: &[u8], id: &str, at: &str, body: &str) -> Result<String, SendError> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).map_err(|_| misconfigured("the signing secret cannot be used"))?;
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

/// As an endpoint of a carrier: https, or on this machine; no credentials in it.
fn check_url(text: &str) -> Result<Url, String> {
    Url::parse(text).ok().filter(|_| config::is_endpoint(text)).ok_or_else(|| {
        "leads to no https URL without credentials; use `username` and `password`, or `bearer`".to_owned()
    })
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
            "to": push.device.address(),
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

/// A message with every value that a message may have, all of them the same, but that only texts have several lines.
fn sample(channel: Channel, text: &str) -> Context {
    let names: &[&str] = match channel {
        Channel::Email => &["to", "to_name", "from", "from_name", "reply_to", "subject", "text", "html"],
        Channel::Push => &["to", "title", "body", "link", "collapse_key", "expires_at"],
    };
    let mut value = json!({ "channel": channel.as_str(), "id": "id", "locale": "en", "high_priority": true });
    for name in names {
        let has_lines = matches!(*name, "text" | "html" | "body");
        value[name] = if has_lines { text.to_owned() } else { text.replace('\n', " ") }.into();
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

#[cfg(test)]
mod tests;
