//! What bad input gets, through the whole program: each bad line has one documented reason or one safe reading, and its
//! neighbours' mails are written.

mod configuration;
mod mistakes;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use support::{dashlight, said};
use tempfile::tempdir;

const OWN_REDIRECT: &str = "redirect_uri=https%3A%2F%2Fapp.chargeup.example%2Fsmartcar%2Fcallback";

/// A good event for an owner of this name, as JSON to be spoilt.
fn event(owner: &str) -> Value {
    json!({
        "id": format!("evt-{owner}"),
        "occurredAt": "2026-01-20T08:00:00Z",
        "app": "chargeup",
        "recipient": { "id": owner, "email": format!("{owner}@example.com"), "name": "Ada", "locale": "en" },
        "vehicle": { "id": format!("car-{owner}"), "make": "TESLA", "model": "Model 3" },
        "error": { "type": "CONNECTED_SERVICES_ACCOUNT", "code": "AUTHENTICATION_FAILED" },
    })
}

fn with(owner: &str, pointer: &str, value: Value) -> Value {
    let mut event = event(owner);
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[key] = value;
    event
}

fn webhook(errors: &Value) -> Value {
    json!({
        "eventId": "evt-webhook",
        "eventType": "VEHICLE_ERROR",
        "data": { "user": { "id": "nobody" }, "vehicle": { "id": "car" }, "errors": errors },
    })
}

/// A line that cannot be used, and why.
fn rejected() -> Vec<(&'static str, Vec<u8>)> {
    let text = |reason, value: Value| (reason, value.to_string().into_bytes());
    let bad = |reason, pointer, value| text(reason, with("bad", pointer, value));
    let large = "x".repeat(16 << 20);
    vec![
        ("not-utf8", b"{\"error\":\"\xff\xfe\"}".to_vec()),
        ("not-utf8", b"\xed\xa0\x80".to_vec()),
        ("not-json", b"dear dashlight, my car is sad".to_vec()),
        ("not-json", b"{\"error\":{},\"recipient\":{\"id\":\"\\ud800\"}}".to_vec()),
        ("not-json", b"{\"error\":1e999999}".to_vec()),
        ("not-json", b"\x00".to_vec()),
        ("not-json", b"\x1b[2J\x1b]0;owned\x07".to_vec()),
        ("too-deep", "[".repeat(10_000).into_bytes()),
        ("too-deep", "{\"error\":".repeat(10_000).into_bytes()),
        ("too-large", with("bad", "/vehicle/name", json!(large)).to_string().into_bytes()),
        ("too-large", vec![b' '; 16 << 20]),
        ("unknown-shape", b"[]".to_vec()),
        ("unknown-shape", b"\"ERROR\"".to_vec()),
        text("unknown-shape", json!({ "\u{1b}[2Jkey": 1, "anna@example.com": 2 })),
        text("unknown-shape", json!({ "eventType": "VEHICLE_STATE\u{1b}[2J", "data": {} })),
        text("unknown-shape", json!({ "specversion": "9", "data": event("bad") })),
        text("unknown-shape", json!({ "specversion": "1.0", "data": { "specversion": "1.0" } })),
        bad("no-recipient", "/recipient/id", json!(null)),
        bad("no-recipient", "/recipient/id", json!("a\r\nb")),
        bad("no-recipient", "/recipient/id", json!("x".repeat(100_000))),
        bad("no-address", "/recipient/email", json!(null)),
        bad("bad-address", "/recipient/email", json!("anna at example.com")),
        bad("bad-address", "/recipient/email", json!("anna@example.com\r\nBcc: eve@example.com")),
        bad("bad-address", "/recipient/email", json!("anna@example.com, eve@example.com")),
        bad("bad-address", "/recipient/email", json!("anna@example.com>\u{20}ORCPT=<eve@example.com")),
        bad("bad-address", "/recipient/email", json!(["anna@example.com"])),
        bad("bad-address", "/recipient/email", json!(format!("anna@{}", "ü".repeat(400_000)))),
        bad("unknown-app", "/app", json!("chargup")),
        bad("unknown-app", "/app", json!("x".repeat(1_000_000))),
        bad("unknown-app", "/app", json!("\u{1b}[2J\u{202e}gnihctam")),
        bad("bad-field", "/app", json!(7)),
        bad("bad-field", "/error/type", json!(null)),
        bad("bad-field", "/error/type", json!(400)),
        bad("bad-field", "/error/type", json!("A\nB")),
        bad("bad-field", "/error/code", json!("../../etc/passwd:x")),
        bad("bad-field", "/vehicle/id", json!("a\r\nb")),
        bad("bad-field", "/state", json!("\u{1b}[2JGONE")),
        bad("implausible-time", "/occurredAt", json!("9999-12-31T23:59:59Z")),
        bad("implausible-time", "/occurredAt", json!("1970-01-01T00:00:00Z")),
        bad("implausible-time", "/occurredAt", json!("-009999-01-01T00:00:00Z")),
        bad("implausible-time", "/occurredAt", json!(u64::MAX)),
        bad("implausible-time", "/occurredAt", json!(i64::MIN)),
        bad("implausible-time", "/occurredAt", json!(1e300)),
        bad("bad-field", "/occurredAt", json!("yesterday\u{1b}[2J")),
        text("bad-field", webhook(&json!([]))),
        text("bad-field", webhook(&json!(vec![json!({ "type": "T" }); 20_000]))),
        text("bad-field", webhook(&json!([7, { "type": "NOT_AN_OWNERS_BUSINESS" }]))),
    ]
}

