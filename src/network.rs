//! HTTP as we speak it to others, whoever they are: TLS that is verified, no redirects, no proxy but the configured one.
//!
//! What it says of a failure has no URL in it, which may name an owner.

use std::error::Error as _;
use std::io;
use std::path::Path;

use reqwest::{Certificate, Client, ClientBuilder, Proxy, Response, redirect};
use rustls::CertificateError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

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

/// What is wrong with the server's certificate, when that is why there is no connection, and what to do.
pub(crate) fn certificate_fault(error: &reqwest::Error) -> Option<String> {
    let mut source = error.source();
    while let Some(cause) = source {
        // An `io::Error` does not tell the error it wraps as its source.
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let tls = wrapped.and_then(|inner| inner.downcast_ref()).or_else(|| cause.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::InvalidCertificate(fault)) = tls {
            return Some(format!("{fault}; {}", remedy(fault, "network.ca_file")));
        }
        source = cause.source();
    }
    None
}

/// What a person does about a certificate. `authority`: the key of the configuration that names an authority of one's own.
pub(crate) fn remedy(fault: &CertificateError, authority: &str) -> String {
    let advice = match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "whoever runs the server has to renew it, unless this machine's clock is wrong"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "this machine's clock is probably wrong; set it"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "look at the name of the host in the configuration"
        }
        _ => return format!("set `{authority}` if its authority is your own"),
    };
    advice.to_owned()
}
