//! What restic encrypts with: AES-256-CTR, and Poly1305-AES over the result.
//!
//! A sealed piece is a nonce, the cipher text and a tag (<https://restic.readthedocs.io/en/stable/100_references.html>, "Keys,
//! Encryption and MAC").

use aes256ctr_poly1305aes::Aes256CtrPoly1305Aes;
use aes256ctr_poly1305aes::aead::AeadInPlace;
use zeroize::Zeroizing;

/// Bytes of a key: 32 to encrypt with, then `k` and `r` of the tag, 16 each.
pub(crate) const KEY_BYTES: usize = 64;
/// Bytes of a nonce.
pub(crate) const NONCE_BYTES: usize = 16;
/// Bytes of a tag.
const TAG_BYTES: usize = 16;

/// A key of a repository.
#[derive(Clone)]
pub(crate) struct Cipher(Zeroizing<[u8; KEY_BYTES]>);

impl Cipher {
    /// A key from bytes. Those bits of `r` that the tag does not use are cleared, as restic does with its own.
    pub(crate) fn new(mut bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        for at in [51, 55, 59, 63] {
            bytes[at] &= 15;
        }
        for at in [52, 56, 60] {
            bytes[at] &= 252;
        }
        Self(bytes)
    }

    /// The bytes to encrypt with, and `k` and `r`.
    pub(crate) fn parts(&self) -> (&[u8], &[u8], &[u8]) {
        (&self.0[..32], &self.0[32..48], &self.0[48..])
    }

    /// Seals a text.
    pub(crate) fn seal(&self, nonce: [u8; NONCE_BYTES], text: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = Vec::with_capacity(NONCE_BYTES + text.len() + TAG_BYTES);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(text);
        let tag = self
            .library()
            .encrypt_in_place_detached(&nonce.into(), &[], sealed.get_mut(NONCE_BYTES..)?)
            .ok()?;
        sealed.extend_from_slice(&tag);
        Some(sealed)
    }

    /// Opens what was sealed. `None`: with another key, or it was changed.
    pub(crate) fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let (text, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
        let mut text = text.to_vec();
        let opened =
            self.library().decrypt_in_place_detached(&(*nonce).into(), &[], &mut text, &(*tag).into());
        opened.is_ok().then_some(text)
    }

    fn library(&self) -> Aes256CtrPoly1305Aes {
        Aes256CtrPoly1305Aes::new((&*self.0).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_alone_and_only_unchanged() {
        let (one, other) = (Cipher::new([7; KEY_BYTES].into()), Cipher::new([8; KEY_BYTES].into()));
        let sealed = one.seal([3; NONCE_BYTES], b"text").unwrap();
        assert_eq!(one.open(&sealed).unwrap(), b"text");
        assert!(other.open(&sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(one.open(&changed).is_none(), "byte {at}");
            assert!(one.open(&sealed[..at]).is_none(), "cut at {at}");
        }
    }
}
