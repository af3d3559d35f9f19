//! AUTH (RFC 4954): what we log in with. Files are read for each login: passwords and tokens are replaced under a running
//! worker.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::Auth;

use super::dial::misconfigured;
use super::reply::{Phase, Reply};
use super::session::Session;
use crate::config::{self, Secret};
use crate::rotating::Shown;
use crate::transport::SendError;
use crate::transport::wording::{bounded, scrubbed};

/// Bytes of a command line, its end among them (RFC 5321 §4.5.3.1.4). A longer token waits until it is asked for.
const COMMAND_MAX: usize = 512;

pub(super) struct Login {
    username: String,
    shown: Shown,
    is_token: bool,
    host: String,
    port: u16,
}

impl Login {
    /// `None`: nobody is asked to log in.
    pub(super) fn new(config: &config::Smtp) -> Result<Option<Self>, SendError> {
        let (shown, is_token) = match (&config.password, &config.token) {
            (Some(_), Some(_)) => return Err(misconfigured("`smtp.password` and `smtp.token` are both set; keep one")),
            (Some(password), None) => (Shown::new("smtp.password", password.clone()), false),
            (None, Some(token)) => (Shown::new("smtp.token", token.clone()), true),
            (None, None) if config.username.is_some() => {
                return Err(misconfigured("`smtp.username` is set, but neither `smtp.password` nor `smtp.token` is"));
            }
            (None, None) => return Ok(None),
        };
        let wrong = if is_token { shown.first().fault_as_token() } else { shown.first().fault_as_password() };
        if let Some(wrong) = wrong {
            return Err(misconfigured(&format!("`{}` {wrong}", shown.name())));
        }
        let Some(username) = config.username.clone() else {
            return Err(misconfigured(&format!("`{}` is set, but `smtp.username` is not", shown.name())));
        };
        Ok(Some(Self { username, shown, is_token, host: config.host.clone(), port: config.port }))
    }

    pub(super) async fn perform(&self, session: &mut Session) -> Result<(), SendError> {
        let secret = self.shown.now().await;
        let secret = secret.expose();
        let done =
            if self.is_token { self.by_token(session, secret).await } else { self.by_password(session, secret).await };
        // What a careless server must not make us repeat.
        done.map_err(|error| error.hiding(secret))
    }

    /// PLAIN, else LOGIN.
    async fn by_password(&self, session: &mut Session, password: &str) -> Result<(), SendError> {
        let credentials = Credentials::new(self.username.clone(), password.to_owned());
        let line = |mechanism, challenge: Option<&str>| {
            Auth::new(mechanism, credentials.clone(), challenge.map(str::to_owned))
                .map(|command| command.to_string())
                .map_err(|error| misconfigured(&format!("AUTH: {error}")))
        };
        if session.offers().plain {
            return session.command(Phase::Auth, &line(Mechanism::Plain, None)?).await;
        }
        if !session.offers().login {
            return Err(misconfigured("AUTH: the server offers neither PLAIN nor LOGIN"));
        }
        // Servers word the two questions as they like; their order is always this.
        for (challenge, answer) in [(None, 334), (Some("Username"), 334), (Some("Password"), 235)] {
            session.step(Phase::Auth, &line(Mechanism::Login, challenge)?, |reply| reply.code == answer).await?;
        }
        Ok(())
    }

    /// XOAUTH2, as Google and Microsoft have it, else OAUTHBEARER (RFC 7628).
    async fn by_token(&self, session: &mut Session, token: &str) -> Result<(), SendError> {
        // A file may hold another by now than it did at the start.
        if let Some(fault) = Secret::new(token).fault_as_token() {
            return Err(misconfigured(&format!("`{}` {fault}", self.shown.name())));
        }
        let (mechanism, response, resignation) = match session.offers() {
            offers if offers.xoauth2 => ("XOAUTH2", self.xoauth2(token), ""),
            offers if offers.oauthbearer => ("OAUTHBEARER", self.oauthbearer(token), "AQ=="),
            _ => return Err(misconfigured("AUTH: the server offers neither XOAUTH2 nor OAUTHBEARER")),
        };
        let response = STANDARD.encode(response);
        let goes_on = |reply: &Reply| reply.is_positive() || reply.code == 334;
        let command = format!("AUTH {mechanism} {response}\r\n");
        let reply = if command.len() <= COMMAND_MAX {
            session.step(Phase::Auth, &command, goes_on).await?
        } else {
            session.step(Phase::Auth, &format!("AUTH {mechanism}\r\n"), |reply| reply.code == 334).await?;
            session.step(Phase::Auth, &format!("{response}\r\n"), goes_on).await?
        };
        if reply.is_positive() {
            return Ok(());
        }
        // It tells what is wrong, and its verdict after one more line.
        let verdict = session.step(Phase::Auth, &format!("{resignation}\r\n"), |_| false).await;
        let error = verdict.err().unwrap_or_else(|| misconfigured("AUTH: the token is refused"));
        Err(with(error, &complaint(&reply)))
    }

    fn xoauth2(&self, token: &str) -> String {
        format!("user={}\x01auth=Bearer {token}\x01\x01", self.username)
    }

    fn oauthbearer(&self, token: &str) -> String {
        let username = self.username.replace('=', "=3D").replace(',', "=2C");
        format!("n,a={username},\x01host={}\x01port={}\x01auth=Bearer {token}\x01\x01", self.host, self.port)
    }
}

/// What the server says of a token, in its challenge: JSON in base64.
fn complaint(reply: &Reply) -> String {
    let told = reply.lines.first().and_then(|line| STANDARD.decode(line.trim()).ok()).unwrap_or_default();
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap_or_default();
    let words = ["status", "scope", "schemes"].into_iter().filter_map(|key| match &told[key] {
        serde_json::Value::String(text) => Some(format!("{key} {text}")),
        serde_json::Value::Number(number) => Some(format!("{key} {number}")),
        _ => None,
    });
    bounded(&scrubbed(&words.collect::<Vec<_>>().join(", "), None), 150)
}

fn with(error: SendError, complaint: &str) -> SendError {
    let told = |detail: String| if complaint.is_empty() { detail } else { format!("{detail} (it says: {complaint})") };
    match error {
        SendError::Misconfigured { detail } => SendError::Misconfigured { detail: told(detail) },
        SendError::Unavailable { detail, retry_after } => SendError::Unavailable { detail: told(detail), retry_after },
        other => other,
    }
}
