//! The platform's admin secret, and the hashes of random tokens.

use aws_lc_rs::{constant_time, digest};
use secrecy::{ExposeSecret, SecretString};
use smartbox_store::TokenHash;

/// SHA-256 of a random token. Tokens have 256 bits of entropy, so a fast hash is enough.
pub fn token_hash(token: &str) -> TokenHash {
    sha256(token)
}

/// The platform's admin secret. Only hashes are kept: of the one in force, and of the one before while it is replaced.
#[derive(Clone)]
pub struct AdminSecret {
    accepted: Vec<[u8; 32]>,
}

impl AdminSecret {
    /// Keeps the hash of `secret`.
    pub fn new(secret: &SecretString) -> Self {
        Self { accepted: vec![sha256(secret.expose_secret())] }
    }

    /// Accepts the secret before it, too, so that programs can be changed over one by one.
    #[must_use]
    pub fn or_previous(mut self, secret: &SecretString) -> Self {
        self.accepted.push(sha256(secret.expose_secret()));
        self
    }

    /// Whether `candidate` is the secret. Takes the same time whatever differs.
    pub fn matches(&self, candidate: &str) -> bool {
        let candidate = sha256(candidate);
        let is = |known: &[u8; 32]| constant_time::verify_slices_are_equal(known, &candidate).is_ok();
        // Every one is compared, so that the time does not tell which one matched.
        self.accepted.iter().filter(|known| is(known)).count() > 0
    }
}

fn sha256(text: &str) -> [u8; 32] {
    let mut bytes = [0u8; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    bytes
}
