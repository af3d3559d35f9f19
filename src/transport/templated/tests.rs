use std::sync::Arc;

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::config::{Network, Rotating};
use crate::message::Device;
use crate::transport::pushes_for_tests::push_to;

fn http(url: &str) -> config::Http {
    config::Http { url: Some(url.to_owned()), ..config::Http::default() }
}

fn fault(config: &config::Http) -> String {
    match Templated::new("sms", config) {
        Ok(_) => panic!("it was taken"),
        Err(fault) => fault.to_string(),
    }
}

fn client() -> HttpClient {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at("2026-12-01T00:00:00Z".parse().unwrap()));
    HttpClient::new(&Network::default(), clock).unwrap()
}

/// Where a push to this address is asked for.
fn asked(url: &str, address: &str) -> Result<String, SendError> {
    let message = Message::Push(push_to(Device::Other { token: address.to_owned() }));
    let request = Templated::new("sms", &http(url)).unwrap().request(&client(), &message)?;
    Ok(request.build().unwrap().url().to_string())
}

#[test]
fn what_a_message_holds_is_one_part_of_the_url_and_never_its_host() {
    let address = "a/b?c=d#e&f";
    for (url, expected) in [
        ("https://x.example/{{ message.to }}/send", "https://x.example/a%2Fb%3Fc%3Dd%23e%26f/send"),
        ("https://x.example/{{ message.to | url }}", "https://x.example/a%2Fb%3Fc%3Dd%23e%26f"),
        ("https://x.example/?to={{ message.to }}", "https://x.example/?to=a%2Fb%3Fc%3Dd%23e%26f"),
    ] {
        assert_eq!(asked(url, address).unwrap(), expected, "{url}");
    }
    for host in
        ["https://{{ message.to }}/send", "https://{{ message.to }}.x.example/", "https://x.example:1{{ message.to }}/"]
    {
        let told = fault(&http(host));
        assert!(told.contains("`http.sms.url`"), "{host}: {told}");
    }
    // Digits would do as a port.
    let told = fault(&http("https://x.example:1{% if message.to == 'x' %}1{% endif %}/"));
    assert!(told.contains("in its host"), "{told}");
}

#[test]
fn a_part_of_the_path_that_would_lead_elsewhere_is_refused() {
    for address in ["..", "."] {
        let refused = asked("https://x.example/users/{{ message.to }}/send", address);
        assert!(matches!(refused, Err(SendError::Permanent { .. })), "{refused:?}");
    }
    assert!(asked("https://x.example/users/{{ message.to }}/send", "...").is_ok());
    let elsewhere = "https://{% if message.to == 'evil' %}evil{% else %}x{% endif %}.example/";
    assert!(matches!(asked(elsewhere, "evil"), Err(SendError::Permanent { .. })));
}

