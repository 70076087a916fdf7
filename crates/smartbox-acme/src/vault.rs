//! Where account and certificate are kept.

use std::io;

use aws_lc_rs::digest::{SHA256, digest};
use instant_acme::AccountCredentials;
use smartbox_edge::TlsIdentity;

use crate::{AcmeConfig, AcmeError};

/// Keeps small files that nobody else may read.
pub trait Vault: Send + Sync {
    /// What was written under this name, if anything was.
    ///
    /// # Errors
    /// It is there and cannot be read.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// It could not be written.
    fn write(&self, name: &str, content: &[u8]) -> io::Result<()>;
}

/// The certificate that is kept for these names, if one is.
pub fn kept(config: &AcmeConfig, vault: &dyn Vault) -> Option<TlsIdentity> {
    Kept { vault, config }.identity()
}

/// One account for each authority, and one certificate for each set of names of an authority.
pub(crate) struct Kept<'a> {
    pub(crate) vault: &'a dyn Vault,
    pub(crate) config: &'a AcmeConfig,
}

impl Kept<'_> {
    pub(crate) fn account(&self) -> Result<Option<AccountCredentials>, AcmeError> {
        let Some(text) = self.vault.read(&self.account_name()).map_err(AcmeError::Vault)? else {
            return Ok(None);
        };
        // Its text holds a key: only that it is broken is said.
        let broken = |_secret| AcmeError::Vault(io::ErrorKind::InvalidData.into());
        serde_json::from_slice(&text).map(Some).map_err(broken)
    }

    pub(crate) fn keep_account(&self, account: &AccountCredentials) -> Result<(), AcmeError> {
        let text = serde_json::to_vec(account)
            .map_err(|_secret| AcmeError::Vault(io::ErrorKind::InvalidData.into()))?;
        self.vault.write(&self.account_name(), &text).map_err(AcmeError::Vault)
    }

    /// A certificate from before; one that cannot be used is as good as none.
    pub(crate) fn identity(&self) -> Option<TlsIdentity> {
        let text = self.vault.read(&self.certificate_name()).ok()??;
        TlsIdentity::from_pem(&text, &text).ok()
    }

    /// Keeps chain and key in one file, so that they are never of two kinds.
    pub(crate) fn keep_identity(&self, chain: &str, key: &str) -> Result<TlsIdentity, AcmeError> {
        let identity = TlsIdentity::from_pem(chain.as_bytes(), key.as_bytes())?;
        let text = format!("{key}\n{chain}");
        self.vault.write(&self.certificate_name(), text.as_bytes()).map_err(AcmeError::Vault)?;
        Ok(identity)
    }

    fn account_name(&self) -> String {
        format!("account-{}.json", short_hash(&self.config.directory))
    }

    fn certificate_name(&self) -> String {
        format!(
            "certificate-{}.pem",
            short_hash(&format!("{} {}", self.config.directory, self.config.names.join(" ")))
        )
    }
}

fn short_hash(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