/// A line that is read safely: the owner, the event, and what must and must not stand in the mail.
fn safe() -> Vec<(Value, Vec<&'static str>, Vec<&'static str>)> {
    let link = |owner, url: &str| {
        let event = with(owner, "/error/resolution", json!({ "type": "REAUTHENTICATE", "url": url }));
        (event, vec!["https://connect.smartcar.com/oauth/reauthenticate?", OWN_REDIRECT], vec!["evil"])
    };
    let name = |owner, pointer, name: &str, good, bad| (with(owner, pointer, json!(name)), good, bad);
    let mut key = with("key", "/vehicle/make", json!("BMW"));
    key["error"]["code"] = json!("VIRTUAL_KEY_REQUIRED");
    key["error"]["resolution"] = json!({ "type": "ACTION_REQUIRED", "url": "https://www.tesla.com/_ak/evil.example" });
    let mut devices = event("devices");
    devices["recipient"]["devices"] = json!(vec![json!({ "platform": "apns", "token": "t".repeat(5_000) }); 150]);
    let huge_text = "x".repeat(900_000);
    let marks = format!("Z{}", "\u{301}".repeat(300_000));
    let tag = format!("en{}", "-abcde".repeat(100_000));
    vec![
        link("foreign", "https://evil.example/oauth/reauthenticate"),
        link("userinfo", "https://connect.smartcar.com@evil.example/oauth/reauthenticate"),
        link("backslash", "https://evil.example\\@connect.smartcar.com/oauth/reauthenticate"),
        link("lookalike", "https://connect.smartcar.com.evil.example/oauth/reauthenticate"),
        link("idn", "https://connect.smаrtcar.com/oauth/reauthenticate?x=evil"),
        link("dot", "https://connect.smartcar.com./oauth/reauthenticate?x=evil"),
        link("port", "https://connect.smartcar.com:8443/oauth/reauthenticate?x=evil"),
        link("plain", "http://connect.smartcar.com/oauth/reauthenticate?x=evil"),
        link("script", "javascript:evil()"),
        link(
            "redirect",
            "https://CONNECT.smartcar.com/oauth/reauthenticate?redirect_uri=https://evil.example&state=evil",
        ),
        link("path", "https://connect.smartcar.com/oauth/reauthenticate/../../evil?client_id="),
        link("client", "https://connect.smartcar.com/oauth/reauthenticate?client_id=evil"),
        link("breaks", "https://connect.smartcar.com/oauth/reauthenticate\r\nBcc: evil"),
        name("crlf", "/vehicle/name", "Blitz\r\nBcc: eve@example.com\r\n\r\n<b>", vec!["Tesla Model 3"], vec!["eve@"]),
        name("crlf2", "/vehicle/name", "Blitz\r\nX-Evil: 1", vec!["Blitz X-Evil: 1"], vec!["\nX-Evil"]),
        name(
            "owner",
            "/recipient/name",
            "Ada\r\nX-Evil: 1\u{0}\u{2028}",
            vec!["Ada X-Evil: 1"],
            vec!["\nX-Evil", "\0"],
        ),
        name(
            "html",
            "/vehicle/name",
            "\"><script>alert(1)</script><img src=x onerror='x'>",
            vec!["&lt;script&gt;"],
            vec!["<script", "<img src=x"],
        ),
        name("template", "/vehicle/name", "{{ app }}{% raw %}{$car}", vec!["{{ app }}{% raw %}{$car}"], vec![]),
        name("bidi", "/vehicle/name", "Bl\u{202e}itz\u{2066}\u{200b}", vec!["Blitz"], vec!["\u{202e}", "\u{2066}"]),
        name("web", "/vehicle/name", "EVIL.COM,now", vec!["Tesla Model 3"], vec!["EVIL"]),
        name("huge", "/vehicle/name", &huge_text, vec!["xxxx…"], vec![]),
        name("marks", "/vehicle/name", &marks, vec!["Tesla Model 3"], vec!["\u{301}"]),
        name("model", "/vehicle/model", "3\u{1b}[2J\u{9b}", vec!["Tesla 3"], vec!["\u{1b}", "\u{9b}"]),
        name("tag", "/recipient/locale", &tag, vec!["Content-Language: en"], vec!["abcde"]),
        name("folder", "/recipient/locale", "../../etc", vec!["Content-Language: en"], vec!["etc"]),
        (key, vec!["Content-Language: en"], vec!["tesla.com/_ak", "Tesla app"]),
        (devices, vec!["Content-Language: en"], vec![]),
        (with("sequence", "/sequence", json!(u64::MAX)), vec!["Content-Language: en"], vec![]),
        (with("year", "/vehicle/year", json!(1e300)), vec!["Content-Language: en"], vec![]),
    ]
}

