//! Carriers over HTTP, each by the few words in which they differ. A new one is one more [`Dialect`].

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use dashlight::config::{Config, Http, Rotating};
use dashlight::event::Device;
use dashlight::policy::Channel;

use super::http::{Answer, Request};
use super::peer::{Fate, SECRET, TOKEN};

/// Where the configuration has a key.
type Slot = fn(&mut Config) -> &mut Option<Rotating>;

/// How one carrier speaks.
pub(crate) struct Dialect {
    pub(crate) name: &'static str,
    pub(crate) channel: Channel,
    /// Makes the configuration lead to this server, with [`SECRET`] as key.
    pub(crate) configure: fn(&mut Config, &str),
    /// Whether the request carries the credentials.
    pub(crate) authorized: fn(&Request) -> bool,
    /// What tells one message from another.
    pub(crate) id: fn(&Request) -> String,
    pub(crate) accepts: fn() -> Answer,
    /// Each is given what a careless carrier might repeat.
    pub(crate) refuses_address: fn(&str) -> Answer,
    pub(crate) refuses_message: fn(&str) -> Answer,
    pub(crate) denies: fn(&str) -> Answer,
    /// What a probe asks for, and the good answer.
    pub(crate) probe: (&'static str, &'static str),
    /// What a probe is known by when it is not a GET of that path.
    pub(crate) is_probe: fn(&Request) -> bool,
    /// What is answered beside messages, whatever happens to those.
    pub(crate) aside: fn(&Request) -> Option<Answer>,
    /// The device that is sent to, given where the server is.
    pub(crate) device: Option<fn(&str) -> Device>,
    /// What becomes of a message when a new connection is silent.
    pub(crate) silence: Fate,
    pub(crate) one_of_many: bool,
    /// Whether a probe shows it our credentials.
    pub(crate) sees_probes: bool,
    /// Which of its keys is replaced now and then, and what that was before; `None`: none of them ever is.
    pub(crate) rotates: Option<(Slot, fn() -> String)>,
}

/// What most carriers have in common.
const USUAL: Dialect = Dialect {
    name: "",
    channel: Channel::Email,
    configure: |_, _| {},
    authorized: bearer,
    id: message_id,
    accepts: || Answer::reply(200, ""),
    refuses_address: |_| Answer::Silence,
    refuses_message: |_| Answer::Silence,
    denies: |_| Answer::Silence,
    probe: ("", ""),
    is_probe: |_| false,
    aside: |_| None,
    device: None,
    silence: Fate::Unknown,
    one_of_many: false,
    sees_probes: true,
    rotates: None,
};

const SENDER: &str = "push@chargeup-1.example";
const APPLE_KEY: &str = "ABC123DEFG";

fn retired() -> String {
    "retired-key".to_owned()
}

/// A part of a JWT.
fn part(token: &str, number: usize) -> serde_json::Value {
    let part = token.split('.').nth(number).and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
    serde_json::from_slice(&part.unwrap_or_default()).unwrap_or_default()
}

fn account(sender: &str) -> String {
    let account = serde_json::json!({
        "type": "service_account", "project_id": "chargeup-1", "client_email": sender,
        "private_key": key("rs256.pem"), "token_uri": "https://oauth2.example/token",
    });
    account.to_string()
}

fn bearer(request: &Request) -> bool {
    request.header("authorization") == Some(&format!("Bearer {SECRET}"))
}

/// The Message-ID among the headers of a JSON body.
fn message_id(request: &Request) -> String {
    let headers = &request.json()["headers"];
    headers["Message-ID"].as_str().unwrap_or_else(|| panic!("no Message-ID in {headers}")).to_owned()
}

