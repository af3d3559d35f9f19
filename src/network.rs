//! HTTP as we speak it to others, whoever they are: TLS that is verified, no redirects, no proxy but the configured one.
//!
//! What it says of a failure has no URL in it, which may name an owner.

use std::error::Error as _;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use reqwest::{Certificate, Client, ClientBuilder, Proxy, Response, redirect};
use rustls::CertificateError;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, UnixTime};

use crate::config::Network;

/// A client under `[network]`'s rules, with what one peer needs besides. Connects to nothing yet.
///
/// # Errors
/// What is wrong with `[network]`, for people.
pub(crate) fn client(
    network: &Network,
    besides: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<Client, String> {
    // The client wants the process's one provider; whoever installed it first is right.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .connect_timeout(network.connect_timeout)
        .timeout(network.timeout)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .tls_certs_merge(authorities(network.ca_file.as_deref())?)
        .user_agent(concat!("dashlight/", env!("CARGO_PKG_VERSION")));
    if let Some(proxy) = &network.proxy {
        // Its error would show the URL, which may hold a password.
        let proxy = Proxy::all(proxy.expose()).map_err(|_| "`network.proxy` is no URL of a proxy".to_owned())?;
        builder = builder.proxy(proxy);
    }
    besides(builder).build().map_err(|error| format!("the HTTP client cannot be set up: {}", reason(&error)))
}

/// What an authority's file is.
pub(crate) const AUTHORITY: &str = "name the file of the authority's certificate (`-----BEGIN CERTIFICATE-----`)";

fn authorities(path: Option<&Path>) -> Result<Vec<Certificate>, String> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let fault = |error: &dyn std::fmt::Display| {
        format!("`network.ca_file` `{}` cannot be read as PEM: {error}; {AUTHORITY}", path.display())
    };
    let read: Result<Vec<CertificateDer<'_>>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let read = read.map_err(|error| fault(&error))?;
    if read.is_empty() {
        return Err(fault(&"it holds no certificate"));
    }
    read.iter().map(|der| Certificate::from_der(der).map_err(|error| fault(&reason(&error)))).collect()
}

/// How far a body was read.
pub(crate) enum End {
    Whole,
    /// It goes on.
    Capped,
    Broken(reqwest::Error),
}

/// At most `most` bytes of a body.
pub(crate) async fn body(mut response: Response, most: usize) -> (Vec<u8>, End) {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = most - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    return (body, End::Capped);
                }
            }
            Ok(None) => return (body, End::Whole),
            Err(error) => return (body, End::Broken(error)),
        }
    }
}

/// The innermost cause, without the URL that reqwest shows.
pub(crate) fn reason(error: &reqwest::Error) -> String {
    let mut source: &dyn std::error::Error = error;
    while let Some(deeper) = source.source() {
        source = deeper;
    }
    if std::ptr::addr_eq(source, error) { "the request failed".to_owned() } else { source.to_string() }
}

/// What is wrong with the server's certificate, when that is why there is no connection, and what to do. It names the host.
pub(crate) fn certificate_fault(error: &reqwest::Error) -> Option<String> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(rustls::Error::InvalidCertificate(fault)) = of_tls(cause) {
            let host = error.url().and_then(|url| url.host_str()).unwrap_or("the server");
            return Some(distrust(host, fault, "network.ca_file"));
        }
        source = cause.source();
    }
    None
}

/// The fault of TLS in an error, under as many `io::Error`s as there are: none tells the one it wraps as its source.
fn of_tls<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    match error.downcast_ref::<io::Error>() {
        Some(wrapping) => of_tls(wrapping.get_ref()?),
        None => error.downcast_ref(),
    }
}

/// Why the certificate of `host` is not trusted, and what a person does about it. `authority`: the key of the configuration
/// that names an authority of one's own.
pub(crate) fn distrust(host: &str, fault: &CertificateError, authority: &str) -> String {
    const RENEW: &str = "whoever runs the server has to renew it, unless this machine's clock is wrong";
    const CLOCK: &str = "this machine's clock is probably wrong; set it";
    let why = match fault {
        CertificateError::Expired => format!("it has expired; {RENEW}"),
        CertificateError::ExpiredContext { not_after, .. } => format!("it has expired at {}; {RENEW}", at(*not_after)),
        CertificateError::NotValidYet => format!("it is not valid yet; {CLOCK}"),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("it is not valid before {}; {CLOCK}", at(*not_before))
        }
        CertificateError::NotValidForName => "it is for another host; name the host as its certificate does".to_owned(),
        CertificateError::NotValidForNameContext { presented, .. } => {
            // As rustls shows a name: `DnsName("mail.example.com")`.
            let names = presented.iter().map(|name| name.split('"').nth(1).unwrap_or(name));
            let names: Vec<String> = names.take(MOST_NAMES).map(|name| format!("`{name}`")).collect();
            format!("it is for {}; name the host as its certificate does", names.join(", "))
        }
        CertificateError::UnknownIssuer => {
            format!(
                "no authority that this machine trusts has signed it; set `{authority}` if its authority is your own"
            )
        }
        other => {
            // Their names say enough: `BadSignature`. What some of them hold is for programmers.
            let name = format!("{other:?}");
            let name = name.split(|char: char| !char.is_ascii_alphanumeric()).next().unwrap_or_default();
            format!(
                "{name}; set `{authority}` if its authority is your own, else whoever runs the server has to mend it"
            )
        }
    };
    format!("the certificate of `{host}` is not trusted: {why}")
}

/// Names of a certificate that are repeated.
const MOST_NAMES: usize = 5;

fn at(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    seconds.map_or_else(|| "a time that is none".to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_of_a_certificate_has_a_remedy_of_its_own() {
        let at = |seconds| UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        for (fault, told) in [
            (CertificateError::Expired, "it has expired; whoever runs the server has to renew it"),
            (
                CertificateError::ExpiredContext { time: at(9), not_after: at(0) },
                "it has expired at 1970-01-01T00:00:00Z; whoever runs the server has to renew it",
            ),
            (CertificateError::NotValidYet, "it is not valid yet; this machine's clock"),
            (
                CertificateError::NotValidYetContext { time: at(0), not_before: at(86_400) },
                "it is not valid before 1970-01-02T00:00:00Z; this machine's clock",
            ),
            (CertificateError::NotValidForName, "it is for another host; name the host as"),
            (CertificateError::UnknownIssuer, "has signed it; set `smtp.ca_file` if its authority is your own"),
            (
                CertificateError::BadSignature,
                "BadSignature; set `smtp.ca_file` if its authority is your own, else whoever",
            ),
        ] {
            let all = distrust("mail.example.com", &fault, "smtp.ca_file");
            assert!(all.starts_with("the certificate of `mail.example.com` is not trusted: "), "{all}");
            assert!(all.contains(told), "{all}");
        }
    }
}
