//! TLS of the listener: which certificate is shown, and how it is changed while connections go on.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use jiff::Timestamp;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::time::Time;

/// HTTP/2 in the handshake (RFC 7540 §3.3).
pub(crate) const ALPN_HTTP2: &[u8] = b"h2";
/// The question of a certificate authority, which ends with the handshake (RFC 8737 §3).
pub(crate) const ALPN_ACME: &[u8] = b"acme-tls/1";
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
        let (chain, key) = parts(certificate, key)?;
        let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => TlsError::Mismatch,
            rustls::Error::InvalidCertificate(_) => TlsError::NoCertificate,
            _ => TlsError::UnsupportedKey,
        })?;
        Ok(Self(Arc::new(certified)))
    }

    /// Reads a pair that answers a certificate authority. Such a certificate has a critical extension that no client knows
    /// (RFC 8737 §3), so whether it is a pair is not looked at.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn answer_from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let (chain, key) = parts(certificate, key)?;
        let key =
            provider().key_provider.load_private_key(key).map_err(|_secret| TlsError::UnsupportedKey)?;
        Ok(Self(Arc::new(CertifiedKey::new(chain, key))))
    }

    /// The certificate itself, in DER form, without its chain.
    pub fn certificate(&self) -> &[u8] {
        self.0.cert.first().map_or(&[], |certificate| certificate)
    }

    /// From when until when the certificate is valid (RFC 5280 §4.1.2.5); `None` if that cannot be read.
    pub fn validity(&self) -> Option<(Timestamp, Timestamp)> {
        let certificate = Certificate::from_der(self.certificate()).ok()?;
        let validity = certificate.tbs_certificate().validity();
        Some((moment(validity.not_before)?, moment(validity.not_after)?))
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
        let shown = Arc::new(Shown { identity: RwLock::new(identity.0), answers: RwLock::default() });
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Shown>::clone(&shown);
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![ALPN_HTTP2.to_vec(), ALPN_HTTP1.to_vec()];
        Ok(Self { config: Arc::new(config), shown })
    }

    /// Answers certificate authorities as well (TLS-ALPN-01, RFC 8737), see [`Self::answer`].
    #[must_use]
    pub fn with_answers(mut self) -> Self {
        Arc::make_mut(&mut self.config).alpn_protocols.push(ALPN_ACME.to_vec());
        self
    }

    /// Shows `answer` to a certificate authority that asks for `name`, as long as the result lives.
    #[must_use]
    pub fn answer(&self, name: &str, answer: TlsIdentity) -> TlsAnswer {
        let name = name.to_ascii_lowercase();
        self.shown.answers_mut().insert(name.clone(), answer.0);
        TlsAnswer { shown: Arc::clone(&self.shown), name }
    }

    /// Shows another certificate from the next handshake on. Connections that are open stay as they are.
    pub fn replace(&self, identity: TlsIdentity) {
        *self.shown.identity.write().unwrap_or_else(PoisonError::into_inner) = identity.0;
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

/// An answer to a certificate authority. Dropping it takes the answer back.
pub struct TlsAnswer {
    shown: Arc<Shown>,
    name: String,
}

impl Drop for TlsAnswer {
    fn drop(&mut self) {
        self.shown.answers_mut().remove(&self.name);
    }
}

/// What is shown now.
struct Shown {
    /// To everybody.
    identity: RwLock<Arc<CertifiedKey>>,
    /// To certificate authorities, by the name that they ask for.
    answers: RwLock<HashMap<String, Arc<CertifiedKey>>>,
}

impl Shown {
    fn answers_mut(&self) -> RwLockWriteGuard<'_, HashMap<String, Arc<CertifiedKey>>> {
        self.answers.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // An authority offers this protocol and no other.
        if hello.alpn().is_some_and(|offered| offered.eq([ALPN_ACME])) {
            let name = hello.server_name()?.to_ascii_lowercase();
            return self.answers.read().unwrap_or_else(PoisonError::into_inner).get(&name).map(Arc::clone);
        }
        Some(Arc::clone(&self.identity.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

type Parts = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn parts(certificate: &[u8], key: &[u8]) -> Result<Parts, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsError::NoCertificate)?;
    Ok((chain, PrivateKeyDer::from_pem_slice(key).map_err(|_secret| TlsError::NoKey)?))
}

fn moment(time: Time) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(time.to_unix_duration().as_secs()).ok()?).ok()
}

fn provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}
