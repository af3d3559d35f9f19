//! Resend (`POST /emails`), which takes a message of the same id once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::api::{Api, email, needed, token};
use super::http_client::{Answer, HttpClient, LONGEST_RETRY_AFTER, bearer};
use super::{Accepted, AfterDoubt, SendError};
use crate::config::{self, Secret};
use crate::message::{Email, Message};

const KEYS: &str = "`resend.api_key`";

/// It keeps a key for 24 hours (<https://resend.com/docs/dashboard/emails/idempotency-keys>); the last try may take its time.
const KEPT_FOR: Duration = Duration::from_hours(23);

#[derive(Debug)]
pub(super) struct Resend {
    api_key: Secret,
    endpoint: String,
}

impl Resend {
    pub(super) const NAME: &'static str = "resend";

    pub(super) fn new(config: &config::Resend) -> Result<Self, SendError> {
        Ok(Self {
            api_key: token(config.api_key.as_ref(), "resend.api_key")?.clone(),
            endpoint: needed(config.endpoint.as_ref(), "resend.endpoint")?.clone(),
        })
    }

    fn call(&self, client: &HttpClient, method: Method, path: &str) -> Result<RequestBuilder, SendError> {
        let (name, value) = bearer(&self.api_key)?;
        Ok(client.request(method, &format!("{}{path}", self.endpoint.trim_end_matches('/'))).header(name, value))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    id: Option<String>,
    name: String,
    message: String,
}

impl Api for Resend {
    fn name(&self) -> &str {
        Self::NAME
    }

    /// Under the same key it is not sent twice, for as long as the key is kept.
    fn after_doubt(&self) -> AfterDoubt {
        AfterDoubt::ResendWithin(KEPT_FOR)
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.api_key]
    }

    fn request(&self, client: &HttpClient, message: &Message) -> Result<RequestBuilder, SendError> {
        let email = email(message, "Resend")?;
        let call = self.call(client, Method::POST, "/emails")?;
        Ok(call.header("idempotency-key", email.id.as_str()).json(&body(email)?))
    }

    fn verdict(&self, client: &HttpClient, answer: &Answer) -> Result<Accepted, SendError> {
        let said: Said = answer.json().unwrap_or_default();
        if answer.is_success() {
            return Ok(Accepted { provider_id: said.id });
        }
        let detail = client.detail(answer, &format!("{} {}: {}", answer.status, said.name, said.message));
        // https://resend.com/docs/api-reference/errors
        Err(match (answer.status, said.name.as_str()) {
            // The first of two is still on its way: only this carrier can tell what becomes of it.
            (_, "concurrent_idempotent_requests") => SendError::Unknown { detail, retry_after: answer.retry_after },
            (_, "invalid_idempotent_request") => SendError::Permanent {
                detail: format!("{detail}; a message of this id was sent with other content before"),
            },
            (_, "daily_quota_exceeded" | "monthly_quota_exceeded") => {
                SendError::Unavailable { detail, retry_after: Some(LONGEST_RETRY_AFTER) }
            }
            // As it calls what is wrong with a message (<https://github.com/resend/resend-node/pull/617>).
            (400 | 401 | 403 | 422, "validation_error") if said.message.contains("API key") => {
                SendError::Misconfigured { detail: format!("{detail}; look at {KEYS}") }
            }
            (_, "invalid_from_address") | (403, "validation_error") => SendError::SenderRefused { detail },
            (_, "invalid_to_address") => SendError::AddressInvalid { detail },
            (400 | 422, "validation_error") if is_about_the_address(&said.message) => {
                SendError::AddressInvalid { detail }
            }
            _ => answer.refusal(detail, KEYS, "`resend.endpoint`"),
        })
    }

    fn probe(&self, client: &HttpClient) -> Result<RequestBuilder, SendError> {
        self.call(client, Method::GET, "/domains")
    }

    fn probed(&self, client: &HttpClient, answer: &Answer) -> Result<String, SendError> {
        match answer.json::<Said>() {
            Some(said) if said.name == "restricted_api_key" => Ok("the key is known, and may only send".to_owned()),
            _ => self.verdict(client, answer).map(|_| "the key is known".to_owned()),
        }
    }
}

fn body(email: &Email) -> Result<Value, SendError> {
    let parts = email.parts()?;
    let headers: Map<String, Value> =
        parts.headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    let image = |image: &crate::message::Inline| {
        json!({
            "content": STANDARD.encode(&image.bytes),
            "filename": image.file_name,
            "content_type": image.content_type,
            "content_id": image.content_id,
        })
    };
    let mut body = json!({
        "from": email.from.quoted(&parts.from),
        "to": [email.to.quoted(&parts.to)],
        "subject": email.subject,
        "text": email.text,
        "html": email.html,
        "headers": headers,
    });
    if let (Some(reply_to), Some(address)) = (&email.reply_to, &parts.reply_to) {
        body["reply_to"] = reply_to.quoted(address).into();
    }
    if !email.inline.is_empty() {
        body["attachments"] = email.inline.iter().map(image).collect();
    }
    Ok(body)
}

/// That `to` is not in the form of `email@example.com` or `Name <email@example.com>` may be a fault of the name.
fn is_about_the_address(message: &str) -> bool {
    message.contains("`to`") && !message.contains("Name <")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::mails_for_tests::{client, mail_to, requested};

    fn resend() -> Resend {
        let config = config::Resend {
            api_key: Some(config::Rotating::given("re_key")),
            endpoint: Some("https://api.resend.com".into()),
            ..Default::default()
        };
        Resend::new(&config).unwrap()
    }

    #[test]
    fn a_message_in_doubt_is_given_to_it_only_while_it_knows_the_key() {
        let AfterDoubt::ResendWithin(window) = resend().after_doubt() else {
            panic!("its keys are not kept for ever");
        };
        assert!(window + Duration::from_mins(30) < Duration::from_hours(24), "the last try must end in time");
    }

    #[test]
    fn a_name_never_ends_the_address_that_it_stands_beside() {
        for (name, written) in
            [("Berg, Anna", "\"Berg, Anna\""), ("Anna \"Ann\" Berg; <b>", "\"Anna \\\"Ann\\\" Berg; <b>\"")]
        {
            let body = requested(&resend(), mail_to(name));
            assert_eq!(body["to"], json!([format!("{written} <anna@example.com>")]));
            assert_eq!(body["from"], format!("{written} <cars@volta.example>"));
            assert_eq!(body["reply_to"], format!("{written} <help@volta.example>"));
        }
    }

    #[test]
    fn only_what_is_said_of_the_address_gives_it_up() {
        let form = "Invalid `to` field. The email address needs to follow the `email@example.com` or \
                    `Name <email@example.com>` format.";
        for (message, dead) in [
            ("Invalid `to` field. Please use our testing email address instead of domains like `example.com`.", true),
            (form, false),
            ("Invalid `reply_to` field.", false),
        ] {
            let body = json!({ "name": "validation_error", "message": message });
            let refused = resend().verdict(&client(), &Answer::of(422, body.to_string().as_bytes())).unwrap_err();
            assert_eq!(matches!(refused, SendError::AddressInvalid { .. }), dead, "{message}: {refused}");
            assert!(dead || matches!(refused, SendError::Permanent { .. }), "{message}: {refused}");
        }
    }
}
