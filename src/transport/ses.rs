//! Amazon SES, by its API v2 (`SendEmail` with a raw message), signed by Signature Version 4.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::json;

use super::api::{Api, email, needed, token};
use super::http_client::{Answer, HttpClient, misconfigured};
use super::{Accepted, AfterDoubt, SendError};
use crate::config::{self, Secret};
use crate::message::Message;

const KEYS: &str = "`ses.access_key_id`, `ses.secret_access_key`, `ses.region`, and what the key's user may do";

#[derive(Debug)]
pub(super) struct Ses {
    region: String,
    access_key_id: Secret,
    secret_access_key: Secret,
    session_token: Option<Secret>,
    configuration_set: Option<String>,
    endpoint: String,
    after_doubt: AfterDoubt,
}

impl Ses {
    pub(super) const NAME: &'static str = "ses";

    pub(super) fn new(config: &config::Ses) -> Result<Self, SendError> {
        let region = needed(config.region.as_ref(), "ses.region")?.clone();
        let session_token = config.session_token.as_ref().map(|given| token(Some(given), "ses.session_token").cloned());
        Ok(Self {
            access_key_id: token(config.access_key_id.as_ref(), "ses.access_key_id")?.clone(),
            secret_access_key: token(config.secret_access_key.as_ref(), "ses.secret_access_key")?.clone(),
            session_token: session_token.transpose()?,
            configuration_set: config.configuration_set.clone(),
            endpoint: config.endpoint.clone().unwrap_or_else(|| format!("https://email.{region}.amazonaws.com")),
            after_doubt: config.after_doubt,
            region,
        })
    }

    fn call(
        &self,
        client: &HttpClient,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<RequestBuilder, SendError> {
        let url = format!("{}{path}", self.endpoint.trim_end_matches('/'));
        let headers = self.signature(&method, &url, &body, client.now())?;
        let mut request = client.request(method, &url).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(name, super::http_client::secret_header(&value)?);
        }
        Ok(request)
    }

    fn signature(
        &self,
        method: &Method,
        url: &str,
        body: &[u8],
        now: jiff::Timestamp,
    ) -> Result<Vec<(String, String)>, SendError> {
        let fault = |error: &dyn std::fmt::Display| misconfigured(format!("the request cannot be signed: {error}"));
        let token = self.session_token.as_ref().map(|token| token.expose().to_owned());
        let identity =
            Credentials::new(self.access_key_id.expose(), self.secret_access_key.expose(), token, None, "dashlight")
                .into();
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("ses")
            .time(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| fault(&error))?
            .into();
        let headers = [("content-type", "application/json")];
        let request = SignableRequest::new(method.as_str(), url, headers.into_iter(), SignableBody::Bytes(body))
            .map_err(|error| fault(&error))?;
        let (instructions, _) = sign(request, &parameters).map_err(|error| fault(&error))?.into_parts();
        Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    #[serde(rename = "MessageId")]
    message_id: Option<String>,
    #[serde(rename = "__type")]
    kind: Option<String>,
    #[serde(alias = "Message")]
    message: String,
}

impl Api for Ses {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn after_doubt(&self) -> AfterDoubt {
        self.after_doubt
    }

    fn secrets(&self) -> Vec<&Secret> {
        [&self.secret_access_key].into_iter().chain(&self.session_token).collect()
    }

    fn request(&self, client: &HttpClient, message: &Message) -> Result<RequestBuilder, SendError> {
        let mime = email(message, "SES")?.to_mime()?;
        let mut body = json!({
            "Destination": { "ToAddresses": [mime.to.to_string()] },
            "Content": { "Raw": { "Data": STANDARD.encode(&mime.bytes) } },
        });
        if let Some(set) = &self.configuration_set {
            body["ConfigurationSetName"] = set.as_str().into();
        }
        self.call(client, Method::POST, "/v2/email/outbound-emails", body.to_string().into_bytes())
    }

    fn verdict(&self, client: &HttpClient, answer: &Answer) -> Result<Accepted, SendError> {
        let said: Said = answer.json().unwrap_or_default();
        if answer.is_success() {
            return Ok(Accepted { provider_id: said.message_id });
        }
        // `MessageRejected:http://…` in the header, `namespace#MessageRejected` in the body.
        let kind = answer.header("x-amzn-errortype").or(said.kind.as_deref()).unwrap_or_default();
        let kind = kind.split(':').next().and_then(|kind| kind.rsplit('#').next()).unwrap_or_default();
        let detail = client.detail(answer, &format!("{} {kind}: {}", answer.status, said.message));
        if is_about_the_clock(kind, &said.message) {
            let clock = answer.odd_clock(client.now(), "Amazon's");
            let clock = clock.unwrap_or_else(|| "this machine's clock is off; set it".to_owned());
            return Err(misconfigured(format!("{detail}; {clock}")));
        }
        let misconfigured = |what: &str| misconfigured(format!("{detail}; look at {what}"));
        Err(match kind {
            "TooManyRequestsException" | "LimitExceededException" | "ThrottlingException" | "Throttling" => {
                SendError::Unavailable { detail, retry_after: answer.retry_after }
            }
            "AccountSuspendedException" | "SendingPausedException" => misconfigured("the account, which may not send"),
            "MailFromDomainNotVerifiedException" => SendError::SenderRefused { detail },
            // In the sandbox it says the same of a recipient, who cannot be told from the sender.
            "MessageRejected" if said.message.contains("not verified") => SendError::SenderRefused { detail },
            "NotFoundException" => misconfigured("`ses.configuration_set`"),
            "BadRequestException" if is_about_the_address(&said.message) => SendError::AddressInvalid { detail },
            "MessageRejected" | "BadRequestException" => SendError::Permanent { detail },
            "ExpiredTokenException" | "ExpiredToken" => misconfigured("`ses.session_token`, which has expired"),
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "MissingAuthenticationToken" => misconfigured(KEYS),
            _ => answer.refusal(detail, KEYS, "`ses.region` and `ses.endpoint`"),
        })
    }

