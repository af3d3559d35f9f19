//! Mail servers to test against: aiosmtpd that does what its recipients' names say (`smtp_server.py`), and Postfix's
//! `smtp-sink` for load. Both end with the value that holds them.

#![allow(dead_code, reason = "each test file uses its part of it")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up should fail")]

#[path = "peer.rs"]
pub(crate) mod peer;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A Python with aiosmtpd.
pub(crate) fn python() -> Option<PathBuf> {
    peer::named("DASHLIGHT_TEST_PYTHON").map(PathBuf::from)
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support").join(name)
}

/// aiosmtpd on a free port.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    pub(crate) dir: tempfile::TempDir,
}

impl Server {
    /// `None` without Python. `arguments` are those of `smtp_server.py`; `--cert` and `--key` are added for TLS.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        let python = python()?;
        let dir = tempfile::tempdir().expect("a directory");
        let mut command = Command::new(python);
        command
            .args(["-W", "ignore"])
            .arg(script("smtp_server.py"))
            .arg("--record")
            .arg(dir.path().join("record.ndjson"))
            .args(arguments);
        if arguments.contains(&"--tls") {
            make_certificate(dir.path());
            command.arg("--cert").arg(dir.path().join("cert.pem")).arg("--key").arg(dir.path().join("key.pem"));
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("the server speaks");
        let port = line.trim().strip_prefix("PORT ").and_then(|port| port.parse().ok());
        Some(Self { port: port.unwrap_or_else(|| panic!("no port in {line:?}")), child, dir })
    }

