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
use crate::message::{Address, Email, Message};

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
        Ok(self.call(client, Method::POST, "/v3/mail/send")?.json(&body(email(message, "SendGrid")?)?))
    }

    fn verdict(&self, client: &HttpClient, answer: &Answer) -> Result<Accepted, SendError> {
        if answer.is_success() {
            return Ok(Accepted { provider_id: answer.header("x-message-id").map(str::to_owned) });
        }
        let Errors { errors } = answer.json().unwrap_or_default();
        let said: Vec<&str> = errors.iter().map(|fault| fault.message.as_str()).collect();
        let detail = client.detail(answer, &format!("{} {}", answer.status, said.join("; ")));
        let about = |is: fn(&str) -> bool| errors.iter().any(|fault| fault.field.as_deref().is_some_and(is));
        Err(match answer.status {
            // A name that it does not like says nothing of the address beside it.
            400 if about(is_a_recipients_address) => SendError::AddressInvalid { detail },
            400 | 403 if about(|field| field.starts_with("from")) => SendError::SenderRefused { detail },
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
    let person = |name: Option<&str>, address: &Address| match name {
        Some(name) => json!({ "email": address.to_string(), "name": name }),
        None => json!({ "email": address.to_string() }),
    };
    let to_name = email.to.name.as_deref().and_then(without_separators);
    let headers: Map<String, Value> =
        parts.headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    let mut body = json!({
        "personalizations": [{ "to": [person(to_name.as_deref(), &parts.to)] }],
        "from": person(email.from.name.as_deref(), &parts.from),
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
        body["reply_to"] = person(reply_to.name.as_deref(), address);
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

/// `personalizations.0.to.0.email`.
fn is_a_recipients_address(field: &str) -> bool {
    field.strip_prefix("personalizations.0.to.").is_some_and(|at| at.split('.').next_back() == Some("email"))
}

/// `Berg, Anna` as `Berg Anna`: a recipient's name must hold neither `,` nor `;`, or the mail may go to another address
/// (<https://www.twilio.com/docs/sendgrid/api-reference/mail-send#limitations>).
fn without_separators(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::mails_for_tests::{client, mail_to, requested};

    fn sendgrid() -> Sendgrid {
        let config = config::Sendgrid {
            api_key: Some(config::Rotating::given("SG.key")),
            endpoint: Some("https://api.sendgrid.com".into()),
            ..Default::default()
        };
        Sendgrid::new(&config).unwrap()
    }

    #[test]
    fn a_name_never_ends_the_address_that_it_stands_beside() {
        for (name, written) in [
            ("Berg, Anna", json!("Berg Anna")),
            ("Berg;Anna, ", json!("Berg Anna")),
            ("Anna \"Ann\" Berg", json!("Anna \"Ann\" Berg")),
            (",;", Value::Null),
        ] {
            let body = requested(&sendgrid(), mail_to(name));
            let to = &body["personalizations"][0]["to"][0];
            assert_eq!((&to["name"], &to["email"]), (&written, &json!("anna@example.com")), "{name}");
            assert_eq!(body["from"]["name"], name, "the app's name is what it is");
        }
    }

    #[test]
    fn only_what_is_said_of_the_address_gives_it_up() {
        for (field, dead) in [
            ("personalizations.0.to.0.email", true),
            ("personalizations.0.to.0.name", false),
            ("personalizations.0.to", false),
            ("reply_to.email", false),
        ] {
            let body = json!({ "errors": [{ "message": "Does not contain a valid value.", "field": field }] });
            let refused = sendgrid().verdict(&client(), &Answer::of(400, body.to_string().as_bytes())).unwrap_err();
            assert_eq!(matches!(refused, SendError::AddressInvalid { .. }), dead, "{field}: {refused}");
            assert!(dead || matches!(refused, SendError::Permanent { .. }), "{field}: {refused}");
        }
    }
}
