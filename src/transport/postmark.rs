//! Postmark (`POST /email`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Api, email, needed, token};
use super::http_client::{Answer, HttpClient, secret_header};
use super::{Accepted, AfterDoubt, SendError};
use crate::config::{self, Secret};
use crate::message::{Email, Message, is_address};

const KEYS: &str = "`postmark.server_token`";

#[derive(Debug)]
pub(super) struct Postmark {
    server_token: Secret,
    message_stream: Option<String>,
    endpoint: String,
    after_doubt: AfterDoubt,
}

impl Postmark {
    pub(super) const NAME: &'static str = "postmark";

    pub(super) fn new(config: &config::Postmark) -> Result<Self, SendError> {
        Ok(Self {
            server_token: token(config.server_token.as_ref(), "postmark.server_token")?.clone(),
            message_stream: config.message_stream.clone(),
            endpoint: needed(config.endpoint.as_ref(), "postmark.endpoint")?.clone(),
            after_doubt: config.after_doubt,
        })
    }

    fn call(&self, client: &HttpClient, method: Method, path: &str) -> Result<RequestBuilder, SendError> {
        let token = secret_header(self.server_token.expose())?;
        let request = client.request(method, &format!("{}{path}", self.endpoint.trim_end_matches('/')));
        Ok(request.header("accept", "application/json").header("x-postmark-server-token", token))
    }

    fn body(&self, email: &Email) -> Result<Value, SendError> {
        let parts = email.parts()?;
        let mut headers: Vec<Value> =
            parts.headers.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
        // Else Postmark puts its own in place of our Message-ID, and a second copy could not be told from the first.
        headers.push(json!({ "Name": "X-PM-KeepID", "Value": "true" }));
        let image = |image: &crate::message::Inline| {
            json!({
                "Name": image.file_name,
                "Content": STANDARD.encode(&image.bytes),
                "ContentType": image.content_type,
                "ContentID": format!("cid:{}", image.content_id),
            })
        };
        let mut body = json!({
            "From": email.from.quoted(&parts.from),
            "To": email.to.quoted(&parts.to),
            "Subject": email.subject,
            "TextBody": email.text,
            "HtmlBody": email.html,
            "Headers": headers,
            "Attachments": email.inline.iter().map(image).collect::<Vec<_>>(),
            "TrackOpens": false,
            "TrackLinks": "None",
        });
        if let (Some(reply_to), Some(address)) = (&email.reply_to, &parts.reply_to) {
            body["ReplyTo"] = reply_to.quoted(address).into();
        }
        if let Some(stream) = &self.message_stream {
            body["MessageStream"] = stream.as_str().into();
        }
        Ok(body)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Said {
    error_code: u32,
    message: String,
    #[serde(rename = "MessageID")]
    message_id: Option<String>,
}

impl Api for Postmark {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn after_doubt(&self) -> AfterDoubt {
        self.after_doubt
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.server_token]
    }

    fn request(&self, client: &HttpClient, message: &Message) -> Result<RequestBuilder, SendError> {
        Ok(self.call(client, Method::POST, "/email")?.json(&self.body(email(message, "Postmark")?)?))
    }

    fn verdict(&self, client: &HttpClient, answer: &Answer) -> Result<Accepted, SendError> {
        let said: Said = answer.json().unwrap_or_default();
        if answer.is_success() && said.error_code == 0 {
            return Ok(Accepted { provider_id: said.message_id });
        }
        let detail = client.detail(answer, &format!("{} {}: {}", answer.status, said.error_code, said.message));
        // https://postmarkapp.com/developer/api/overview#error-codes
        Err(match said.error_code {
            // An address that bounced or complained before.
            406 => SendError::AddressInvalid { detail },
            300 if is_about_the_address(&said.message) => SendError::AddressInvalid { detail },
            // Not known, not confirmed.
            400 | 401 => SendError::SenderRefused { detail },
            // No such token, no credits, account not approved, no such stream.
            10 | 405 | 412 | 413 | 1221..=1236 => SendError::Misconfigured {
                detail: format!("{detail}; look at {KEYS}, `postmark.message_stream` and the account"),
            },
            // Maintenance.
            100 => SendError::Unavailable { detail, retry_after: answer.retry_after },
            _ => answer.refusal(detail, KEYS, "`postmark.endpoint`"),
        })
    }

    fn probe(&self, client: &HttpClient) -> Result<RequestBuilder, SendError> {
        self.call(client, Method::GET, "/server")
    }

    fn probed(&self, client: &HttpClient, answer: &Answer) -> Result<String, SendError> {
        self.verdict(client, answer).map(|_| "the token is that of a server".to_owned())
    }
}

/// `Invalid 'To' address: 'anna@example.com'.` What cannot be told to be no fault of the name beside it says nothing of the
/// address: `Error parsing 'To': Illegal email address 'Berg'.`
fn is_about_the_address(message: &str) -> bool {
    let address =
        message.strip_prefix("Invalid 'To' address: '").and_then(|rest| rest.trim_end_matches('.').strip_suffix('\''));
    address.is_some_and(is_address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::mails_for_tests::{client, mail_to, requested};

    fn postmark() -> Postmark {
        let config = config::Postmark {
            server_token: Some(config::Rotating::given("token")),
            endpoint: Some("https://api.postmarkapp.com".into()),
            ..Default::default()
        };
        Postmark::new(&config).unwrap()
    }

    #[test]
    fn a_name_never_ends_the_address_that_it_stands_beside() {
        for (name, written) in [
            ("Berg, Anna", "\"Berg, Anna\""),
            ("Anna \"Ann\" Berg; <b>", "\"Anna \\\"Ann\\\" Berg; <b>\""),
            ("Berg\\", "\"Berg\\\\\""),
        ] {
            let body = requested(&postmark(), mail_to(name));
            assert_eq!(body["To"], format!("{written} <anna@example.com>"));
            assert_eq!(body["From"], format!("{written} <cars@volta.example>"));
            assert_eq!(body["ReplyTo"], format!("{written} <help@volta.example>"));
        }
    }

    #[test]
    fn only_what_is_said_of_the_address_gives_it_up() {
        for (message, dead) in [
            ("Invalid 'To' address: 'o'neil@example.ie'.", true),
            ("Invalid 'To' address: '\"Berg, Anna\" <anna@example.com>'.", false),
            ("Error parsing 'To': Illegal email address 'Berg'. It must contain the '@' symbol.", false),
            ("Invalid 'From' address: 'cars@volta.example'.", false),
        ] {
            let body = json!({ "ErrorCode": 300, "Message": message });
            let refused = postmark().verdict(&client(), &Answer::of(422, body.to_string().as_bytes())).unwrap_err();
            assert_eq!(matches!(refused, SendError::AddressInvalid { .. }), dead, "{message}: {refused}");
            assert!(dead || matches!(refused, SendError::Permanent { .. }), "{message}: {refused}");
        }
    }
}