    /// The certificate that the server shows, which is its own authority.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.dir.path().join("cert.pem")
    }

    fn record(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.dir.path().join("record.ndjson")).unwrap_or_default();
        // The last line may be half written.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    /// Every message taken over, in order.
    pub(crate) fn messages(&self) -> Vec<Value> {
        self.record().into_iter().filter(|line| line["raw"].is_string()).collect()
    }

    /// Which connection brought which message.
    pub(crate) fn connections(&self) -> Vec<u64> {
        self.messages().iter().filter_map(|message| message["connection"].as_u64()).collect()
    }

    /// Waits until the server has closed this connection.
    pub(crate) fn wait_until_closed(&self, connection: u64) {
        let deadline = Instant::now() + Duration::from_mins(3);
        while !self.record().iter().any(|line| line["closed"] == connection) {
            assert!(Instant::now() < deadline, "connection {connection} was never closed");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `[smtp]` says to reach a server on this machine, with short patience.
pub(crate) fn settings(port: u16) -> dashlight::config::Smtp {
    dashlight::config::Smtp {
        host: "127.0.0.1".to_owned(),
        port,
        tls: dashlight::config::Tls::None,
        ca_file: None,
        client_certificate: None,
        username: None,
        password: None,
        token: None,
        return_path: None,
        dkim: std::collections::BTreeMap::new(),
        hello: None,
        max_connections: 4,
        max_messages_per_connection: 100,
        per_domain: dashlight::config::DomainLimits::default(),
        domains: std::collections::BTreeMap::new(),
        max_age: Duration::from_mins(5),
        max_idle: Duration::from_secs(30),
        connect_timeout: Duration::from_secs(10),
        command_timeout: Duration::from_secs(10),
        data_timeout: Duration::from_secs(10),
        after_doubt: dashlight::transport::AfterDoubt::Resend,
        rate: None,
    }
}

/// A mail to this address, with a QR code.
pub(crate) fn mail_to(address: &str) -> dashlight::message::Email {
    use dashlight::message::{Email, Inline, Mailbox};
    Email {
        id: dashlight::ledger::DispatchId::from_stored("0d9f8c1e-7b7a-8d2e-9d10-5f0e6a1b2c3d".to_owned()),
        date: "2026-11-23T14:24:00Z".parse().expect("a time"),
        from: Mailbox { name: Some("Volta, the \"car\" app".to_owned()), address: "cars@volta.example".to_owned() },
        reply_to: Some(Mailbox { name: None, address: "help@volta.example".to_owned() }),
        to: Mailbox { name: Some("Søren Ærø, 日本 <😀>".to_owned()), address: address.to_owned() },
        subject: "Nøglen til din Tesla mangler: så let tilføjer du den på din telefon i Tesla-appen 🚗".to_owned(),
        html: "<html lang=\"da\"><body><p>Hej Søren</p>\n.\n<img src=\"cid:qr\" alt=\"QR\"></body></html>\n".to_owned(),
        text: "Hej Søren\n\n.\n..to prikker\nFrom here\nhttps://www.tesla.com/_ak/smartcar.com?a=b \n".to_owned(),
        inline: vec![Inline {
            content_id: "qr".to_owned(),
            file_name: "qr.png".to_owned(),
            content_type: "image/png",
            bytes: (0..=255).collect(),
        }],
        locale: "da".to_owned(),
        feedback_id: "virtual-key-required:volta:dashlight".to_owned(),
        list_unsubscribe: Some("https://volta.example/stop?u=1".to_owned()),
        test: false,
    }
}

/// The bytes of a message that the server has taken over, of which it tells each as a character.
pub(crate) fn raw(message: &Value) -> Vec<u8> {
    let characters = message["raw"].as_str().expect("a message").chars();
    characters.map(|character| u8::try_from(character).expect("Latin-1")).collect()
}

/// A self-signed certificate for `localhost` and 127.0.0.1.
fn make_certificate(dir: &Path) {
    certificate(dir, "localhost", "cert.pem", "key.pem");
}

/// A client's self-signed certificate and key: `NAME.pem` and `NAME-key.pem`.
pub(crate) fn make_identity(dir: &Path, name: &str) -> dashlight::config::ClientCertificate {
    let (certified, key) = (format!("{name}.pem"), format!("{name}-key.pem"));
    certificate(dir, name, &certified, &key);
    dashlight::config::ClientCertificate { certificate: dir.join(certified), key: dir.join(key) }
}

fn certificate(dir: &Path, name: &str, certificate: &str, key: &str) {
    let config = format!(
        "[req]\ndistinguished_name=dn\nx509_extensions=v3\nprompt=no\n[dn]\nCN={name}\n\
         [v3]\nsubjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n"
    );
    std::fs::write(dir.join("req.cnf"), config).expect("written");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-config", "req.cnf", "-keyout", key, "-out", certificate])
        .current_dir(dir)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// `openssl s_server`, which says in TLS why it does not serve a client, as mail servers do and Python does not.
pub(crate) struct Openssl {
    child: Child,
    pub(crate) port: u16,
}

impl Openssl {
    /// It serves this client only, and shows the same certificate itself.
    pub(crate) fn start(known: &dashlight::config::ClientCertificate) -> Self {
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-Verify", "1", "-verify_return_error", "-CAfile"])
            .arg(&known.certificate)
            .arg("-cert")
            .arg(&known.certificate)
            .arg("-key")
            .arg(&known.key)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut lines = lines.map(|line| line.expect("openssl speaks"));
        let line = lines.find(|line| line.starts_with("ACCEPT")).expect("it listens");
        // It would end if nobody listened to it.
        std::thread::spawn(move || lines.for_each(drop));
        let port = line.rsplit(':').next().and_then(|port| port.trim().parse().ok()).expect("a port");
        Self { child, port }
    }
}

impl Drop for Openssl {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A mail as Python's `email` package reads it; `None` without Python.
pub(crate) fn read_mail(bytes: &[u8]) -> Option<Value> {
    python_reads("read_mail.py", &[], bytes)
}

/// What a script says of a mail on its standard input.
fn python_reads(name: &str, arguments: &[String], mail: &[u8]) -> Option<Value> {
    let mut child = Command::new(python()?)
        .arg(script(name))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    child.stdin.take().expect("a pipe").write_all(mail).expect("python reads");
    let output = child.wait_with_output().expect("python ends");
    assert!(output.status.success(), "the mail cannot be read");
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// Who signed a mail, as dkimpy finds by these records in DNS; `None` without Python.
pub(crate) fn verify_dkim(bytes: &[u8], records: &Value) -> Option<Value> {
    python_reads("verify_dkim.py", &[records.to_string()], bytes)
}

/// Postfix's `smtp-sink`, which takes everything and forgets it.
pub(crate) struct Sink {
    child: Child,
    pub(crate) port: u16,
}

impl Sink {
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        let program = peer::named("DASHLIGHT_TEST_SMTP_SINK")?;
        let port = peer::free_port();
        let me = Command::new("id").arg("-un").output().expect("id runs").stdout;
        let user: &[&str] = if me.starts_with(b"root") { &["-u", "root"] } else { &[] };
        let child = Command::new(program)
            .args(user)
            .args(arguments)
            .args([&format!("127.0.0.1:{port}"), "256"])
            .stdout(Stdio::null())
            .spawn()
            .expect("smtp-sink starts");
        let sink = Self { child, port };
        let deadline = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(Instant::now() < deadline, "smtp-sink does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(sink)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
