//! From the key of a box to what its repository is encrypted with.
//!
//! restic encrypts with a random master key, and keeps that in an object, sealed by what `scrypt` makes of the password. Our
//! password is a random key of 256 bits already, so the master key is derived from it instead: two platforms that make the same
//! repository at once, or one that is killed between the two objects of which a repository begins, make the same key. Opening
//! needs no `scrypt` then, which takes a third of a second and 128 MiB with the library's numbers. The object with the sealed
//! master key is there for restic alone.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustic_core::repofile::MasterKey;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use zeroize::Zeroizing;

use crate::Error;
use crate::cipher::{Cipher, KEY_BYTES, NONCE_BYTES};
use crate::hex::hex;

/// What separates these keys from others that may be derived of the same one some day.
const SALT: &[u8] = b"smartbox backup 1";
/// The cost of opening the object, as a power of two: 16 MiB. It protects nothing, because what it is made of is random.
const COST: u8 = 14;
/// Bytes of salt, as restic has them.
const SCRYPT_SALT_BYTES: usize = 64;

/// How many bytes are derived.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// What is derived of a box's key.
pub(crate) struct Derived {
    root: Prk,
    password: SecretString,
    pub(crate) master: Cipher,
}

impl Derived {
    /// Derives the master key.
    pub(crate) fn new(password: &SecretString) -> Result<Self, Error> {
        let root = Salt::new(HKDF_SHA256, SALT).extract(password.expose_secret().as_bytes());
        let master = Cipher::new(derive::<KEY_BYTES>(&root, b"master key")?);
        Ok(Self { root, password: password.clone(), master })
    }

    /// The master key as the library takes it.
    pub(crate) fn for_library(&self) -> Result<MasterKey, Error> {
        serde_json::from_value(self.text()).map_err(|_unreadable| wrong())
    }

    fn text(&self) -> serde_json::Value {
        let (encrypt, k, r) = self.master.parts();
        json!({ "mac": { "k": STANDARD.encode(k), "r": STANDARD.encode(r) }, "encrypt": STANDARD.encode(encrypt) })
    }

    /// The object with which restic opens the repository: its name and its content. It is always the same.
    pub(crate) fn object(&self) -> Result<(String, Vec<u8>), Error> {
        let salt = derive::<SCRYPT_SALT_BYTES>(&self.root, b"scrypt salt")?;
        let nonce = derive::<NONCE_BYTES>(&self.root, b"nonce of the master key")?;
        let params = scrypt::Params::new(COST, 8, 1, KEY_BYTES).map_err(|_unsupported| wrong())?;
        let mut user = Zeroizing::new([0; KEY_BYTES]);
        let password = self.password.expose_secret().as_bytes();
        scrypt::scrypt(password, &*salt, &params, &mut *user).map_err(|_too_long| wrong())?;
        let text = Zeroizing::new(self.text().to_string().into_bytes());
        let sealed = Cipher::new(user).seal(*nonce, &text).ok_or_else(wrong)?;
        let object = json!({
            // It must be there, and must not make the object another one each time.
            "created": "1970-01-01T00:00:00Z",
            "username": "smartbox",
            "hostname": "smartbox",
            "kdf": "scrypt",
            "N": 1_u32 << COST,
            "r": 8,
            "p": 1,
            "salt": STANDARD.encode(salt.as_slice()),
            "data": STANDARD.encode(&sealed),
        });
        let content = object.to_string().into_bytes();
        let name = hex(digest(&SHA256, &content).as_ref());
        Ok((name, content))
    }
}

fn derive<const N: usize>(root: &Prk, what: &[u8]) -> Result<Zeroizing<[u8; N]>, Error> {
    let mut bytes = Zeroizing::new([0; N]);
    let info = [what];
    let filled = root.expand(&info, Length(N)).and_then(|derived| derived.fill(&mut *bytes));
    filled.map_err(|_unsupported| wrong())?;
    Ok(bytes)
}

fn wrong() -> Error {
    Error::Repository("the key cannot be derived".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_always_makes_the_same_object_and_another_makes_another() {
        let object = |key: &str| Derived::new(&SecretString::from(key)).unwrap().object().unwrap();
        assert_eq!(object("one"), object("one"));
        assert_ne!(object("one").0, object("other").0);
        assert_ne!(object("one").1, object("other").1);
    }
}