pub(crate) const DIALECTS: &[Dialect] = &[
    Dialect {
        name: "ses",
        channel: Channel::Email,
        configure: |config, url| {
            let ses = &mut config.carriers.ses;
            ses.region = Some("eu-central-1".to_owned());
            ses.access_key_id = Some(Rotating::given("AKIDEXAMPLE"));
            ses.secret_access_key = Some(Rotating::given(SECRET));
            ses.endpoint = Some(url.to_owned());
        },
        authorized: |request| {
            let signature = request.header("authorization").unwrap_or_default();
            signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") && signature.contains("/ses/aws4_request")
        },
        id: |request| request.json()["Content"]["Raw"]["Data"].as_str().expect("a raw message").to_owned(),
        accepts: || Answer::reply(200, r#"{"MessageId":"010701"}"#),
        refuses_address: |echo| {
            Answer::reply(400, format!(r#"{{"message":"Missing final '@domain' {echo}"}}"#))
                .with("x-amzn-ErrorType", "BadRequestException:http://internal.amazon.com/")
        },
        refuses_message: |echo| {
            Answer::reply(400, format!(r#"{{"__type":"com.amazonaws#MessageRejected","message":"{echo}"}}"#))
        },
        denies: |echo| {
            Answer::reply(403, format!(r#"{{"message":"The security token is invalid {echo}"}}"#))
                .with("x-amzn-ErrorType", "UnrecognizedClientException")
        },
        probe: ("/v2/email/account", r#"{"SendingEnabled":true,"ProductionAccessEnabled":true}"#),
        rotates: Some((|config| &mut config.carriers.ses.access_key_id, || "AKIDRETIRED".to_owned())),
        ..USUAL
    },
    Dialect {
        name: "sendgrid",
        channel: Channel::Email,
        configure: |config, url| {
            config.carriers.sendgrid.api_key = Some(Rotating::given(SECRET));
            config.carriers.sendgrid.endpoint = Some(url.to_owned());
        },
        authorized: bearer,
        id: message_id,
        accepts: || Answer::reply(202, "").with("x-message-id", "14c5d75ce93"),
        refuses_address: |echo| {
            let field = "personalizations.0.to.0.email";
            Answer::reply(
                400,
                format!(r#"{{"errors":[{{"message":"Does not contain a valid address: {echo}","field":"{field}"}}]}}"#),
            )
        },
        refuses_message: |echo| {
            Answer::reply(400, format!(r#"{{"errors":[{{"message":"{echo}","field":"content"}}]}}"#))
        },
        denies: |echo| Answer::reply(401, format!(r#"{{"errors":[{{"message":"authorization required {echo}"}}]}}"#)),
        probe: ("/v3/scopes", r#"{"scopes":["mail.send"]}"#),
        rotates: Some((|config| &mut config.carriers.sendgrid.api_key, retired)),
        ..USUAL
    },
    Dialect {
        name: "postmark",
        channel: Channel::Email,
        configure: |config, url| {
            config.carriers.postmark.server_token = Some(Rotating::given(SECRET));
            config.carriers.postmark.endpoint = Some(url.to_owned());
        },
        authorized: |request| request.header("x-postmark-server-token") == Some(SECRET),
        id: |request| request.json()["Headers"][0]["Value"].as_str().expect("a Message-ID").to_owned(),
        accepts: || Answer::reply(200, r#"{"ErrorCode":0,"Message":"OK","MessageID":"0a129aee"}"#),
        refuses_address: |echo| {
            let message = format!("You tried to send to a recipient that has been marked as inactive: {echo}");
            Answer::reply(422, format!(r#"{{"ErrorCode":406,"Message":"{message}"}}"#))
        },
        refuses_message: |echo| Answer::reply(422, format!(r#"{{"ErrorCode":300,"Message":"{echo}"}}"#)),
        denies: |echo| {
            Answer::reply(401, format!(r#"{{"ErrorCode":10,"Message":"No Account or Server API tokens: {echo}"}}"#))
        },
        probe: ("/server", r#"{"ID":1,"Name":"Volta"}"#),
        rotates: Some((|config| &mut config.carriers.postmark.server_token, retired)),
        ..USUAL
    },
    Dialect {
        name: "resend",
        channel: Channel::Email,
        configure: |config, url| {
            config.carriers.resend.api_key = Some(Rotating::given(SECRET));
            config.carriers.resend.endpoint = Some(url.to_owned());
        },
        authorized: bearer,
        id: |request| request.header("idempotency-key").expect("a key").to_owned(),
        accepts: || Answer::reply(200, r#"{"id":"49a3999c"}"#),
        refuses_address: |echo| {
            Answer::reply(422, format!(r#"{{"name":"validation_error","message":"Invalid `to` field: {echo}"}}"#))
        },
        refuses_message: |echo| Answer::reply(422, format!(r#"{{"name":"invalid_attachment","message":"{echo}"}}"#)),
        denies: |echo| {
            Answer::reply(403, format!(r#"{{"name":"invalid_api_key","message":"API key is invalid: {echo}"}}"#))
        },
        probe: ("/domains", r#"{"data":[]}"#),
        rotates: Some((|config| &mut config.carriers.resend.api_key, retired)),
        ..USUAL
    },
    Dialect {
        name: "fcm",
        channel: Channel::Push,
        configure: |config, url| {
            config.carriers.fcm.service_account = Some(Rotating::given(account(SENDER)));
            config.carriers.fcm.token_endpoint = Some(format!("{url}/token"));
            config.carriers.fcm.endpoint = Some(url.to_owned());
        },
        id: |request| request.json()["message"]["data"]["dispatch"].as_str().expect("an id").to_owned(),
        accepts: || Answer::reply(200, r#"{"name":"projects/chargeup-1/messages/0:1"}"#),
        refuses_address: |echo| {
            fcm_fault(404, &format!(r#""message":"{echo} {TOKEN}","details":[{{"errorCode":"UNREGISTERED"}}]"#))
        },
        refuses_message: |echo| fcm_fault(400, &format!(r#""message":"{echo}","status":"INVALID_ARGUMENT""#)),
        denies: |echo| fcm_fault(401, &format!(r#""message":"{echo}","status":"UNAUTHENTICATED""#)),
        aside: |request| {
            let assertion = String::from_utf8_lossy(&request.body).into_owned();
            let token = || match assertion.split_once("assertion=") {
                Some((_, assertion)) if part(assertion, 1)["iss"] == SENDER => {
                    Answer::reply(200, format!(r#"{{"access_token":"{SECRET}","expires_in":3599}}"#))
                }
                _ => Answer::reply(400, r#"{"error":"invalid_grant"}"#),
            };
            (request.path == "/token").then(token)
        },
        is_probe: |request| request.json()["validateOnly"] == true,
        device: Some(|_| Device::Fcm { token: Some(TOKEN.to_owned()), fid: None }),
        // Without a token nothing is sent.
        silence: Fate::Unavailable,
        rotates: Some((|config| &mut config.carriers.fcm.service_account, || account("retired@chargeup-1.example"))),
        ..USUAL
    },
    Dialect {
        name: "apns",
        channel: Channel::Push,
        configure: |config, url| {
            let apns = &mut config.carriers.apns;
            apns.signing_key = Some(Rotating::given(key("es256.p8")));
            apns.key_id = Some(Rotating::given(APPLE_KEY));
            apns.team_id = Some("DEF123GHIJ".to_owned());
            apns.topic = Some("com.chargeup.app".to_owned());
            apns.endpoint = Some(url.to_owned());
        },
        authorized: |request| {
            let token = request.header("authorization").and_then(|token| token.strip_prefix("bearer "));
            token.is_some_and(|token| part(token, 0)["kid"] == APPLE_KEY)
        },
        id: |request| request.header("apns-id").expect("an id").to_owned(),
        accepts: || Answer::reply(200, "").with("apns-id", "eabeae54-14a8-11e5-b60b-1697f925ec7b"),
        refuses_address: |echo| Answer::reply(410, format!(r#"{{"reason":"Unregistered","of":"{echo}"}}"#)),
        refuses_message: |echo| Answer::reply(413, format!(r#"{{"reason":"PayloadTooLarge","of":"{echo}"}}"#)),
        denies: |echo| Answer::reply(403, format!(r#"{{"reason":"InvalidProviderToken","of":"{echo}"}}"#)),
        is_probe: |request| request.path.ends_with("/0000000000000000000000000000000000000000000000000000000000000000"),
        probe: ("", r#"{"reason":"BadDeviceToken"}"#),
        device: Some(|_| Device::Apns { token: TOKEN.to_owned() }),
        rotates: Some((|config| &mut config.carriers.apns.key_id, || "RETIRED000".to_owned())),
        ..USUAL
    },
    Dialect {
        name: "webpush",
        channel: Channel::Push,
        configure: |config, url| {
            let webpush = &mut config.carriers.webpush;
            webpush.private_key = Some(Rotating::given(key("es256.p8")));
            webpush.public_key = Some(key("vapid-public-key").trim().to_owned());
            webpush.subject = Some("mailto:push@chargeup.example".to_owned());
            webpush.trusted_origins = vec![url.to_owned()];
        },
        authorized: |request| {
            request.method == "GET"
                || request.header("authorization").is_some_and(|token| token.starts_with("vapid t=ey"))
        },
        // The rest is for the browser alone.
        id: |request| request.header("topic").expect("a topic").to_owned(),
        accepts: || Answer::reply(201, "").with("location", "https://push.example/message/0123"),
        refuses_address: |echo| Answer::reply(410, format!("/wpush/{TOKEN}/{SECRET} is gone, {echo}")),
        refuses_message: |echo| Answer::reply(413, echo),
        denies: |echo| Answer::reply(403, echo),
        is_probe: |request| request.method == "GET",
        device: Some(|url| Device::Webpush {
            endpoint: format!("{url}/wpush/{TOKEN}/{SECRET}"),
            p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
                .to_owned(),
            auth: "BTBZMqHH6r4Tts7J_aSIgg".to_owned(),
        }),
        one_of_many: true,
        ..USUAL
    },
    Dialect {
        name: "http.sms",
        channel: Channel::Push,
        configure: |config, url| {
            let sms = Http {
                channel: Channel::Push,
                url: Some(format!("{url}/messages")),
                body: Some(r#"{"id": {{ message.id | json }}, "text": {{ message.body | json }}}"#.to_owned()),
                content_type: Some("application/json".to_owned()),
                bearer: Some(Rotating::given(SECRET)),
                address_invalid: vec!["no such number".into()],
                provider_id: Some("/sid".to_owned()),
                ..Http::default()
            };
            config.carriers.http.insert("sms".to_owned(), sms);
        },
        id: |request| request.json()["id"].as_str().expect("an id").to_owned(),
        accepts: || Answer::reply(201, r#"{"sid":"SM123"}"#),
        refuses_address: |echo| Answer::reply(400, format!(r#"{{"message":"no such number: {echo} {TOKEN}"}}"#)),
        refuses_message: |echo| Answer::reply(400, format!(r#"{{"message":"{echo} {TOKEN}"}}"#)),
        denies: |echo| Answer::reply(401, format!(r#"{{"message":"{echo} {TOKEN}"}}"#)),
        is_probe: |request| request.method == "HEAD",
        device: Some(|_| Device::Other { token: TOKEN.to_owned() }),
        sees_probes: false,
        rotates: Some((|config| &mut config.carriers.http.get_mut("sms").unwrap().bearer, retired)),
        ..USUAL
    },
];

fn key(name: &str) -> String {
    std::fs::read_to_string(super::support::project("tests/fixtures/keys").join(name)).unwrap()
}

fn fcm_fault(status: u16, fields: &str) -> Answer {
    Answer::reply(status, format!(r#"{{"error":{{"code":{status},{fields}}}}}"#))
}
