//! The access token: fetched by one for all, kept until shortly before it runs out.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::super::SendError;
use super::super::http_client::{Answer, HttpClient, misconfigured};
use super::account::Account;
use crate::config::Secret;

/// A token is renewed this long before it runs out, so that none does on its way.
const EARLY: Duration = Duration::from_mins(5);
/// A token that claims to hold longer is renewed after this.
const LONGEST_LIFE: Duration = Duration::from_hours(1);

const GRANT: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";

/// The token that all sends share.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    token: Option<(Secret, Instant)>,
    /// When fetching one failed last, and why.
    failure: Option<(Instant, SendError)>,
}

#[derive(Debug, Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Denied {
    error: String,
    error_description: String,
}

impl Tokens {
    /// The token; whoever finds none fetches it while the others wait. A failure is everybody's who waited for it.
    pub(super) async fn get(&self, account: &Account, client: &HttpClient) -> Result<Secret, SendError> {
        let asked = Instant::now();
        let mut known = self.0.lock().await;
        if let Some((token, until)) = &known.token
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        if let Some((at, error)) = &known.failure
            && *at >= asked
        {
            return Err(error.clone());
        }
        match fetch(account, client).await {
            Ok((token, life)) => {
                known.token = Some((token.clone(), Instant::now() + life));
                Ok(token)
            }
            Err(error) => {
                known.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Forgets this token, which was refused; one that was fetched meanwhile stays.
    pub(super) async fn forget(&self, refused: &Secret) {
        let mut known = self.0.lock().await;
        if known.token.as_ref().is_some_and(|(token, _)| token == refused) {
            known.token = None;
        }
    }
}

/// RFC 7523 §2.1. No message hangs on this request, so that its failure leaves no doubt.
async fn fetch(account: &Account, client: &HttpClient) -> Result<(Secret, Duration), SendError> {
    let assertion = account.assertion(client.now()).map_err(|error| misconfigured(error.to_string()))?;
    // The characters of a JWT need no escaping.
    let body = format!("grant_type={GRANT}&assertion={assertion}");
    let request = client
        .request(Method::POST, &account.token_url)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    let answer = client.ask(request).await.map_err(|error| match error {
        SendError::Unknown { detail, retry_after } => SendError::Unavailable { detail, retry_after },
        other => other,
    })?;
    let answer = answer.hiding_secret(&assertion);
    if !answer.is_success() {
        return Err(denied(&answer, client));
    }
    granted(&answer)
}

fn granted(answer: &Answer) -> Result<(Secret, Duration), SendError> {
    let granted: Granted = serde_json::from_slice(&answer.body).map_err(|error| {
        if error.is_eof() {
            let detail = "the answer of Google's token endpoint broke off".to_owned();
            return SendError::Unavailable { detail, retry_after: answer.retry_after };
        }
        misconfigured("the answer of Google's token endpoint holds no token; look at `fcm.token_endpoint`")
    })?;
    let life = Duration::from_secs(granted.expires_in).min(LONGEST_LIFE);
    Ok((Secret::new(granted.access_token), life.saturating_sub(EARLY).max(life / 2)))
}

fn denied(answer: &Answer, client: &HttpClient) -> SendError {
    let said: Denied = answer.json().unwrap_or_default();
    let detail =
        client.detail(answer, &format!("no token: {} {}: {}", answer.status, said.error, said.error_description));
    match answer.status {
        408 | 429 | 500.. => SendError::Unavailable { detail, retry_after: answer.retry_after },
        _ => misconfigured(format!("{detail}; {}", remedy(&said, answer.odd_clock(client.now(), "Google's")))),
    }
}

fn remedy(said: &Denied, odd_clock: Option<String>) -> String {
    odd_clock.unwrap_or_else(|| {
        let told = match said.error.as_str() {
            "invalid_grant" => {
                "the key in `fcm.service_account` was deleted, or its account is disabled; generate a new one in the \
                 Firebase console"
            }
            _ => "look at `fcm.service_account`",
        };
        told.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_clock_is_named_before_the_key_is_blamed() {
        let said = Denied { error: "invalid_grant".into(), error_description: String::new() };
        assert_eq!(remedy(&said, Some("the clock is off".to_owned())), "the clock is off");
        assert!(remedy(&said, None).contains("was deleted"));
    }

    #[test]
    fn an_answer_that_breaks_off_is_the_networks_and_one_without_a_token_a_persons() {
        let whole = br#"{"access_token":"ya29.a","expires_in":3599}"#;
        let (token, life) = granted(&Answer::of(200, whole)).unwrap();
        assert_eq!((token.expose(), life), ("ya29.a", Duration::from_secs(3299)));
        for end in 0..whole.len() {
            let broken = granted(&Answer::of(200, &whole[..end])).unwrap_err();
            assert!(matches!(broken, SendError::Unavailable { .. }), "{end}: {broken}");
        }
        for other in ["<html>", "{}", "[]", r#"{"token":"x"}"#] {
            let none = granted(&Answer::of(200, other.as_bytes())).unwrap_err();
            assert!(matches!(none, SendError::Misconfigured { .. }), "{other}: {none}");
        }
    }
}
