//! Secrets at rest: AES-256-GCM, bound to their row, under keys that are not in the database.

mod key_file;
mod keyring;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{Aad, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretString};

pub use key_file::KeyFile;
pub use keyring::{Keyring, KeyringError};

use crate::Error;

/// Where keys are kept, when they are replaced.
pub trait KeySource: Send + Sync {
    /// Sees to it that there is a newer key than the last of `current`, and gives all of them, the newest last.
    ///
    /// # Errors
    /// There is none, or it cannot be kept.
    fn add(&self, current: &Keyring) -> Result<Keyring, KeyringError>;

    /// Lets go of every key but the newest of `current`, which nothing is sealed with any more. `None` where whoever keeps
    /// the keys has to do it.
    ///
    /// # Errors
    /// They cannot be taken away.
    fn retire(&self, current: &Keyring) -> Result<Option<Keyring>, KeyringError>;
}

/// Keys that are lost with the process.
struct InMemory;

impl KeySource for InMemory {
    fn add(&self, current: &Keyring) -> Result<Keyring, KeyringError> {
        current.with_new_key()
    }

    fn retire(&self, current: &Keyring) -> Result<Option<Keyring>, KeyringError> {
        Ok(Some(current.newest()))
    }
}

/// Seals and opens secrets with the keys of a [`Keyring`].
pub struct Sealer {
    keyring: RwLock<Arc<Keyring>>,
    source: Arc<dyn KeySource>,
}

/// A secret as the database has it: text columns.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Sealed {
    pub(crate) key_id: String,
    pub(crate) nonce: String,
    pub(crate) ciphertext: String,
}

/// The place a secret belongs to. Ciphertext that is moved elsewhere cannot be opened.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'a str,
    pub(crate) row: &'a str,
    pub(crate) name: &'a str,
}

impl Place<'_> {
    /// Each part with its length before it, so that no two places share a text.
    fn aad(self) -> Aad<Vec<u8>> {
        let mut bytes = Vec::new();
        for part in [self.table, self.row, self.name] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Aad::from(bytes)
    }
}

impl Sealer {
    /// Seals with the keyring's newest key and opens with any. Keys that are added later are lost with the process.
    pub fn new(keyring: Keyring) -> Self {
        Self::with_source(keyring, Arc::new(InMemory))
    }

    /// The same, with a place where keys are added and taken away.
    pub fn with_source(keyring: Keyring, source: Arc<dyn KeySource>) -> Self {
        Self { keyring: RwLock::new(Arc::new(keyring)), source }
    }

    /// A sealer whose key is lost with it: for stores that are lost with it, too.
    pub(crate) fn ephemeral() -> Result<Self, Error> {
        Ok(Self::new(Keyring::ephemeral().map_err(|error| Error::Internal(error.into()))?))
    }

    fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keyring.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, keyring: Keyring) {
        *self.keyring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
    }

    pub(crate) fn active_key_id(&self) -> String {
        self.keyring().active().id.clone()
    }

    pub(crate) fn has_key(&self, id: &str) -> bool {
        self.keyring().find(id).is_some()
    }

    /// How many keys there are.
    pub(crate) fn keys(&self) -> usize {
        self.keyring().len()
    }

    /// Seals with a newer key from now on. Reads and writes files: not for a thread that others wait for.
    pub(crate) fn add_key(&self) -> Result<(), KeyringError> {
        let added = self.source.add(&self.keyring())?;
        self.replace(added);
        Ok(())
    }

    /// Lets go of every key but the newest, and says whether it did: `false` where whoever keeps the keys has to.
    pub(crate) fn retire_keys(&self) -> Result<bool, KeyringError> {
        let left = self.source.retire(&self.keyring())?;
        let is_done = left.is_some();
        if let Some(left) = left {
            self.replace(left);
        }
        Ok(is_done)
    }

    pub(crate) fn seal(&self, place: Place<'_>, secret: &SecretString) -> Result<Sealed, Error> {
        let keyring = self.keyring();
        let key = keyring.active();
        let mut bytes = secret.expose_secret().as_bytes().to_vec();
        let Ok((nonce, tag)) = key.cipher.seal_in_place_separate_tag(place.aad(), &mut bytes) else {
            bytes.zeroize();
            return Err(Error::Internal("sealing failed".into()));
        };
        bytes.extend_from_slice(tag.as_ref());
        Ok(Sealed {
            key_id: key.id.clone(),
            nonce: BASE64.encode(nonce.as_ref()),
            ciphertext: BASE64.encode(bytes),
        })
    }

    pub(crate) fn open(&self, place: Place<'_>, sealed: &Sealed) -> Result<SecretString, Error> {
        let decode = |text: &str| BASE64.decode(text).map_err(|_error| Error::Unsealable);
        let keyring = self.keyring();
        let key = keyring.find(&sealed.key_id).ok_or(Error::Unsealable)?;
        let nonce =
            Nonce::try_assume_unique_for_key(&decode(&sealed.nonce)?).map_err(|_error| Error::Unsealable)?;
        let mut bytes = decode(&sealed.ciphertext)?;
        let length = key
            .cipher
            .open_in_place(nonce, place.aad(), &mut bytes)
            .map_err(|_error| Error::Unsealable)?
            .len();
        bytes.truncate(length);
        String::from_utf8(bytes).map(SecretString::from).map_err(|error| {
            error.into_bytes().zeroize();
            Error::Unsealable
        })
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

#[cfg(test)]
mod tests;
