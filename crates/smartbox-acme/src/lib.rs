//! Keeps a certificate of an ACME authority (RFC 8555), such as Let's Encrypt, for the edge.
//!
//! The authority asks over TLS-ALPN-01 (RFC 8737): it connects to port 443 of each name, and the edge answers in the handshake
//! itself. So no other port and no access to DNS is needed. Account and certificate lie in a [`Vault`]. While there is no
//! certificate, the edge shows one that it has signed itself; while a new one cannot be had, the old one.

mod answer;
mod keeper;
mod order;
mod vault;

pub use keeper::{Keeper, LETS_ENCRYPT};
pub use vault::{Vault, kept};

use std::path::PathBuf;

/// What certificate to keep, and who issues it.
#[derive(Clone, Debug)]
pub struct AcmeConfig {
    /// Host names, all in one certificate.
    pub names: Vec<String>,
    /// Where the authority writes to when something is wrong.
    pub email: Option<String>,
    /// The authority's directory.
    pub directory: String,
    /// The one certificate in PEM form that the directory's own is signed by, of an authority that others do not know.
    pub directory_ca: Option<PathBuf>,
}

/// Why there is no new certificate.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// The authority refused something, or cannot be reached.
    #[error("the authority: {0}")]
    Authority(#[from] instant_acme::Error),
    /// It could not convince itself that a name leads here.
    #[error("the authority did not get an answer for {name}: {detail}")]
    NotConvinced {
        /// The name.
        name: String,
        /// What it says.
        detail: String,
    },
    /// It does not ask over TLS-ALPN-01.
    #[error("the authority does not ask over TLS-ALPN-01")]
    NoChallenge,
    /// It took too long.
    #[error("the authority took too long")]
    TooLong,
    /// What it issued cannot be used.
    #[error("the certificate {0}")]
    Unusable(#[from] smartbox_edge::TlsError),
    /// A key or a certificate of our own cannot be made.
    #[error("no key could be made")]
    NoKey(#[from] rcgen::Error),
    /// Account or certificate cannot be read or kept.
    #[error("what is kept cannot be used")]
    Vault(#[source] std::io::Error),
}
