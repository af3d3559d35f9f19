//! TLS with the server: whom we trust, and what we show of ourselves.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, ClientConfig, Error};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::dial::misconfigured;
use super::identity::Identity;
use crate::clock::Clock;
use crate::config::{self, Tls};
use crate::network;
use crate::transport::SendError;

pub(super) struct Encryption {
    pub(super) mode: Tls,
    server: ServerName<'static>,
    client: Arc<ClientConfig>,
    identity: Option<Identity>,
}

impl Encryption {
    /// `None`: there is none.
    pub(super) fn new(config: &config::Smtp, clock: &Arc<dyn Clock>) -> Result<Option<Self>, SendError> {
        if config.tls == Tls::None {
            return Ok(None);
        }
        let server = ServerName::try_from(config.host.clone())
            .map_err(|_| misconfigured(&format!("`smtp.host` `{}` is no host name", config.host)))?;
        let client = Arc::new(client(config.ca_file.as_deref())?);
        let identity = config.client_certificate.clone();
        let identity = identity.map(|files| Identity::new(files, &client, Arc::clone(clock))).transpose()?;
        Ok(Some(Self { mode: config.tls, server, client, identity }))
    }

    pub(super) async fn over(&self, tcp: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let client = match &self.identity {
            Some(identity) => identity.now().await,
            None => Arc::clone(&self.client),
        };
        TlsConnector::from(client).connect(self.server.clone(), tcp).await
    }
}

fn client(ca_file: Option<&Path>) -> Result<ClientConfig, SendError> {
    let fault = |error: Error| misconfigured(&format!("TLS cannot be set up: {error}"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = ca_file.map(authorities).transpose()?.unwrap_or_default();
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(fault)?;
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(fault)?;
    Ok(client.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, SendError> {
    let fault = |error: &dyn std::fmt::Display| {
        misconfigured(&format!(
            "`smtp.ca_file` `{}` cannot be read as PEM: {error}; {}",
            path.display(),
            network::AUTHORITY
        ))
    };
    let read: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates = read.map_err(|error| fault(&error))?;
    if certificates.is_empty() { Err(fault(&"it holds no certificate")) } else { Ok(certificates) }
}

/// What does not mend itself is a person's task: a certificate that is not trusted, a port that speaks no TLS.
pub(super) fn lasting_fault(host: &str, error: &io::Error) -> Option<SendError> {
    use AlertDescription as Alert;
    let detail = match error.get_ref().and_then(|source| source.downcast_ref::<Error>())? {
        Error::InvalidCertificate(fault) => {
            let told = network::distrust(host, fault, "smtp.ca_file");
            format!("TLS: {told}")
        }
        Error::InvalidMessage(_) => {
            "TLS: the server does not speak TLS here: look at `smtp.port` and `smtp.tls`".to_owned()
        }
        Error::PeerIncompatible(fault) => format!("TLS: nothing in common: {fault:?}"),
        Error::AlertReceived(Alert::CertificateRequired) => {
            "TLS: the server wants a certificate of ours: set `smtp.client_certificate` and `smtp.client_key`"
                .to_owned()
        }
        Error::AlertReceived(
            alert @ (Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied),
        ) => format!("TLS: the server does not accept our certificate ({alert:?}): look at `smtp.client_certificate`"),
        _ => return None,
    };
    Some(misconfigured(&detail))
}