    fn probe(&self, client: &HttpClient) -> Result<RequestBuilder, SendError> {
        self.call(client, Method::GET, "/v2/email/account", Vec::new())
    }

    fn probed(&self, client: &HttpClient, answer: &Answer) -> Result<String, SendError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Account {
            sending_enabled: bool,
            production_access_enabled: bool,
        }
        self.verdict(client, answer)?;
        match answer.json() {
            Some(Account { sending_enabled: false, .. }) => Err(misconfigured("the account may not send")),
            Some(Account { production_access_enabled: false, .. }) => {
                Ok("the account may send, but only to verified addresses: it is in the sandbox".to_owned())
            }
            _ => Ok(format!("the account may send from {}", self.region)),
        }
    }
}

/// A signature holds for five minutes. Which of the two clocks is off, `Date` tells; the keys are good.
fn is_about_the_clock(kind: &str, message: &str) -> bool {
    let refused = ["InvalidSignatureException", "SignatureDoesNotMatch"].contains(&kind);
    let odd_time = ["Signature expired", "Signature not yet current"].iter().any(|words| message.contains(words));
    ["RequestExpired", "RequestTimeTooSkewed"].contains(&kind) || (refused && odd_time)
}

/// SES has one exception for every fault of a request, and tells them apart by its words.
fn is_about_the_address(message: &str) -> bool {
    [
        "Missing final '@domain'",
        "Illegal address",
        "Invalid domain name",
        "Domain contains",
        "Domain starts",
        "Domain ends",
    ]
    .iter()
    .any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use reqwest::header::{DATE, HeaderValue};

    use super::*;
    use crate::clock::ManualClock;
    use crate::transport::mails_for_tests::{mail_to, requested};

    /// What is told of a refusal that was written at this time, by a machine where it is six o'clock.
    fn told(kind: &str, message: &str, date: Option<&'static str>) -> String {
        let clock = ManualClock::at("2026-11-27T06:00:00Z".parse().unwrap());
        let client = HttpClient::new(&config::Network { max_connections: 1, ..Default::default() }, Arc::new(clock));
        let key = || Some(config::Rotating::given("k"));
        let ses = Ses::new(&config::Ses {
            region: Some("eu-central-1".to_owned()),
            access_key_id: key(),
            secret_access_key: key(),
            ..config::Ses::default()
        });
        let mut answer = Answer::of(403, format!(r#"{{"__type":"{kind}","message":"{message}"}}"#).as_bytes());
        answer.headers.extend(date.map(|date| (DATE, HeaderValue::from_static(date))));
        match ses.unwrap().verdict(&client.unwrap(), &answer) {
            Err(SendError::Misconfigured { detail }) => detail,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_clock_that_is_off_is_told_by_how_far_and_no_key_is_blamed() {
        let expired =
            "Signature expired: 20261127T060000Z is now earlier than 20261127T061000Z (20261127T061500Z - 5 min.)";
        let late = Some("Fri, 27 Nov 2026 06:15:00 GMT");
        let behind = "; this machine's clock is 900 s behind Amazon's; set it";
        for (kind, message) in [
            ("InvalidSignatureException", expired),
            ("SignatureDoesNotMatch", expired),
            ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
            ("RequestExpired", "Request has expired."),
        ] {
            let told = told(kind, message, late);
            assert!(told.ends_with(behind) && !told.contains("access_key"), "{told}");
        }
        let early = "Signature not yet current: 20261127T060000Z is still later than 20261127T055500Z";
        let ahead = told("InvalidSignatureException", early, Some("Fri, 27 Nov 2026 05:50:00 GMT"));
        assert!(ahead.ends_with("; this machine's clock is 600 s ahead of Amazon's; set it"), "{ahead}");
        assert!(told("RequestExpired", "", None).ends_with("; this machine's clock is off; set it"));
        let wrong = told("InvalidSignatureException", "The request signature we calculated does not match", late);
        assert!(wrong.contains("look at `ses.access_key_id`") && !wrong.contains("clock"), "{wrong}");
    }

    #[test]
    fn a_name_never_ends_the_address_that_it_stands_beside() {
        let config = config::Ses {
            region: Some("eu-central-1".into()),
            access_key_id: Some(config::Rotating::given("AKIDEXAMPLE")),
            secret_access_key: Some(config::Rotating::given("secret")),
            ..Default::default()
        };
        let ses = Ses::new(&config).unwrap();
        for name in ["Berg, Anna", "Anna \"Ann\" Berg; <b>"] {
            let body = requested(&ses, mail_to(name));
            assert_eq!(body["Destination"], json!({ "ToAddresses": ["anna@example.com"] }));
            let raw = STANDARD.decode(body["Content"]["Raw"]["Data"].as_str().unwrap()).unwrap();
            let raw = String::from_utf8(raw).unwrap();
            // Encoded (RFC 2047), nothing of it is a separator.
            let encoded = STANDARD.encode(name);
            assert!(raw.contains(&format!("\r\nTo: =?utf-8?b?{encoded}?= <anna@example.com>\r\n")), "{raw}");
        }
    }
}
