//! `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`: what the driver knows of it, and what it does not. Nothing of a
//! URL is ever repeated but hosts, ports and the database.

use std::time::Duration;

use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// How the way to the server is secured, as libpq calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    Disable,
    /// Encrypted when the server offers it.
    Prefer,
    /// Encrypted, whoever answers.
    Require,
    /// Encrypted, and the certificate names the host.
    VerifyFull,
}

/// Where the server is.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) config: tokio_postgres::Config,
    pub(super) security: Security,
}

/// What is wrong with the URL, if anything is. Never shows it.
pub(crate) fn check(url: &str) -> Result<(), String> {
    Server::parse(url).map(drop)
}

impl Server {
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let mut security = Security::VerifyFull;
        let mut rest = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", mode)) => security = self::security(mode)?,
                Some(("sslrootcert", _)) => {
                    return Err("names an `sslrootcert`; set `ledger.ca_file` in its place".into());
                }
                _ => rest.push(parameter),
            }
        }
        let driver_url = if rest.is_empty() { address.to_owned() } else { format!("{address}?{}", rest.join("&")) };
        let form = "is no URL of the form `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full`";
        let mut config: tokio_postgres::Config = driver_url.parse().map_err(|_| form.to_owned())?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(form.into());
        }
        if config.get_hosts().iter().all(|host| !matches!(host, Host::Tcp(_))) && !config.get_hosts().is_empty() {
            // A socket of the same machine.
            security = Security::Disable;
        }
        config.ssl_mode(match security {
            Security::Disable => SslMode::Disable,
            Security::Prefer => SslMode::Prefer,
            Security::Require | Security::VerifyFull => SslMode::Require,
        });
        // After a failover the old server, or a standby, may answer first.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        if config.get_application_name().is_none() {
            config.application_name("dashlight");
        }
        Ok(Self { config, security })
    }

    /// A peer that is gone without a word is noticed in this time.
    pub(super) fn notice_within(&mut self, connecting: Duration, silence: Duration) {
        self.config.connect_timeout(connecting).tcp_user_timeout(silence);
        // The system counts these in seconds.
        let often = (silence / 3).max(Duration::from_secs(1));
        self.config.keepalives(true).keepalives_idle(often).keepalives_interval(often).keepalives_retries(3);
    }

    /// `host:port/database`, for people.
    pub(super) fn peer(&self) -> String {
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(host) => host.clone(),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        });
        let addresses = self.config.get_hostaddrs().iter().map(ToString::to_string);
        let ports = self.config.get_ports();
        let named: Vec<String> = if self.config.get_hosts().is_empty() { addresses.collect() } else { hosts.collect() };
        let with_port = named.iter().enumerate().map(|(index, host)| {
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
            format!("{host}:{port}")
        });
        let database = self.config.get_dbname().or(self.config.get_user()).unwrap_or("postgres");
        format!("{}/{database}", with_port.collect::<Vec<_>>().join(","))
    }
}

fn security(mode: &str) -> Result<Security, String> {
    match mode {
        "disable" => Ok(Security::Disable),
        "prefer" => Ok(Security::Prefer),
        "require" => Ok(Security::Require),
        "verify-full" => Ok(Security::VerifyFull),
        "verify-ca" => {
            Err("has `sslmode=verify-ca`, which trusts any host of the authority; write `verify-full`".into())
        }
        // It is a word of the operator's, but a password could stand here after a slip of the `&`.
        _ => Err("has an unknown `sslmode`; write `disable`, `prefer`, `require` or `verify-full`".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(url: &str) -> String {
        Server::parse(url).map_or_else(|fault| fault, |server| server.peer())
    }

    #[test]
    fn a_server_is_named_without_its_password() {
        for (url, expected) in [
            ("postgres://me:hunter2@db.example/cars", "db.example:5432/cars"),
            ("postgresql://me:hunter2@db.example:6432", "db.example:6432/me"),
            ("postgres://me:hunter2@a:1,b:2/cars", "a:1,b:2/cars"),
            ("postgres://me@/cars?host=/run/postgresql&password=hunter2", "/run/postgresql:5432/cars"),
            ("postgres://me:hunter2@[::1]:5433/cars", "::1:5433/cars"),
        ] {
            assert_eq!(peer(url), expected);
        }
    }

    #[test]
    fn what_is_no_server_is_refused_and_never_repeated() {
        for url in [
            "",
            "postgres://",
            "postgres:///cars",
            "mysql://me:hunter2@db/cars",
            "postgres://me:hunter2@db:port/cars",
            "postgres://me:hunter2@db/cars?hunter2=1",
            "postgres://me:hunter2@db/cars?sslmode=hunter2",
            "postgres://me@db/cars?sslrootcert=/hunter2",
        ] {
            let fault = check(url).expect_err(url);
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }

    #[test]
    fn a_way_over_the_network_is_verified_unless_the_url_says_otherwise() {
        let security = |url: &str| Server::parse(url).expect(url).security;
        assert_eq!(security("postgres://db/cars"), Security::VerifyFull);
        assert_eq!(security("postgres://db/cars?sslmode=require&application_name=x"), Security::Require);
        assert_eq!(security("postgres://db/cars?application_name=x&sslmode=disable"), Security::Disable);
        assert_eq!(security("postgres:///cars?host=/run/postgresql"), Security::Disable);
        assert!(check("postgres://db/cars?sslmode=verify-ca").expect_err("refused").contains("verify-full"));
    }
}
