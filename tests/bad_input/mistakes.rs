//! What people give a transport or the directory in place of what it wants.

use std::fs;

use serde_json::json;

use crate::configuration::{Files, account, key};

/// A transport, what is wrong, and the settings that make it so.
pub(crate) type Mistake = (&'static str, &'static str, Vec<(&'static str, String)>);

fn text(text: &str) -> String {
    text.to_owned()
}

fn a_megabyte() -> String {
    "x".repeat(1_000_000)
}

fn with_password() -> String {
    text("https://me:hunter2@api.example")
}

fn in_the_clear() -> String {
    text("http://api.example")
}

fn several_lines(files: &Files) -> String {
    files.with("lines", "SG.key\nsecond")
}

fn with_smtp() -> Vec<Mistake> {
    vec![
        ("smtp", "a URL", vec![("smtp.host", text("smtps://me:hunter2@mail.example"))]),
        (
            "smtp",
            "a password of several lines",
            vec![("smtp.username", text("me")), ("smtp.password_file", key("rs256.pem"))],
        ),
        ("smtp", "a token with a space", vec![("smtp.username", text("me")), ("smtp.token", text("ya29 x"))]),
        (
            "smtp",
            "a password and no TLS",
            vec![("smtp.username", text("me")), ("smtp.password", text("hunter2")), ("smtp.tls", text("none"))],
        ),
        (
            "smtp",
            "a client's key that is none",
            vec![
                ("smtp.client_certificate", key("es256-certificate.pem")),
                ("smtp.client_key", key("es256-public.pem")),
            ],
        ),
        (
            "smtp",
            "a client's key for a certificate",
            vec![("smtp.client_certificate", key("es256.p8")), ("smtp.client_key", key("es256.p8"))],
        ),
        (
            "smtp",
            "a certificate that is not there",
            vec![("smtp.client_certificate", text("/nowhere")), ("smtp.client_key", key("es256.p8"))],
        ),
        ("smtp", "an authority that is none", vec![("smtp.ca_file", key("es256.p8"))]),
    ]
}

fn with_other_mail(files: &Files) -> Vec<Mistake> {
    vec![
        ("ses", "no region", vec![("ses.region", text(" "))]),
        ("ses", "a region that is none", vec![("ses.region", text("eu.central.1"))]),
        ("ses", "a private key as access key", vec![("ses.secret_access_key_file", key("rs256.pem"))]),
        ("ses", "a session token of a megabyte", vec![("ses.session_token", a_megabyte())]),
        ("ses", "credentials in the endpoint", vec![("ses.endpoint", with_password())]),
        ("sendgrid", "a key of a megabyte", vec![("sendgrid.api_key", a_megabyte())]),
        ("sendgrid", "a key of several lines", vec![("sendgrid.api_key_file", several_lines(files))]),
        ("sendgrid", "credentials in the endpoint", vec![("sendgrid.endpoint", with_password())]),
        (
            "sendgrid",
            "an endpoint of a megabyte",
            vec![("sendgrid.endpoint", format!("https://api.example/{}", "y".repeat(1_000_000)))],
        ),
        ("postmark", "a token with a space", vec![("postmark.server_token", text("a token"))]),
        ("postmark", "an endpoint in the clear", vec![("postmark.endpoint", in_the_clear())]),
        ("resend", "a key with an accent", vec![("resend.api_key", text("r\u{e9}_1"))]),
        ("resend", "an endpoint without a scheme", vec![("resend.endpoint", text("api.resend.com"))]),
    ]
}

fn with_fcm() -> Vec<Mistake> {
    vec![
        ("fcm", "Apple's key", vec![("fcm.service_account_file", key("es256.p8"))]),
        (
            "fcm",
            "a user's credentials",
            vec![("fcm.service_account", account(|account| account["type"] = json!("authorized_user")))],
        ),
        ("fcm", "the app's own file", vec![("fcm.service_account", text(r#"{"project_info":{}}"#))]),
        (
            "fcm",
            "a key of Apple's in the account",
            vec![(
                "fcm.service_account",
                account(|account| account["private_key"] = json!(fs::read_to_string(key("es256.p8")).unwrap())),
            )],
        ),
        ("fcm", "an account of another project", vec![("fcm.project_id", text("ours"))]),
        (
            "fcm",
            "an account that leads elsewhere",
            vec![("fcm.service_account", account(|account| account["token_uri"] = json!(with_password())))],
        ),
        ("fcm", "a megabyte", vec![("fcm.service_account", a_megabyte())]),
        ("fcm", "a token's endpoint in the clear", vec![("fcm.token_endpoint", in_the_clear())]),
    ]
}

fn with_apns(files: &Files) -> Vec<Mistake> {
    vec![
        ("apns", "an RSA key", vec![("apns.signing_key_file", key("rs256.pem"))]),
        ("apns", "a public key", vec![("apns.signing_key_file", key("es256-public.pem"))]),
        ("apns", "a certificate", vec![("apns.signing_key_file", key("es256-certificate.pem"))]),
        ("apns", "a key of another form", vec![("apns.signing_key_file", key("es256-sec1.pem"))]),
        ("apns", "an id that is none", vec![("apns.key_id_file", several_lines(files))]),
        ("apns", "a team that is none", vec![("apns.team_id", text("com.chargeup"))]),
        ("apns", "a topic that is none", vec![("apns.topic", text("https://chargeup.example"))]),
        ("apns", "credentials in the endpoint", vec![("apns.endpoint", with_password())]),
    ]
}

fn with_webpush() -> Vec<Mistake> {
    vec![
        ("webpush", "an RSA key", vec![("webpush.private_key_file", key("rs256.pem"))]),
        ("webpush", "a public key", vec![("webpush.private_key_file", key("es256-public.pem"))]),
        ("webpush", "a key that is cut off", vec![("webpush.private_key", text("q1dXpw3UpT5VOmu"))]),
        ("webpush", "a public key that is none", vec![("webpush.public_key", text("x"))]),
        (
            "webpush",
            "keys that are no pair",
            vec![("webpush.private_key", text("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))],
        ),
        ("webpush", "credentials in a service", vec![("webpush.services", with_password())]),
    ]
}

fn with_the_rest(files: &Files) -> Vec<Mistake> {
    vec![
        ("http.gate", "credentials in the URL", vec![("http.gate.url", with_password())]),
        ("http.gate", "a URL in the clear", vec![("http.gate.url", in_the_clear())]),
        ("http.gate", "a bearer with a space", vec![("http.gate.bearer", text("a key"))]),
        ("http.gate", "a signing secret that is none", vec![("http.gate.signing_secret", text("whsec_hunter2"))]),
        (
            "http.gate",
            "a password of several lines",
            vec![("http.gate.username", text("me")), ("http.gate.password_file", several_lines(files))],
        ),
        ("http.gate", "headers that are none", vec![("http.gate.headers_file", several_lines(files))]),
        ("http.gate", "a header of a megabyte", vec![("http.gate.headers", format!("X-Key: {}", a_megabyte()))]),
        ("outbox", "nothing", vec![("outbox.dir", text(" "))]),
        ("outbox", "a file", vec![("outbox.dir", several_lines(files))]),
        (
            "directory",
            "credentials in the URL",
            vec![("directory.url", text("https://me:hunter2@owners.example/{id}"))],
        ),
        ("directory", "a URL in the clear", vec![("directory.url", text("http://owners.example/{id}"))]),
        (
            "directory",
            "a URL of a megabyte",
            vec![("directory.url", format!("https://owners.example/{{id}}/{}", a_megabyte()))],
        ),
        ("directory", "a bearer of several lines", vec![("directory.bearer_file", several_lines(files))]),
        ("directory", "headers that are none", vec![("directory.headers_file", several_lines(files))]),
    ]
}

pub(crate) fn mistakes(files: &Files) -> Vec<Mistake> {
    [with_smtp(), with_other_mail(files), with_fcm(), with_apns(files), with_webpush(), with_the_rest(files)].concat()
}
