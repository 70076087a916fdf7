//! TLS towards upstreams: their certificates are checked for real.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use smartbox_core::egress_policy::Host;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::dial::Caller;
use super::refusal::Refusal;

/// What is spoken over it (RFC 7301).
pub(super) const ALPN: &[u8] = b"http/1.1";

/// Whom upstreams are believed by: these authorities, and nobody else.
///
/// # Errors
/// The process has no crypto that can be used.
pub fn upstream_tls(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(Arc::new(config))
}

/// Begins TLS with an upstream that was dialled.
pub(super) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
    caller: &Caller,
    host: &Host,
    stream: S,
) -> Result<TlsStream<S>, Refusal> {
    let name = match host {
        Host::Name(name) => ServerName::try_from(name.clone())
            .map_err(|_bad| Refusal::Tls("its name cannot be in a certificate"))?,
        Host::Address(address) => ServerName::IpAddress((*address).into()),
    };
    let connector = TlsConnector::from(Arc::clone(&caller.inner.ports.tls));
    let shaken =
        tokio::time::timeout(caller.inner.limits.dial_timeout, connector.connect(name, stream)).await;
    shaken.map_err(|_elapsed| Refusal::DialTimeout)?.map_err(|error| {
        let why = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        Refusal::Tls(match why {
            Some(rustls::Error::InvalidCertificate(_)) => "its certificate is not valid for it",
            Some(_) => "it speaks another TLS",
            None => "the connection ended",
        })
    })
}