fn run(lines: &[Vec<u8>], out: &Path) -> Output {
    let file = out.join("events.ndjson");
    fs::write(&file, lines.join(&b'\n')).unwrap();
    let (file, out) = (file.to_str().unwrap(), out.to_str().unwrap());
    dashlight(&["run", "--from", file, "--outbox", out, "--config", "dashlight.toml"]).output().unwrap()
}

/// Each mail in a folder: by its owner, its bytes as they are and its text decoded.
fn mails(out: &Path) -> BTreeMap<String, (String, String)> {
    let paths = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    let mails = paths.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
    let read = |path: std::path::PathBuf| {
        let raw = fs::read_to_string(path).unwrap();
        let to =
            raw.lines().skip_while(|line| !line.starts_with("To: ")).take_while(|line| !line.starts_with("Subject"));
        let to: String = to.collect();
        let address = to.rsplit([' ', '<']).next().unwrap().trim_end_matches('>').to_owned();
        (address.trim_end_matches("@example.com").to_owned(), (raw.clone(), decoded(&raw)))
    };
    mails.map(read).collect()
}

/// Quoted-printable, read.
fn decoded(text: &str) -> String {
    let text = text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| byte == b'=').and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(decoded) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(decoded);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Nothing that moves a terminal's cursor, starts a sequence or turns a line around.
