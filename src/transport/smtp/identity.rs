//! The certificate that we show the server. Its files are read for each connection: certificates are renewed under a
//! running worker.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rustls::client::Resumption;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, Error, InconsistentKeys};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::clock::Clock;
use crate::config::{ClientCertificate, secret_file};
use crate::rotating::Trouble;
use crate::transport::SendError;

pub(super) struct Identity {
    files: ClientCertificate,
    clock: Arc<dyn Clock>,
    last: Mutex<Last>,
}

/// What was good the last time.
struct Last {
    pem: Pem,
    client: Arc<ClientConfig>,
    trouble: Trouble,
}

/// The two files as they are.
#[derive(PartialEq, Eq)]
struct Pem {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Pem {
    fn read(ClientCertificate { certificate, key }: &ClientCertificate) -> Result<Self, String> {
        let read = |name: &str, path: &Path| {
            let fault = |fault| format!("`smtp.{name}` names `{}`, which {fault}", path.display());
            secret_file::bytes(path).map_err(fault)
        };
        Ok(Self { certificate: read("client_certificate", certificate)?, key: read("client_key", key)? })
    }
}

impl Identity {
    /// `client` shows no certificate yet.
    pub(super) fn new(
        files: ClientCertificate,
        client: &ClientConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SendError> {
        let made = || {
            let pem = Pem::read(&files)?;
            let client = Arc::new(showing(client, &pem, &files, clock.now())?);
            Ok(Last { pem, client, trouble: Trouble::default() })
        };
        let last = Mutex::new(made().map_err(|detail| SendError::Misconfigured { detail })?);
        Ok(Self { files, clock, last })
    }

    /// By what the files hold now; while they do not fit each other, as in the middle of a renewal, by what they held last.
    pub(super) async fn now(&self) -> Arc<ClientConfig> {
        let read = self.read().await;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let read = read.and_then(|pem| {
            if pem == last.pem {
                return Ok(None);
            }
            showing(&last.client, &pem, &self.files, self.clock.now()).map(|client| Some((pem, client)))
        });
        if let Some(Some((pem, client))) = last.trouble.over("smtp.client_certificate", read) {
            last.pem = pem;
            last.client = Arc::new(client);
        }
        Arc::clone(&last.client)
    }

    async fn read(&self) -> Result<Pem, String> {
        let files = self.files.clone();
        let read = tokio::task::spawn_blocking(move || Pem::read(&files)).await;
        read.unwrap_or_else(|fault| Err(format!("cannot be read: {fault}")))
    }
}

/// The same client with this certificate, and without the sessions that were opened by another.
fn showing(
    client: &ClientConfig,
    pem: &Pem,
    files: &ClientCertificate,
    now: Timestamp,
) -> Result<ClientConfig, String> {
    let certificates = certificates(&pem.certificate, &files.certificate)?;
    check_dates(&certificates[0], &files.certificate, now)?;
    let key = private_key(&pem.key, &files.key)?;
    let certified = CertifiedKey::from_der(certificates, key, client.crypto_provider());
    let certified = certified.map_err(|error| unfit(&error, files))?;
    let mut client = client.clone();
    client.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(certified));
    client.resumption = Resumption::default();
    Ok(client)
}

fn certificates(text: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(format!(
            "`smtp.client_certificate` `{}` holds no certificate in PEM: it wants ours, then those between it and its authority",
            path.display()
        )),
    }
}

fn private_key(text: &[u8], path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(text).map_err(|fault| {
        let path = path.display();
        if memchr::memmem::find(text, b"ENCRYPTED").is_some() {
            return format!(
                "`smtp.client_key` `{path}` has a passphrase, which nobody could type: write it without, by `openssl pkey -in … -out …`"
            );
        }
        match fault {
            pem::Error::NoItemsFound => format!("`smtp.client_key` `{path}` holds no private key in PEM: give the one of `smtp.client_certificate`"),
            _ => format!("`smtp.client_key` `{path}` is no PEM: write the key anew"),
        }
    })
}

fn check_dates(certificate: &CertificateDer<'_>, path: &Path, now: Timestamp) -> Result<(), String> {
    let path = path.display();
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| {
        format!("`smtp.client_certificate` `{path}` holds no certificate that can be read: issue it anew")
    })?;
    let at = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).unwrap_or(Timestamp::MAX);
    let (from, until) = (at(parsed.validity().not_before), at(parsed.validity().not_after));
    if now >= until {
        return Err(format!("`smtp.client_certificate` `{path}` has expired at {until}: renew it"));
    }
    if now < from {
        return Err(format!(
            "`smtp.client_certificate` `{path}` is not valid before {from}: wait, or set this machine's clock right"
        ));
    }
    Ok(())
}

fn unfit(error: &Error, ClientCertificate { certificate, key }: &ClientCertificate) -> String {
    match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => format!(
            "`smtp.client_key` `{}` is not the key of `smtp.client_certificate` `{}`: give the one that the certificate was issued for",
            key.display(),
            certificate.display()
        ),
        error => format!("`smtp.client_key` `{}` cannot be used: {error}", key.display()),
    }
}