#[test]
fn a_body_that_a_quote_would_break_is_found_at_the_start() {
    let json = |body: &str| config::Http {
        content_type: Some("application/json".to_owned()),
        body: Some(body.to_owned()),
        ..http("https://x.example/")
    };
    let told = fault(&json(r#"{"text": "{{ message.body }}"}"#));
    assert!(told.contains("`http.sms.body` is no JSON when a text has quotes"), "{told}");
    assert!(Templated::new("sms", &json(r#"{"text": {{ message.body | json }}}"#)).is_ok());
}

#[test]
fn a_header_is_a_secret() {
    let config = config::Http {
        headers: Some(Rotating::given("X-Api-Key: S3CR3TKEY\nAuthorization: Key hunter22")),
        ..http("https://x.example/")
    };
    let templated = Templated::new("sms", &config).unwrap();
    assert!(!format!("{config:?}").contains("S3CR3TKEY"));
    let hidden: Vec<_> = templated.secrets().into_iter().map(Secret::expose).collect();
    assert!(hidden.contains(&"S3CR3TKEY") && hidden.contains(&"hunter22"), "{hidden:?}");
    let broken =
        config::Http { headers: Some(Rotating::given("X-Api-Key: {{ S3CR3TKEY")), ..http("https://x.example/") };
    let told = fault(&broken);
    assert!(told.contains("`http.sms.headers.0` is no template") && !told.contains("S3CR3TKEY"), "{told}");
}

#[test]
fn what_an_answer_means_is_the_operators_to_say() {
    let config = config::Http {
        retried: vec!["409".into()],
        busy: vec!["423".into()],
        refused: vec!["403".into()],
        address_invalid: ["/code=21211", "no such number", "410"].map(Sign::from).into(),
        ..http("https://x.example/")
    };
    let templated = Templated::new("sms", &config).unwrap();
    let said =
        |status: u16, body: &str| templated.verdict(&client(), &Answer::of(status, body.as_bytes())).unwrap_err();
    assert!(matches!(said(400, r#"{"code": 21211}"#), SendError::AddressInvalid { .. }));
    assert!(matches!(said(400, r#"{"code": 1, "sid": "SM21211"}"#), SendError::Permanent { .. }));
    assert!(matches!(said(404, "no such number"), SendError::AddressInvalid { .. }));
    assert!(matches!(said(503, "no such number"), SendError::Unavailable { .. }));
    assert!(matches!(said(410, ""), SendError::AddressInvalid { .. }));
    assert!(matches!(said(403, ""), SendError::Permanent { .. }));
    assert!(matches!(said(423, ""), SendError::Transient { .. }));
    assert!(matches!(said(409, ""), SendError::Unavailable { .. }));
    assert!(matches!(said(404, ""), SendError::Misconfigured { .. }));
}

#[test]
fn an_api_that_refuses_with_a_200_is_told_by_what_it_says() {
    let config = config::Http {
        accepted: ["200", "/ok=true"].map(Sign::from).into(),
        busy: vec!["/error=ratelimited".into()],
        address_invalid: vec!["/error=channel_not_found".into()],
        provider_id: Some("/ts".to_owned()),
        ..http("https://x.example/")
    };
    let templated = Templated::new("chat", &config).unwrap();
    let said = |status, body: &str| templated.verdict(&client(), &Answer::of(status, body.as_bytes()));
    assert_eq!(said(200, r#"{"ok": true, "ts": "1.5"}"#).unwrap().provider_id.as_deref(), Some("1.5"));
    let dead = said(200, r#"{"ok": false, "error": "channel_not_found"}"#);
    assert!(matches!(dead, Err(SendError::AddressInvalid { .. })), "{dead:?}");
    let busy = said(200, r#"{"ok": false, "error": "ratelimited"}"#);
    assert!(matches!(busy, Err(SendError::Transient { .. })), "{busy:?}");
    for (status, body) in [(200, r#"{"ok": false, "error": "no_text"}"#), (200, "<html>"), (202, r#"{"ok": true}"#)] {
        let refused = said(status, body);
        assert!(matches!(refused, Err(SendError::Permanent { .. })), "{refused:?}");
    }
    let told = fault(&config::Http { accepted: vec!["fine".into()], ..http("https://x.example/") });
    assert!(told.contains("`http.sms.accepted`"), "{told}");
}

#[test]
fn a_form_whose_fields_a_text_could_change_is_found_at_the_start() {
    let form = |body: &str| config::Http {
        content_type: Some("application/x-www-form-urlencoded".to_owned()),
        body: Some(body.to_owned()),
        ..http("https://x.example/")
    };
    let told = fault(&form("To={{ message.to }}&Body={{ message.body | url }}"));
    assert!(told.contains("`http.sms.body`") && told.contains("| url"), "{told}");
    for whole in
        ["From=%2B45&To={{ message.to | url }}&Body={{ message.body | url }}%20{{ message.link | url }}", "a=b"]
    {
        assert!(Templated::new("sms", &form(whole)).is_ok(), "{whole}");
    }
}

#[test]
fn a_header_that_one_message_breaks_is_the_fault_of_that_message_alone() {
    let with = |value: &str| config::Http {
        headers: Some(Rotating::given(format!("X-Kind: a\nX-To: {value}"))),
        ..http("https://x.example/")
    };
    let told = fault(&with("{{ message.body }}"));
    assert!(told.contains("`http.sms.headers.1`") && told.contains("several lines"), "{told}");
    let templated = Templated::new("sms", &with("{{ message.to }}")).unwrap();
    let message = Message::Push(push_to(Device::Other { token: "a\nb".to_owned() }));
    let Err(SendError::Permanent { detail }) = templated.request(&client(), &message) else { panic!("it was asked") };
    assert!(detail.contains("`http.sms.headers.1`") && !detail.contains("a\nb"), "{detail}");
}
