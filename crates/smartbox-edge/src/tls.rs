//! TLS of the listener: which certificate is shown, and how it is changed while connections go on.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig};

/// HTTP/2 in the handshake (RFC 7540 §3.3).
pub(crate) const ALPN_HTTP2: &[u8] = b"h2";
/// HTTP/1.1 in the handshake (RFC 7301 §6).
const ALPN_HTTP1: &[u8] = b"http/1.1";

/// Why a certificate and its key cannot be used. No text of the files is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The certificate file holds none, or a broken one.
    #[error("holds no certificate in PEM form")]
    NoCertificate,
    /// The key file holds none, or a broken one.
    #[error("holds no private key in PEM form")]
    NoKey,
    /// The key is of a kind that TLS does not know.
    #[error("holds a key of a kind that is not supported; use ECDSA, RSA or Ed25519")]
    UnsupportedKey,
    /// Certificate and key are not a pair.
    #[error("holds a key that does not belong to the certificate")]
    Mismatch,
}

/// A certificate, the chain behind it, and the private key.
#[derive(Clone)]
pub struct TlsIdentity(Arc<CertifiedKey>);

impl TlsIdentity {
    /// Reads a pair in PEM form; the certificate comes first, then its chain.
    ///
    /// # Errors
    /// They are no pair, see [`TlsError`]. Whether the certificate has expired is not looked at: clients say so.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsError::NoCertificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_secret| TlsError::NoKey)?;
        let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => TlsError::Mismatch,
            rustls::Error::InvalidCertificate(_) => TlsError::NoCertificate,
            _ => TlsError::UnsupportedKey,
        })?;
        Ok(Self(Arc::new(certified)))
    }

    /// The certificate itself, in DER form, without its chain.
    pub fn certificate(&self) -> &[u8] {
        self.0.cert.first().map_or(&[], |certificate| certificate)
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsIdentity")
    }
}

/// TLS 1.2 and 1.3 with a certificate that can be replaced. All clones are one.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    shown: Arc<Shown>,
}

impl Tls {
    /// Shows this certificate to everybody.
    ///
    /// # Errors
    /// The crypto library has none of the protocol's versions; it never happens with the one that is built in.
    pub fn new(identity: TlsIdentity) -> Result<Self, rustls::Error> {
        let shown = Arc::new(Shown(RwLock::new(identity.0)));
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Shown>::clone(&shown);
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![ALPN_HTTP2.to_vec(), ALPN_HTTP1.to_vec()];
        Ok(Self { config: Arc::new(config), shown })
    }

    /// Shows another certificate from the next handshake on. Connections that are open stay as they are.
    pub fn replace(&self, identity: TlsIdentity) {
        *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = identity.0;
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

/// The certificate that is shown now.
struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

fn provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}
