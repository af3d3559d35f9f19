//! What a push service's answer means (RFC 8030, RFC 8292, and what WNS makes of them).

use super::super::http_client::Answer;
use super::super::{Accepted, SendError};

const KEYS: &str = "`webpush.private_key`, `webpush.public_key` and `webpush.subject`";
const OTHER_KEY: &str = "the subscription was probably made with another key than `webpush.public_key`";

/// `proven`: some service has accepted our signature, so the keys are good.
pub(super) fn verdict(answer: &Answer, detail: String, proven: bool) -> Result<Accepted, SendError> {
    if answer.is_success() {
        return Ok(Accepted { provider_id: answer.header("location").and_then(last_part) });
    }
    let retry_after = answer.retry_after;
    Err(match answer.status {
        404 | 410 => SendError::AddressInvalid { detail },
        // Or the service is in trouble, or this machine's clock: only 404 and 410 say that a subscription is dead.
        401 | 403 if proven => SendError::Transient { detail: format!("{detail}; {OTHER_KEY}"), retry_after },
        401 | 403 => SendError::Misconfigured { detail: format!("{detail}; look at {KEYS}") },
        // WNS throttles with 406. It throttles a subscription or its service; others are not concerned.
        406 | 408 | 425 | 429 | 500..=599 => SendError::Transient { detail, retry_after },
        _ => SendError::Permanent { detail },
    })
}

/// What tells the message apart in the address of its receipt (RFC 8030 §5).
fn last_part(location: &str) -> Option<String> {
    let last = location.trim_end_matches('/').rsplit('/').next()?;
    Some(last).filter(|id| !id.is_empty() && id.len() <= 256 && !id.contains('@')).map(str::to_owned)
}
