//! What Apple's answers mean; the reason decides, not the status.

use jiff::Timestamp;
use serde::Deserialize;

use super::super::http_client::{Answer, misconfigured};
use super::super::{Accepted, SendError};
use super::environment::{Environment, Stranger};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reply {
    pub(super) reason: String,
    /// Milliseconds; since when the token is dead.
    timestamp: Option<i64>,
}

/// <https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns>
///
/// Learns from it whether `environment` is the app's: as long as nobody knows, a token that is unknown to Apple may be one of the
/// other environment.
pub(super) fn verdict(
    answer: &Answer,
    token: &str,
    environment: &Environment,
    hide: impl Fn(&str) -> String,
) -> Result<Accepted, SendError> {
    // A token that has run out is one that Apple knew here.
    if answer.is_success() || answer.status == 410 {
        environment.proven();
    }
    if answer.is_success() {
        return Ok(Accepted { provider_id: answer.header("apns-id").map(str::to_owned) });
    }
    let reply: Reply = answer.json().unwrap_or_default();
    // Apple's reasons are words; a gateway's page is none.
    let known = reply.reason.len() < 60 && reply.reason.bytes().all(|byte| byte.is_ascii_alphabetic());
    let detail = hide(&format!("{} {}", answer.status, if known { &reply.reason } else { "" }));
    let retry_after = answer.retry_after;
    Err(match reply.reason.as_str() {
        "Unregistered" | "ExpiredToken" => SendError::AddressInvalid { detail: format!("{detail}{}", reply.since()) },
        "BadDeviceToken" | "MissingDeviceToken" => stranger(environment.stranger(token), detail),
        "DeviceTokenNotForTopic" => SendError::Permanent {
            detail: format!("{detail}; the device registered with another app than `apns.topic`"),
        },
        "TooManyRequests" => SendError::Transient { detail, retry_after },
        "ExpiredProviderToken" => {
            misconfigured(format!("{detail}; the token was signed lately, so this machine's clock is off; set it"))
        }
        "InvalidProviderToken" | "MissingProviderToken" => misconfigured(format!(
            "{detail}; look at `apns.signing_key`, `apns.key_id` and `apns.team_id`: they do not belong together, or the key was revoked"
        )),
        "BadEnvironmentKeyIdInToken" | "BadEnvironmentKeyInToken" => {
            misconfigured(format!("{detail}; the key of `apns.key_id` is not for `apns.environment`"))
        }
        "BadTopic" | "MissingTopic" | "TopicDisallowed" | "TopicMismatch" => {
            misconfigured(format!("{detail}; `apns.topic` is not the app's bundle id, or not one of the key's team"))
        }
        "TooManyProviderTokenUpdates" | "IdleTimeout" | "InternalServerError" | "ServiceUnavailable" | "Shutdown" => {
            SendError::Unavailable { detail, retry_after }
        }
        _ => answer.refusal(detail, "`apns.signing_key`, `apns.key_id` and `apns.team_id`", "`apns.endpoint`"),
    })
}

/// What a token means that Apple does not know.
fn stranger(stands_for: Stranger, detail: String) -> SendError {
    const QUESTION: &str = "is `apns.environment` the one that the app was built for?";
    match stands_for {
        Stranger::Alone => SendError::AddressInvalid { detail },
        Stranger::Undecided => SendError::Transient {
            detail: format!("{detail}; no device has taken a message yet, so it is not given up: {QUESTION}"),
            retry_after: None,
        },
        Stranger::LikeAll => misconfigured(format!("{detail}, as of every device that was tried: {QUESTION}")),
    }
}

impl Reply {
    fn since(&self) -> String {
        let since = self.timestamp.and_then(|at| Timestamp::from_millisecond(at).ok());
        since.map(|at| format!(" since {at:.0}")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(status: u16, reason: &str, token: &str, environment: &Environment) -> Result<Accepted, SendError> {
        let body = json!({ "reason": reason, "timestamp": 1_764_201_600_000_i64 }).to_string();
        verdict(&Answer::of(status, body.as_bytes()), token, environment, str::to_owned)
    }

    fn fault(status: u16, reason: &str) -> SendError {
        let environment = Environment::default();
        environment.proven();
        told(status, reason, "0a", &environment).expect_err("a fault")
    }

    #[test]
    fn a_dead_token_is_an_invalid_address_and_tells_since_when() {
        assert_eq!(
            fault(410, "Unregistered"),
            SendError::AddressInvalid { detail: "410 Unregistered since 2025-11-27T00:00:00Z".into() }
        );
        assert!(matches!(fault(410, "ExpiredToken"), SendError::AddressInvalid { .. }));
        assert!(matches!(fault(400, "BadDeviceToken"), SendError::AddressInvalid { .. }));
    }

    #[test]
    fn a_token_is_not_given_up_before_apple_knows_any_and_several_of_them_are_the_environment_s_fault() {
        let environment = Environment::default();
        let stranger = |token: &str| told(400, "BadDeviceToken", token, &environment).expect_err("a fault");
        for token in ["0a", "0a", "0a", "0b"] {
            let fault = stranger(token);
            assert!(matches!(&fault, SendError::Transient { .. }), "{token}: {fault:?}");
        }
        let fault = stranger("0c");
        assert!(
            matches!(&fault, SendError::Misconfigured { detail } if detail.contains("apns.environment")),
            "{fault:?}"
        );
        told(200, "", "0d", &environment).unwrap();
        assert!(matches!(stranger("0a"), SendError::AddressInvalid { .. }));
    }

    #[test]
    fn a_token_that_has_run_out_proves_the_environment() {
        for reason in ["Unregistered", "ExpiredToken"] {
            let environment = Environment::default();
            let dead = told(410, reason, "0a", &environment);
            assert!(matches!(dead, Err(SendError::AddressInvalid { .. })), "{dead:?}");
            let stranger = told(400, "BadDeviceToken", "0b", &environment);
            assert!(matches!(stranger, Err(SendError::AddressInvalid { .. })), "{stranger:?}");
        }
    }

    #[test]
    fn what_a_person_has_to_mend_names_the_key_to_look_at() {
        for (status, reason, key) in [
            (403, "InvalidProviderToken", "apns.key_id"),
            (403, "ExpiredProviderToken", "clock"),
            (403, "BadEnvironmentKeyInToken", "apns.environment"),
            (400, "TopicDisallowed", "apns.topic"),
            (403, "Forbidden", "apns.signing_key"),
            (404, "BadPath", "apns.endpoint"),
        ] {
            let fault = fault(status, reason);
            assert!(matches!(&fault, SendError::Misconfigured { detail } if detail.contains(key)), "{fault:?}");
        }
    }

    #[test]
    fn a_busy_device_is_no_fault_of_the_carrier_and_a_busy_carrier_no_fault_of_the_device() {
        assert!(matches!(fault(429, "TooManyRequests"), SendError::Transient { .. }));
        for (status, reason) in
            [(429, "TooManyProviderTokenUpdates"), (500, "InternalServerError"), (503, "Shutdown"), (503, "")]
        {
            assert!(matches!(fault(status, reason), SendError::Unavailable { .. }), "{reason}");
        }
    }

    #[test]
    fn a_message_that_apple_does_not_take_is_refused() {
        for (status, reason) in [(413, "PayloadTooLarge"), (400, "BadExpirationDate"), (400, "DeviceTokenNotForTopic")]
        {
            assert!(matches!(fault(status, reason), SendError::Permanent { .. }), "{reason}");
        }
    }
}
