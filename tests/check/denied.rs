//! Whom `dashlight check --online` finds there, but not letting us in: what an operator reads of wrong keys and passwords, and of
//! certificates that nobody should trust.

#[path = "../support/tls.rs"]
mod tls;

use std::fs;

use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::online::http::{Answer, HttpServer, Request};
use crate::online::{Site, smtp};
use crate::support::project;

/// What is told of all but the broker, which is nowhere, without what changes from run to run.
fn findings(told: &str) -> String {
    let blocks = told.split("\n\n").filter(|block| block.starts_with("error") && !block.contains("the broker"));
    blocks.collect::<Vec<_>>().join("\n\n")
}

/// Every carrier's way of saying that it does not know us.
fn denial(request: &Request) -> Answer {
    let path = request.path.as_str();
    if path.starts_with("/owners/") {
        return Answer::reply(403, "");
    }
    match path {
        "/v2/email/account" => {
            let answer = Answer::reply(403, r#"{"message":"The security token included in the request is invalid."}"#);
            answer.with("x-amzn-errortype", "UnrecognizedClientException:http://internal.amazon.com/")
        }
        "/v3/scopes" => Answer::reply(401, r#"{"errors":[{"field":null,"message":"authorization required"}]}"#),
        "/server" => {
            let message = "The Server Token you provided in the X-Postmark-Server-Token request header was invalid.";
            Answer::reply(401, json!({ "ErrorCode": 10, "Message": message }).to_string())
        }
        "/domains" => {
            Answer::reply(400, r#"{"statusCode":400,"message":"API key is invalid","name":"validation_error"}"#)
        }
        "/token" => Answer::reply(400, r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#),
        path if path.starts_with("/3/device/") => Answer::reply(403, r#"{"reason":"InvalidProviderToken"}"#),
        other => panic!("{other}"),
    }
}

fn key(name: &str) -> String {
    fs::read_to_string(project("tests/fixtures/keys").join(name)).unwrap()
}

fn account() -> String {
    json!({
        "type": "service_account", "project_id": "chargeup-1", "client_email": "push@chargeup-1.example",
        "private_key": key("rs256.pem"), "token_uri": "https://oauth2.example/token",
    })
    .to_string()
}

/// A wrong key, as all of them are here.
const WRONG: &str = "hunter2-hunter2";

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_of_each_carrier_is_told_by_the_section_that_holds_it() {
    let Some(mail) = smtp::Server::start(&["--user", "volta", "--password", "s3cret"]) else { return };
    let carrier = HttpServer::start(denial);
    let url = carrier.url();
    let site = Site::new()
        .with("channels.email.transports", "smtp, ses, sendgrid, postmark, resend")
        .with("channels.push.transports", "fcm, apns")
        .with("smtp.host", "127.0.0.1")
        .with("smtp.port", &mail.port.to_string())
        .with("smtp.tls", "none")
        .with("smtp.username", "volta")
        .with("smtp.password", WRONG)
        .with("ses.region", "eu-central-1")
        .with("ses.access_key_id", "AKIDEXAMPLE")
        .with("ses.secret_access_key", WRONG)
        .with("ses.endpoint", &url)
        .with("sendgrid.api_key", WRONG)
        .with("sendgrid.endpoint", &url)
        .with("postmark.server_token", WRONG)
        .with("postmark.endpoint", &url)
        .with("resend.api_key", WRONG)
        .with("resend.endpoint", &url)
        .with("fcm.service_account", &account())
        .with("fcm.token_endpoint", &format!("{url}/token"))
        .with("fcm.endpoint", &url)
        .with("apns.signing_key_file", project("tests/fixtures/keys/es256.p8").to_str().unwrap())
        .with("apns.key_id", "ABC123DEFG")
        .with("apns.team_id", "DEF123GHIJ")
        .with("apns.topic", "com.chargeup.app")
        .with("apns.endpoint", &url)
        .with("directory.url", &format!("{url}/owners/{{id}}"))
        .with("directory.bearer", WRONG);
    let (told, code) = site.told().await;
    assert_eq!(code, Some(1), "{told}");
    assert!(!told.contains("hunter2") && !told.contains("AKID"), "{told}");
    insta::assert_snapshot!(findings(&told));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_that_may_not_send_for_the_project_is_told() {
    let google = HttpServer::start(|request| {
        if request.path == "/token" {
            return Answer::reply(200, r#"{"access_token":"ya29.hunter2","expires_in":3599}"#);
        }
        let message = "Permission 'cloudmessaging.messages.create' denied on resource \
                       '//cloudresourcemanager.googleapis.com/projects/chargeup-1' for ya29.hunter2";
        let error = json!({ "code": 403, "status": "PERMISSION_DENIED", "message": message });
        Answer::reply(403, json!({ "error": error }).to_string())
    });
    let site = Site::new()
        .with("channels.push.transports", "fcm")
        .with("fcm.service_account", &account())
        .with("fcm.token_endpoint", &format!("{}/token", google.url()))
        .with("fcm.endpoint", &google.url());
    let (told, code) = site.told().await;
    assert_eq!(code, Some(1), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    insta::assert_snapshot!(findings(&told));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_goes_on_for_megabytes_is_cut_short() {
    let endless = HttpServer::start(|request| match request.path.as_str() {
        path if path.starts_with("/owners/") => Answer::reply(200, "x".repeat(4 << 20)),
        "/token" => Answer::reply(400, format!(r#"{{"error":"{}"}}"#, "x".repeat(4 << 20))),
        _ => Answer::reply(403, format!(r#"{{"message":"{}"}}"#, "x".repeat(4 << 20))),
    });
    let url = endless.url();
    let site = Site::new()
        .with("channels.email.transports", "sendgrid")
        .with("channels.push.transports", "fcm")
        .with("sendgrid.api_key", WRONG)
        .with("sendgrid.endpoint", &url)
        .with("fcm.service_account", &account())
        .with("fcm.token_endpoint", &format!("{url}/token"))
        .with("fcm.endpoint", &url)
        .with("directory.url", &format!("{url}/owners/{{id}}"));
    let (told, code) = site.told().await;
    assert_eq!(code, Some(1), "{told}");
    insta::assert_snapshot!(findings(&told));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_should_trust_is_told_by_its_host_with_a_remedy_of_its_own() {
    let mut all = String::new();
    for (certificate, is_known) in
        [("expired-certificate.pem", true), ("elsewhere-certificate.pem", true), (tls::GOOD, false)]
    {
        let port = tls::start(certificate, &[], async |mut stream| {
            let _ = stream.read_u8().await;
        })
        .await;
        let mut site = Site::new()
            .with("channels.email.transports", "smtp, sendgrid")
            .with("smtp.host", "localhost")
            .with("smtp.port", &port.to_string())
            .with("smtp.tls", "implicit")
            .with("sendgrid.api_key", WRONG)
            .with("sendgrid.endpoint", &format!("https://localhost:{port}"))
            .with("directory.url", &format!("https://localhost:{port}/{{id}}"));
        if is_known {
            let file = tls::certificate(certificate);
            let file = file.to_str().unwrap();
            site = site.with("smtp.ca_file", file).with("network.ca_file", file);
        }
        let (told, code) = site.told().await;
        assert_eq!(code, Some(1), "{told}");
        all = format!("{all}# {certificate}\n{}\n\n", findings(&told));
    }
    insta::assert_snapshot!(all);
}
