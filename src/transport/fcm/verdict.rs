//! What FCM's answers mean. Its own error code decides, not the status: a 404 may be a dead token or a wrong project.

use std::time::Duration;

use serde::Deserialize;

use super::super::http_client::{Answer, misconfigured};
use super::super::{Accepted, SendError};

const KEYS: &str =
    "`fcm.service_account`, `fcm.project_id`, and whether the Firebase Cloud Messaging API is enabled for the project";

/// A project's quota is one for each minute; Google asks for so long a wait where it names none.
const QUOTA_REFILLED: Duration = Duration::from_mins(1);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reply {
    /// `projects/ID/messages/ID`, of a message that was accepted.
    name: Option<String>,
    error: Fault,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fault {
    status: String,
    message: String,
    details: Vec<Detail>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    error_code: Option<String>,
    field_violations: Vec<Violation>,
    /// Of a `google.rpc.QuotaFailure`.
    violations: Vec<Exceeded>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Exceeded {
    subject: String,
    description: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Violation {
    field: String,
}

/// <https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode>
pub(super) fn verdict(answer: &Answer, hide: impl Fn(&str) -> String) -> Result<Accepted, SendError> {
    let reply: Reply = answer.json().unwrap_or_default();
    if answer.is_success() {
        let id = reply.name.as_deref().and_then(|name| name.rsplit('/').next()).filter(|id| !id.is_empty());
        return Ok(Accepted { provider_id: id.map(str::to_owned) });
    }
    let fault = reply.error;
    let code = fault.code();
    let detail = hide(&format!("{} {code}: {}", answer.status, fault.message));
    let retry_after = answer.retry_after;
    Err(match code {
        "UNREGISTERED" => SendError::AddressInvalid { detail },
        "INVALID_ARGUMENT" if fault.is_about_the_address() => SendError::AddressInvalid { detail },
        "INVALID_ARGUMENT" => SendError::Permanent { detail },
        "SENDER_ID_MISMATCH" => {
            SendError::Permanent { detail: format!("{detail}; the device registered with another Firebase project") }
        }
        "THIRD_PARTY_AUTH_ERROR" => misconfigured(format!(
            "{detail}; in the Firebase console, under project settings, cloud messaging, renew the APNs key or the Web Push \
             certificate"
        )),
        "QUOTA_EXCEEDED" | "RESOURCE_EXHAUSTED" if fault.is_about_one_device() => {
            SendError::Transient { detail, retry_after }
        }
        "QUOTA_EXCEEDED" | "RESOURCE_EXHAUSTED" => {
            SendError::Unavailable { detail, retry_after: retry_after.or(Some(QUOTA_REFILLED)) }
        }
        // It may have been taken over all the same: nobody else must send it.
        "UNAVAILABLE" | "INTERNAL" => SendError::Unknown { detail, retry_after },
        _ => answer.refusal(detail, KEYS, "`fcm.project_id` and `fcm.endpoint`"),
    })
}

/// Whether the token that we came with was refused. Apple's key or the Web Push certificate of the project, which the same
/// status stands for, are no better with another token.
pub(super) fn is_about_our_token(answer: &Answer) -> bool {
    answer.status == 401 && answer.json::<Reply>().is_none_or(|reply| reply.error.code() != "THIRD_PARTY_AUTH_ERROR")
}

impl Fault {
    /// FCM's own code, else Google's.
    fn code(&self) -> &str {
        self.details.iter().find_map(|detail| detail.error_code.as_deref()).unwrap_or(&self.status)
    }

    /// Beside the project's quota there is one for each device, which one code stands for too; others are not concerned.
    fn is_about_one_device(&self) -> bool {
        let told = |word: &str, text: &str| text.to_lowercase().contains(word);
        let mut exceeded = self.details.iter().flat_map(|detail| &detail.violations).peekable();
        if exceeded.peek().is_some() {
            return exceeded.all(|quota| told("device", &quota.subject) || told("device", &quota.description));
        }
        told("device message rate", &self.message)
    }

    /// The same code stands for a token that is none and for a message that is none; what tells them apart is the field.
    fn is_about_the_address(&self) -> bool {
        let mut fields = self.details.iter().flat_map(|detail| &detail.field_violations).peekable();
        if fields.peek().is_some() {
            return fields.all(|violation| matches!(violation.field.as_str(), "message.token" | "message.fid"));
        }
        let message = self.message.to_lowercase();
        ["registration token", "installation id", "message.token", "message.fid"]
            .iter()
            .any(|word| message.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(status: u16, body: &Value) -> Result<Accepted, SendError> {
        let answer = Answer::of(status, body.to_string().as_bytes());
        verdict(&answer, str::to_owned)
    }

    fn fault(status: u16, code: &str, message: &str, details: &Value) -> SendError {
        let body = json!({ "error": { "code": status, "status": code, "message": message, "details": details } });
        told(status, &body).expect_err("a fault")
    }

    fn fcm(code: &str) -> Value {
        json!([{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code }])
    }

    fn fields(field: &str) -> Value {
        json!([{ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{ "field": field, "description": "x" }] }])
    }

    #[test]
    fn the_message_is_known_by_the_last_part_of_its_name() {
        let accepted = told(200, &json!({ "name": "projects/chargeup/messages/0:1500415314455276%31bd1c96" }));
        assert_eq!(accepted.unwrap().provider_id.as_deref(), Some("0:1500415314455276%31bd1c96"));
    }

    #[test]
    fn a_dead_or_impossible_token_is_an_invalid_address() {
        let token = "The registration token is not a valid FCM registration token";
        for fault in [
            fault(404, "NOT_FOUND", "Requested entity was not found.", &fcm("UNREGISTERED")),
            fault(400, "INVALID_ARGUMENT", token, &fcm("INVALID_ARGUMENT")),
            fault(400, "INVALID_ARGUMENT", "x", &fields("message.token")),
            fault(400, "INVALID_ARGUMENT", "x", &fields("message.fid")),
        ] {
            assert!(matches!(fault, SendError::AddressInvalid { .. }), "{fault:?}");
        }
    }

    #[test]
    fn a_message_that_is_none_is_refused_and_blames_no_device() {
        for fault in [
            fault(
                400,
                "INVALID_ARGUMENT",
                "Invalid value at 'message.data[0].value'",
                &fields("message.data[0].value"),
            ),
            fault(400, "INVALID_ARGUMENT", "Android message is too big", &fcm("INVALID_ARGUMENT")),
            fault(403, "PERMISSION_DENIED", "SenderId mismatch", &fcm("SENDER_ID_MISMATCH")),
        ] {
            assert!(matches!(fault, SendError::Permanent { .. }), "{fault:?}");
        }
    }

    #[test]
    fn what_a_person_has_to_mend_names_the_key_to_look_at() {
        for (fault, named) in [
            (fault(401, "UNAUTHENTICATED", "x", &json!([])), "fcm.service_account"),
            (fault(403, "PERMISSION_DENIED", "x", &json!([])), "fcm.project_id"),
            (fault(404, "NOT_FOUND", "x", &json!([])), "fcm.project_id"),
            (fault(401, "UNAUTHENTICATED", "x", &fcm("THIRD_PARTY_AUTH_ERROR")), "Firebase console"),
        ] {
            assert!(matches!(&fault, SendError::Misconfigured { detail } if detail.contains(named)), "{fault:?}");
        }
    }

    #[test]
    fn what_passes_is_tried_again_and_by_nobody_else_where_it_may_have_been_accepted() {
        for fault in
            [fault(503, "UNAVAILABLE", "x", &fcm("UNAVAILABLE")), fault(500, "INTERNAL", "x", &fcm("INTERNAL"))]
        {
            assert!(matches!(fault, SendError::Unknown { .. }), "{fault:?}");
        }
        let gateway = told(503, &json!("no object"));
        assert!(matches!(gateway, Err(SendError::Unavailable { .. })), "{gateway:?}");
    }

    #[test]
    fn only_a_refusal_of_our_own_token_is_one() {
        let refused = |code: &str| {
            let body = json!({ "error": { "status": "UNAUTHENTICATED", "details": fcm(code) } });
            is_about_our_token(&Answer::of(401, body.to_string().as_bytes()))
        };
        assert!(is_about_our_token(&Answer::of(401, b"")));
        assert!(refused("UNAUTHENTICATED"));
        assert!(!refused("THIRD_PARTY_AUTH_ERROR"));
        assert!(!is_about_our_token(&Answer::of(403, b"")));
    }

    #[test]
    fn a_device_that_gets_too_much_is_no_fault_of_the_projects() {
        let quota = |subject: &str, description: &str| {
            json!([
                { "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "QUOTA_EXCEEDED" },
                { "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                  "violations": [{ "subject": subject, "description": description }] },
            ])
        };
        let told = |message: &str, details: &Value| fault(429, "RESOURCE_EXHAUSTED", message, details);
        for one in [
            told("x", &quota("device:1", "x")),
            told("x", &quota("", "Device message rate exceeded")),
            told("Device message rate exceeded.", &fcm("QUOTA_EXCEEDED")),
        ] {
            assert!(matches!(one, SendError::Transient { .. }), "{one:?}");
        }
        for all in [
            told("x", &quota("project:chargeup", "Message rate exceeded")),
            told("Message rate exceeded.", &fcm("QUOTA_EXCEEDED")),
            told("x", &json!([])),
        ] {
            let wait = Some(QUOTA_REFILLED);
            assert!(matches!(all, SendError::Unavailable { retry_after, .. } if retry_after == wait), "{all:?}");
        }
    }
}
