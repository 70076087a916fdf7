//! Secrets at rest: AES-256-GCM, bound to their row, under keys that are not in the database.

mod keyring;

use std::fmt;

use aws_lc_rs::aead::{Aad, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretString};

pub use keyring::{Keyring, KeyringError};

use crate::Error;

/// Seals and opens secrets with the keys of a [`Keyring`].
pub struct Sealer {
    keyring: Keyring,
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
    /// Seals with the keyring's newest key and opens with any.
    pub fn new(keyring: Keyring) -> Self {
        Self { keyring }
    }

    /// A sealer whose key is lost with it: for stores that are lost with it, too.
    pub(crate) fn ephemeral() -> Result<Self, Error> {
        Ok(Self { keyring: Keyring::ephemeral().map_err(|error| Error::Internal(error.into()))? })
    }

    pub(crate) fn active_key_id(&self) -> &str {
        &self.keyring.active().id
    }

    pub(crate) fn has_key(&self, id: &str) -> bool {
        self.keyring.find(id).is_some()
    }

    pub(crate) fn seal(&self, place: Place<'_>, secret: &SecretString) -> Result<Sealed, Error> {
        let key = self.keyring.active();
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
        let key = self.keyring.find(&sealed.key_id).ok_or(Error::Unsealable)?;
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