fn is_calm(text: &str) -> bool {
    text.chars()
        .all(|c| c == '\n' || !(c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')))
}

#[test]
fn each_bad_line_is_told_with_its_reason_and_its_neighbours_get_their_mails() {
    let out = tempdir().unwrap();
    let bad = rejected();
    let good = |number: usize| event(&format!("good-{number}")).to_string().into_bytes();
    let mut lines: Vec<Vec<u8>> =
        bad.iter().enumerate().flat_map(|(number, (_, line))| [good(number), line.clone()]).collect();
    lines.push(good(bad.len()));
    let output = run(&lines, out.path());
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(is_calm(&told) && is_calm(&String::from_utf8_lossy(&output.stdout)), "{}", said(&output));
    assert!(!told.contains("example.com"), "no address: {told}");
    for (number, (reason, line)) in bad.iter().enumerate() {
        let place = format!("events.ndjson:{}: ", 2 * number + 2);
        let start: String = String::from_utf8_lossy(line).chars().take(120).collect();
        let of_line: Vec<_> = told.lines().filter(|line| line.contains(&place)).collect();
        assert_eq!(of_line.len(), 1, "{start}\n{told}");
        assert!(of_line[0].contains(&format!("{place}{reason}: ")), "{start}\n{of_line:?}");
        assert!(of_line[0].len() < 500, "{of_line:?}");
    }
    let owners: Vec<String> = mails(out.path()).into_keys().collect();
    let mut expected: Vec<_> = (0..=bad.len()).map(|number| format!("good-{number}")).collect();
    expected.sort();
    assert_eq!(owners, expected);
}

#[test]
fn what_is_read_safely_makes_a_mail_that_holds_nothing_foreign() {
    let out = tempdir().unwrap();
    let safe = safe();
    let lines: Vec<Vec<u8>> = safe.iter().map(|(event, _, _)| event.to_string().into_bytes()).collect();
    let output = run(&lines, out.path());
    assert!(output.status.success(), "{}", said(&output));
    assert!(is_calm(&String::from_utf8_lossy(&output.stderr)), "{}", said(&output));
    let mails = mails(out.path());
    for (event, holds, lacks) in &safe {
        let owner = event["recipient"]["id"].as_str().unwrap();
        let (raw, text) = mails.get(owner).unwrap_or_else(|| panic!("{owner}: no mail\n{}", said(&output)));
        let (_, html) = text.split_once("Content-Type: text/html").unwrap();
        for part in holds {
            assert!(text.contains(part), "{owner} lacks {part:?}: {}", text.replace(html, ""));
        }
        for part in lacks {
            // Markup is plain words in the text part.
            let place = if part.starts_with('<') { html } else { text };
            assert!(!place.contains(part), "{owner} holds {part:?}: {}", text.replace(html, ""));
        }
        assert!(raw.is_ascii() && raw.len() < 100_000, "{owner}");
        assert!(raw.lines().all(|line| line.len() <= 998), "{owner}");
        let headers = raw.split("\r\n\r\n").next().unwrap();
        assert!(!headers.replace("\r\n", "").contains(['\r', '\n']), "{owner}: {headers}");
        for header in ["To: ", "Subject: ", "From: "] {
            assert_eq!(headers.lines().filter(|line| line.starts_with(header)).count(), 1, "{owner}: {headers}");
        }
    }
    assert_eq!(mails.len(), safe.len());
}

#[test]
fn what_is_explained_keeps_the_terminal_calm() {
    let folder = tempdir().unwrap();
    for (number, (_, line)) in rejected().into_iter().enumerate() {
        if line.contains(&0x1b) || line.windows(5).any(|part| part == b"u001b" || part == b"u202e") {
            let file = folder.path().join(format!("{number}.json"));
            fs::write(&file, line).unwrap();
            let output = dashlight(&["explain", file.to_str().unwrap()]).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{}", said(&output));
            assert!(is_calm(&String::from_utf8_lossy(&output.stdout)), "{}", said(&output));
        }
    }
}

#[test]
fn a_bad_error_among_good_ones_is_told_and_the_good_ones_are_decided() {
    let out = tempdir().unwrap();
    let errors = json!([{ "type": "BILLING", "code": null }, { "type": 7 }, { "type": "RATE_LIMIT" }]);
    let output = run(&[webhook(&errors).to_string().into_bytes()], out.path());
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let (told, summary) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    assert!(told.contains(":1: bad-field: `data.errors[1].type` is a number"), "{}", said(&output));
    for key in ["BILLING:null", "RATE_LIMIT:null"] {
        assert!(summary.contains(&format!("without a notice: {key}")), "{}", said(&output));
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf8_is_nobodys_business() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let output =
        dashlight(&["completions", "bash"]).env("SOMEBODY_ELSES", OsStr::from_bytes(b"\xff")).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

/// The demo's page on a port of its own; ends with the value.
struct Demo {
    child: std::process::Child,
    address: String,
}

impl Demo {
    fn start() -> Self {
        let mut child = dashlight(&["demo"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().trim_start_matches("The inbox is at http://").trim_end_matches('/').to_owned();
        Self { child, address }
    }

    fn get(&self, path: &str, host: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_page_of_another_site_gets_nothing_from_the_demo() {
    let demo = Demo::start();
    let (_, port) = demo.address.split_once(':').unwrap();
    for host in
        ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "user@localhost", "localhost:1:2", "", "."]
    {
        assert!(demo.get("/entries", host).starts_with("HTTP/1.1 403"), "{host:?}");
    }
    let page = demo.get("/", &format!("localhost:{port}"));
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    for header in ["frame-ancestors 'none'", "x-content-type-options: nosniff", "referrer-policy: no-referrer"] {
        assert!(page.contains(header), "{header}: {page}");
    }
    assert!(!page.to_lowercase().contains("access-control-allow-origin"), "{page}");
    for path in [
        "/../../etc/passwd",
        "/messages/..%2f..%2fetc/html",
        "/messages/99999999999999999999999/html",
        "/messages/18446744073709551615/html",
        "/messages/0/parts/..%2f..%2fetc%2fpasswd",
        "/entries?from=-1",
    ] {
        assert!(demo.get(path, &demo.address).starts_with("HTTP/1.1 4"), "{path}");
    }
    assert!(demo.get("/entries?from=18446744073709551615", &demo.address).ends_with("[]"));
}
