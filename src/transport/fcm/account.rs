//! The key file of a Google service account, read strictly: most of what goes wrong with FCM is the wrong file.

use serde_json::{Value, json};
use url::Url;

use super::super::SendError;
use super::super::http_client::misconfigured;
use super::super::jwt::{NoRandomness, SigningKey};
use crate::config::{self, Secret};
use jiff::Timestamp;

const KEY: &str = "`fcm.service_account`";
const REMEDY: &str = "in the Firebase console, under project settings, service accounts, generate a new private key";
/// What we ask to be allowed.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// Seconds for which an assertion holds: the most that Google takes.
const ASSERTION_HOLDS: i64 = 3_600;

/// Who we are to Google.
pub(super) struct Account {
    pub(super) project: String,
    /// Where an assertion is exchanged for a token.
    pub(super) token_url: String,
    email: String,
    key_id: Option<String>,
    key: SigningKey,
}

impl Account {
    /// Fails with [`SendError::Misconfigured`].
    pub(super) fn read(file: &Secret, config: &config::Fcm) -> Result<Self, SendError> {
        let json: Value = serde_json::from_str(file.expose()).map_err(|_| {
            misconfigured(format!("{KEY} is not JSON; expected a service account's key file: {REMEDY}"))
        })?;
        if json.get("project_info").is_some() {
            return Err(misconfigured(format!(
                "{KEY} is the app's `google-services.json`, not a service account: {REMEDY}"
            )));
        }
        match json["type"].as_str() {
            Some("service_account") => {}
            Some(kind) => {
                let kind: String = kind.chars().take(40).collect();
                return Err(misconfigured(format!(
                    "{KEY} is of the type `{kind}`; expected `service_account`: {REMEDY}"
                )));
            }
            None => {
                return Err(misconfigured(format!(
                    "{KEY} has no `type`; expected a service account's key file: {REMEDY}"
                )));
            }
        }
        let text = |name: &str| match json[name].as_str().map(str::trim) {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(misconfigured(format!("{KEY} has no `{name}`; the file is damaged: {REMEDY}"))),
        };
        let key = SigningKey::rs256(&text("private_key")?)
            .map_err(|fault| misconfigured(format!("the `private_key` in {KEY} {fault}: {REMEDY}")))?;
        let token_url = config.token_endpoint.clone().map_or_else(|| text("token_uri"), Ok)?;
        if config.token_endpoint.is_none() && !is_https(&token_url) {
            return Err(misconfigured(format!("the `token_uri` in {KEY} is no https URL: {REMEDY}")));
        }
        Ok(Self {
            project: project(text("project_id")?, config.project_id.as_deref())?,
            token_url,
            email: text("client_email")?,
            key_id: text("private_key_id").ok(),
            key,
        })
    }

    /// What is exchanged for a token (RFC 7523).
    pub(super) fn assertion(&self, now: Timestamp) -> Result<String, NoRandomness> {
        let claims = json!({
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.token_url,
            "iat": now.as_second(),
            "exp": now.as_second() + ASSERTION_HOLDS,
        });
        self.key.sign(self.key_id.as_deref(), &claims)
    }
}

fn is_https(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.scheme() == "https" && url.username().is_empty() && url.password().is_none())
}

/// It becomes a part of a path.
fn project(of_account: String, configured: Option<&str>) -> Result<String, SendError> {
    if !of_account.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '.' | ':')) {
        return Err(misconfigured(format!("the `project_id` in {KEY} is no project's id: {REMEDY}")));
    }
    match configured {
        Some(configured) if configured != of_account => Err(misconfigured(format!(
            "{KEY} belongs to the project `{of_account}`, but `fcm.project_id` is `{configured}`; use a key of that project, or \
             leave `fcm.project_id` out"
        ))),
        _ => Ok(of_account),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::keys_for_tests::{EC_PEM, RSA_PEM};

    fn file(change: impl FnOnce(&mut Value)) -> Secret {
        let mut json = json!({
            "type": "service_account",
            "project_id": "chargeup-1",
            "private_key_id": "k1",
            "private_key": RSA_PEM,
            "client_email": "push@chargeup-1.iam.gserviceaccount.example",
            "token_uri": "https://oauth2.example/token",
        });
        change(&mut json);
        Secret::new(json.to_string())
    }

    fn fault(file: &Secret, config: &config::Fcm) -> String {
        match Account::read(file, config).err().expect("a fault") {
            SendError::Misconfigured { detail } => detail,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_wrong_file_is_told_by_what_it_is() {
        let told = |file: &Secret| fault(file, &config::Fcm::default());
        for (file, told_as) in [
            (Secret::new(RSA_PEM), "`fcm.service_account` is not JSON"),
            (Secret::new("{}"), "`fcm.service_account` has no `type`"),
            (Secret::new(r#"{"project_info":{"project_id":"a"}}"#), "is the app's `google-services.json`"),
            (file(|json| json["type"] = "authorized_user".into()), "is of the type `authorized_user`"),
            (file(|json| json["private_key"] = EC_PEM.into()), "holds an elliptic-curve key; expected an RSA key"),
            (file(|json| json["private_key"] = "x".into()), "holds no private key in PEM"),
            (file(|json| json["client_email"] = " ".into()), "has no `client_email`"),
            (file(|json| json["project_id"] = "../x".into()), "is no project's id"),
            (file(|json| json["token_uri"] = "http://oauth2.example/token".into()), "is no https URL"),
            (file(|json| json["token_uri"] = "https://me:pw@oauth2.example/".into()), "is no https URL"),
        ] {
            let told = told(&file);
            assert!(told.contains(told_as) && told.contains("Firebase console"), "{told}");
            assert!(!told.contains("MII"), "{told}");
        }
    }

    #[test]
    fn an_account_of_another_project_is_found_at_the_start() {
        let config = config::Fcm { project_id: Some("fleet".into()), ..config::Fcm::default() };
        assert_eq!(
            fault(&file(|_| {}), &config),
            "`fcm.service_account` belongs to the project `chargeup-1`, but `fcm.project_id` is `fleet`; use a key of that \
             project, or leave `fcm.project_id` out"
        );
    }
}
