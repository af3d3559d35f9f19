//! `[fcm]`, `[apns]` and `[webpush]`: the carriers to devices.

use url::Url;

use super::Rotating;
use super::carriers::{endpoint, secret};
use super::section::Section;
use super::setting::{choice, form, repeated};
use crate::resilience::Rate;

/// `[fcm]`: Firebase Cloud Messaging, HTTP v1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fcm {
    /// The key file of a service account, as JSON.
    pub service_account: Option<Rotating>,
    /// `None`: the account's own.
    pub project_id: Option<String>,
    pub endpoint: Option<String>,
    /// Where tokens are fetched. `None`: where the account says.
    pub token_endpoint: Option<String>,
    /// `None`: as fast as it goes.
    pub rate: Option<Rate>,
}

/// `[apns]`: Apple Push Notification service, under a provider token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Apns {
    /// The `.p8` file in PEM.
    pub signing_key: Option<Rotating>,
    pub key_id: Option<Rotating>,
    pub team_id: Option<String>,
    /// The app's bundle id.
    pub topic: Option<String>,
    pub environment: ApnsEnvironment,
    /// `None`: that of the environment.
    pub endpoint: Option<String>,
    /// `None`: as fast as it goes.
    pub rate: Option<Rate>,
}

/// Where an app's devices register: a build from the store or a developer's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ApnsEnvironment {
    #[default]
    Production,
    Sandbox,
}

/// `[webpush]`: Web Push with VAPID.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Webpush {
    /// PEM, or base64url as VAPID key generators print it.
    pub private_key: Option<Rotating>,
    /// What the app subscribes with (`applicationServerKey`), in base64url.
    pub public_key: Option<String>,
    /// `mailto:` or `https:`, where push services find us.
    pub subject: Option<String>,
    /// Names of push services: `push.example.com`, `*.example.com`.
    pub services: Vec<String>,
    /// Origins of push services of one's own, of which nothing is checked.
    pub trusted_origins: Vec<String>,
    /// `None`: as fast as it goes.
    pub rate: Option<Rate>,
}

pub(super) fn fcm(mut section: Section<'_>, base: &Fcm) -> Fcm {
    let fcm = Fcm {
        service_account: secret(&mut section, "service_account", "service_account_file", base.service_account.as_ref()),
        project_id: section.take("project_id").or_else(|| base.project_id.clone()),
        endpoint: endpoint(&mut section, "endpoint", base.endpoint.as_ref()),
        token_endpoint: endpoint(&mut section, "token_endpoint", base.token_endpoint.as_ref()),
        rate: section.take("rate").or(base.rate),
    };
    section.finish();
    fcm
}

pub(super) fn apns(mut section: Section<'_>, base: &Apns) -> Apns {
    let apns = Apns {
        signing_key: secret(&mut section, "signing_key", "signing_key_file", base.signing_key.as_ref()),
        key_id: secret(&mut section, "key_id", "key_id_file", base.key_id.as_ref()),
        team_id: section.take("team_id").or_else(|| base.team_id.clone()),
        topic: section.take("topic").or_else(|| base.topic.clone()),
        environment: section.take("environment").unwrap_or(base.environment),
        endpoint: endpoint(&mut section, "endpoint", base.endpoint.as_ref()),
        rate: section.take("rate").or(base.rate),
    };
    section.finish();
    apns
}

pub(super) fn webpush(mut section: Section<'_>, base: &Webpush) -> Webpush {
    // What an app has of everybody's was looked at there.
    let services: Option<Vec<String>> = section.take("services");
    let origins: Option<Vec<String>> = section.take("trusted_origins");
    for service in services.iter().flatten().filter(|service| !is_pattern(service)) {
        section.reject(
            "services",
            &format!("has {} in it; expected names such as `push.example.com` or `*.example.com`", repeated(service)),
        );
    }
    for origin in origins.iter().flatten().filter(|origin| !is_origin(origin)) {
        section.reject(
            "trusted_origins",
            &format!("has {} in it; expected origins such as `https://push.example.internal:8443`", repeated(origin)),
        );
    }
    let webpush = Webpush {
        private_key: secret(&mut section, "private_key", "private_key_file", base.private_key.as_ref()),
        public_key: section.take("public_key").or_else(|| base.public_key.clone()),
        subject: section.take::<Contact>("subject").map(|contact| contact.0).or_else(|| base.subject.clone()),
        services: services.unwrap_or_else(|| base.services.clone()),
        trusted_origins: origins.unwrap_or_else(|| base.trusted_origins.clone()),
        rate: section.take("rate").or(base.rate),
    };
    section.finish();
    webpush
}

fn is_pattern(service: &str) -> bool {
    let name = service.strip_prefix("*.").unwrap_or(service);
    service == "*" || (!name.contains('*') && matches!(url::Host::parse(name), Ok(url::Host::Domain(_))))
}

fn is_origin(text: &str) -> bool {
    let text = text.trim_end_matches('/');
    Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text)
}

choice!(
    ApnsEnvironment,
    "`production` or `sandbox`",
    [("production", ApnsEnvironment::Production), ("sandbox", ApnsEnvironment::Sandbox)]
);

form!(
    /// RFC 8292 §2.1.
    Contact,
    "`mailto:ADDRESS` or an https URL",
    r"^\s*([Mm][Aa][Ii][Ll][Tt][Oo]:.*@|[Hh][Tt][Tt][Pp][Ss]://)",
    |text| Url::parse(text).is_ok_and(|url| match url.scheme() {
        "mailto" => crate::message::is_address(url.path()),
        scheme => scheme == "https",
    })
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_service_is_named_and_an_origin_is_nothing_but_one() {
        for service in ["push.example.com", "*.example.com", "*"] {
            assert!(is_pattern(service), "{service}");
        }
        for service in ["", "*.", "*example.com", "a.*.example", "https://push.example", "10.0.0.1", "push.example:443"]
        {
            assert!(!is_pattern(service), "{service}");
        }
        for origin in ["http://127.0.0.1:8090", "https://push.example.internal/", "http://localhost:9"] {
            assert!(is_origin(origin), "{origin}");
        }
        for origin in [
            "push.example",
            "https://push.example/x",
            "https://me@push.example",
            "ftp://push.example",
            "https://push.example:443",
        ] {
            assert!(!is_origin(origin), "{origin}");
        }
    }
}
