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

    /// A hash of a token and the secret in force together. It tells nothing of the secret to whoever has not the token, so a
    /// weak secret cannot be found by it.
    pub(crate) fn bound_to(&self, token: &str) -> TokenHash {
        self.accepted.first().map_or([0; 32], |secret| bind(token, secret))
    }

    /// Whether a hash was made of this token and a secret that is accepted.
    pub(crate) fn is_bound_to(&self, token: &str, bound: &TokenHash) -> bool {
        let is =
            |secret: &[u8; 32]| constant_time::verify_slices_are_equal(&bind(token, secret), bound).is_ok();
        self.accepted.iter().any(is)
    }
}

fn bind(token: &str, secret: &[u8; 32]) -> TokenHash {
    let mut both = digest::Context::new(&digest::SHA256);
    both.update(token.as_bytes());
    both.update(secret);
    let mut bytes = [0u8; 32];
    bytes.copy_from_slice(both.finish().as_ref());
    bytes
}

fn sha256(text: &str) -> [u8; 32] {
    let mut bytes = [0u8; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_opened_with_a_secret_is_good_as_long_as_that_is_accepted() {
        let (old, new) = (SecretString::from("the old one"), SecretString::from("the new one"));
        let bound = AdminSecret::new(&old).bound_to("sbs_1");
        assert!(AdminSecret::new(&old).is_bound_to("sbs_1", &bound));
        assert!(!AdminSecret::new(&old).is_bound_to("sbs_2", &bound), "another token's");
        assert!(AdminSecret::new(&new).or_previous(&old).is_bound_to("sbs_1", &bound));
        assert!(!AdminSecret::new(&new).is_bound_to("sbs_1", &bound));
    }
}
