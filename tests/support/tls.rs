//! A server's end of TLS, under a certificate of `tests/fixtures/keys`, which is its own authority.

#![allow(dead_code, reason = "each test file uses its part of it")]

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// For `localhost` and 127.0.0.1.
pub(crate) const GOOD: &str = "localhost-certificate.pem";

pub(crate) fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/keys").join(name)
}

/// Listens on a free port and gives each connection that came through the handshake to `serve`. Ends with its runtime.
pub(crate) async fn start<S>(
    name: &str,
    protocols: &[&str],
    serve: impl Fn(TlsStream<TcpStream>) -> S + Send + 'static,
) -> u16
where
    S: Future<Output = ()> + Send + 'static,
{
    let chain = vec![CertificateDer::from_pem_file(certificate(name)).unwrap()];
    let key = PrivateKeyDer::from_pem_file(certificate("es256.p8")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let _ = socket.set_nodelay(true);
            // Who does not trust it goes away.
            if let Ok(stream) = acceptor.accept(socket).await {
                tokio::spawn(serve(stream));
            }
        }
    });
    port
}
