//! Twilio `SendGrid`, by its API v3 (`POST /v3/mail/send`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::api::{Api, email, needed, token};
use super::http_client::{Answer, HttpClient, bearer};
use super::{Accepted, AfterDoubt, SendError};
use crate::config::{self, Secret};
use crate::message::{Email, Mailbox, Message};

const KEYS: &str = "`sendgrid.api_key`";

#[derive(Debug)]
pub(super) struct Sendgrid {
    api_key: Secret,
    endpoint: String,
    after_doubt: AfterDoubt,
}

impl Sendgrid {
    pub(super) const NAME: &'static str = "sendgrid";

    pub(super) fn new(config: &config::Sendgrid) -> Result<Self, SendError> {
        Ok(Self {
            api_key: token(config.api_key.as_ref(), "sendgrid.api_key")?.clone(),
            endpoint: needed(config.endpoint.as_ref(), "sendgrid.endpoint")?.clone(),
            after_doubt: config.after_doubt,
        })
    }

    fn call(&self, client: &HttpClient, method: Method, path: &str) -> Result<RequestBuilder, SendError> {
        let (name, value) = bearer(&self.api_key)?;
        Ok(client.request(method, &format!("{}{path}", self.endpoint.trim_end_matches('/'))).header(name, value))
    }
}

#[derive(Debug, Default, Deserialize)]
struct Errors {
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(Debug, Deserialize)]
struct Fault {
    #[serde(default)]
    message: String,
    field: Option<String>,
}

impl Api for Sendgrid {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn after_doubt(&self) -> AfterDoubt {
        self.after_doubt
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.api_key]
    }

    fn request(&self, client: &HttpClient, message: &Message) -> Result<RequestBuilder, SendError> {
        Ok(self.call(client, Method::POST, "/v3/mail/send")?.json(&body(email(message)?)?))
    }

    fn verdict(&self, client: &HttpClient, answer: &Answer) -> Result<Accepted, SendError> {
        if answer.is_success() {
            return Ok(Accepted { provider_id: answer.header("x-message-id").map(str::to_owned) });
        }
        let Errors { errors } = answer.json().unwrap_or_default();
        let said: Vec<&str> = errors.iter().map(|fault| fault.message.as_str()).collect();
        let detail = client.detail(&format!("{} {}", answer.status, said.join("; ")));
        let about =
            |field: &str| errors.iter().any(|fault| fault.field.as_deref().is_some_and(|at| at.starts_with(field)));
        Err(match answer.status {
            400 if about("personalizations.0.to") => SendError::AddressInvalid { detail },
            400 | 403 if about("from") => SendError::SenderRefused { detail },
            429 => SendError::Unavailable { detail, retry_after: answer.retry_after.or_else(|| reset(client, answer)) },
            _ => answer.refusal(detail, KEYS, "`sendgrid.endpoint`"),
        })
    }

    fn probe(&self, client: &HttpClient) -> Result<RequestBuilder, SendError> {
        self.call(client, Method::GET, "/v3/scopes")
    }

    fn probed(&self, client: &HttpClient, answer: &Answer) -> Result<String, SendError> {
        #[derive(Deserialize)]
        struct Scopes {
            scopes: Vec<String>,
        }
        if !answer.is_success() {
            return self.verdict(client, answer).map(|_| String::new());
        }
        match answer.json::<Scopes>() {
            Some(Scopes { scopes }) if scopes.iter().any(|scope| scope == "mail.send") => {
                Ok("the key may send mail".to_owned())
            }
            _ => Err(SendError::Misconfigured {
                detail: "the key lacks the scope `mail.send`; look at `sendgrid.api_key`".to_owned(),
            }),
        }
    }
}

/// `X-RateLimit-Reset`: seconds since 1970.
fn reset(client: &HttpClient, answer: &Answer) -> Option<std::time::Duration> {
    let at = jiff::Timestamp::from_second(answer.header("x-ratelimit-reset")?.parse().ok()?).ok()?;
    let wait = std::time::Duration::try_from(at.duration_since(client.now())).unwrap_or_default();
    Some(wait.min(super::http_client::LONGEST_RETRY_AFTER))
}

fn body(email: &Email) -> Result<Value, SendError> {
    let parts = email.parts()?;
    let person = |mailbox: &Mailbox, address: String| match &mailbox.name {
        Some(name) => json!({ "email": address, "name": name }),
        None => json!({ "email": address }),
    };
    let headers: Map<String, Value> =
        parts.headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    let mut body = json!({
        "personalizations": [{ "to": [person(&email.to, parts.to.to_string())] }],
        "from": person(&email.from, parts.from.to_string()),
        "subject": email.subject,
        "content": [
            { "type": "text/plain", "value": email.text },
            { "type": "text/html", "value": email.html },
        ],
        "headers": headers,
        // A link that was rewritten for counting leads elsewhere than it says.
        "tracking_settings": {
            "click_tracking": { "enable": false, "enable_text": false },
            "open_tracking": { "enable": false },
        },
    });
    if let (Some(reply_to), Some(address)) = (&email.reply_to, &parts.reply_to) {
        body["reply_to"] = person(reply_to, address.to_string());
    }
    if !email.inline.is_empty() {
        let image = |image: &crate::message::Inline| {
            json!({
                "content": STANDARD.encode(&image.bytes),
                "type": image.content_type,
                "filename": image.file_name,
                "disposition": "inline",
                "content_id": image.content_id,
            })
        };
        body["attachments"] = email.inline.iter().map(image).collect();
    }
    Ok(body)
}
