//! One question to the endpoint, and what its answer means.
//!
//! An answer about one owner (unknown, malformed) holds for that owner; one about the endpoint (down, denied, no JSON)
//! is an error, for which events wait rather than fill the dead-letter queue.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;

use super::DirectoryError;
use super::credentials::Credentials;
use super::{fields, nobody};
use crate::config::{self, Fields, Network, Sign};
use crate::event::Recipient;
use crate::network::{self, End};

/// Bytes of an answer that are read.
pub(super) const LONGEST_ANSWER: usize = 64 << 10;
/// All but the unreserved characters of RFC 3986, so that an id stays one segment or one value.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(super) struct Questioner {
    client: Client,
    template: String,
    fields: Fields,
    /// What it says of an owner whom it does not know.
    unknown: Vec<Sign>,
    credentials: Credentials,
    timeout: std::time::Duration,
}

impl Questioner {
    /// `template` is a URL with `{app}` and `{id}`.
    pub(super) fn new(template: &str, config: &config::Directory, network: &Network) -> Result<Self, DirectoryError> {
        let (connect_timeout, timeout) = (network.connect_timeout.min(config.timeout), config.timeout);
        let client = network::client(&Network { connect_timeout, timeout, ..network.clone() }, |builder| builder)
            .map_err(DirectoryError::Denied)?;
        let (template, fields, unknown) = (template.to_owned(), config.fields.clone(), config.unknown.clone());
        Ok(Self { client, template, fields, unknown, credentials: Credentials::new(config), timeout })
    }

    pub(super) async fn ask(&self, app: &str, id: &str) -> Result<Option<Recipient>, DirectoryError> {
        let encoded = |text| utf8_percent_encode(text, RESERVED).to_string();
        let url = self.template.replace("{app}", &encoded(app)).replace("{id}", &encoded(id));
        let request = self.client.get(url).header("accept", "application/json");
        let request = self.credentials.show(request).await?;
        let response = request.send().await.map_err(|error| self.failure(&error))?;
        match response.status() {
            StatusCode::OK => self.read(response, id).await,
            StatusCode::NOT_FOUND | StatusCode::GONE => self.nobody(response).await,
            status @ (StatusCode::BAD_REQUEST | StatusCode::URI_TOO_LONG | StatusCode::UNPROCESSABLE_ENTITY) => {
                tracing::warn!(%status, app, "the directory refuses an owner's id; the owner counts as unknown");
                Ok(None)
            }
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Err(DirectoryError::Denied(format!(
                "it answers {status}; look at `directory.bearer` and `directory.headers`"
            ))),
            status => Err(DirectoryError::Unavailable(format!("it answers {status}"))),
        }
    }

    async fn read(&self, response: Response, id: &str) -> Result<Option<Recipient>, DirectoryError> {
        let body = match network::body(response, LONGEST_ANSWER).await {
            (body, End::Whole) => body,
            (body, End::Capped) => {
                return unusable(
                    &body,
                    &format!("its answer is longer than {LONGEST_ANSWER} bytes; look at `directory.url`"),
                );
            }
            (_, End::Broken(error)) => return Err(self.failure(&error)),
        };
        let value: Value = match serde_json::from_slice(&body) {
            Ok(value) => value,
            Err(error) => return unusable(&body, &format!("its answer is not JSON (line {})", error.line())),
        };
        match fields::pick(&self.fields, value) {
            Ok(None) => Ok(None),
            Ok(Some(owner)) => match Recipient::from_directory(owner, id) {
                Ok(recipient) => Ok(Some(recipient)),
                Err(reject) => Ok(unknown(&reject.to_string())),
            },
            Err(fault) => Ok(unknown(&fault)),
        }
    }

    /// The directory knows no such owner; or what answers is not the directory, but a gateway that has lost it.
    async fn nobody(&self, response: Response) -> Result<Option<Recipient>, DirectoryError> {
        let status = response.status();
        let (body, _) = network::body(response, LONGEST_ANSWER).await;
        match nobody::lost(&self.unknown, status.as_u16(), &body) {
            Some(why) => Err(DirectoryError::Unavailable(format!("it answers {status}, {why}"))),
            None => Ok(None),
        }
    }

    /// Why a request failed, without its URL, which names the owner.
    fn failure(&self, error: &reqwest::Error) -> DirectoryError {
        if let Some(fault) = network::certificate_fault(error) {
            return DirectoryError::Denied(format!("TLS: {fault}"));
        }
        DirectoryError::Unavailable(if error.is_timeout() {
            format!("no answer within {:?}", self.timeout)
        } else {
            network::reason(error)
        })
    }
}

/// What begins like an object is about this owner, whose neighbours must not wait for it; a page is about the endpoint.
fn unusable(body: &[u8], fault: &str) -> Result<Option<Recipient>, DirectoryError> {
    if body.trim_ascii_start().starts_with(b"{") {
        Ok(unknown(fault))
    } else {
        Err(DirectoryError::Unavailable(fault.to_owned()))
    }
}

fn unknown(fault: &str) -> Option<Recipient> {
    tracing::warn!(fault, "the directory's answer about an owner cannot be used; the owner counts as unknown");
    None
}
