//! Argon2id, a few at once.
//!
//! Parameters are those of the OWASP Password Storage Cheat Sheet (19 MiB, two passes, one lane). A check takes tens of
//! milliseconds of a core and 19 MiB: how many run and wait is bounded, so that a flood of sign-ins cannot eat the machine.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHash, SaltString};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::{Entropy, Error};

/// Memory of one hash, in KiB.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes that are computed at the same time.
const WORKING_MAX: usize = 2;
/// Hashes that wait for their turn or are computed.
const ADMITTED_MAX: usize = 32;
/// When to try again after more than that.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Shortest and longest password, in bytes.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=1024;

/// Computes and checks hashes on threads that may block.
pub(crate) struct PasswordHashing {
    admitted: Arc<Semaphore>,
    working: Arc<Semaphore>,
}

impl Default for PasswordHashing {
    fn default() -> Self {
        Self {
            admitted: Arc::new(Semaphore::new(ADMITTED_MAX)),
            working: Arc::new(Semaphore::new(WORKING_MAX)),
        }
    }
}

impl PasswordHashing {
    /// The hash to keep, as a PHC string.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a password that is too short or too long; [`Error::Unavailable`] under too much load.
    pub(crate) async fn hash(&self, password: SecretString, entropy: &dyn Entropy) -> Result<String, Error> {
        if !LENGTH.contains(&password.expose_secret().len()) {
            let (min, max) = (LENGTH.start(), LENGTH.end());
            return Err(Error::field("password", format!("must have {min} to {max} bytes")));
        }
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        self.work(move || {
            let salt = SaltString::encode_b64(&salt).map_err(Error::internal_text)?;
            let hash = hasher()?.hash_password(password.expose_secret().as_bytes(), &salt);
            Ok(hash.map_err(Error::internal_text)?.to_string())
        })
        .await
    }

    /// Whether the password is the one of the hash. Without a hash the answer is no, after the same work.
    pub(crate) async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, Error> {
        if password.expose_secret().len() > *LENGTH.end() {
            return Ok(false);
        }
        self.work(move || {
            let password = password.expose_secret().as_bytes();
            let Some(hash) = hash else {
                let mut out = [0; 32];
                let dummy = hasher()?.hash_password_into(password, &[0; 16], &mut out);
                dummy.map_err(Error::internal_text)?;
                return Ok(false);
            };
            let hash = PasswordHash::new(&hash).map_err(Error::internal_text)?;
            Ok(hasher()?.verify_password(password, &hash).is_ok())
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let busy = || Error::Unavailable {
            what: "too many people sign in at the same time".to_owned(),
            retry_after: RETRY_AFTER,
        };
        let _admitted = self.admitted.try_acquire().map_err(|_full| busy())?;
        // The permit goes along: a caller who leaves does not make room before the work is done.
        let working = Arc::clone(&self.working).acquire_owned().await.map_err(Error::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let _working = working;
            job()
        });
        done.await.map_err(Error::internal)?
    }
}

fn hasher() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(Error::internal_text)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[tokio::test]
    async fn the_right_password_is_known_again_and_a_wrong_one_is_not() {
        let hashing = PasswordHashing::default();
        let hash = hashing.hash(secret("correct horse"), &SystemEntropy).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(!hash.contains("horse"));
        assert!(hashing.verify(secret("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!hashing.verify(secret("Correct horse"), Some(hash)).await.unwrap());
        assert!(!hashing.verify(secret("correct horse"), None).await.unwrap());
    }

    #[tokio::test]
    async fn the_same_password_never_has_the_same_hash() {
        let hashing = PasswordHashing::default();
        let first = hashing.hash(secret("correct horse"), &SystemEntropy).await.unwrap();
        assert_ne!(first, hashing.hash(secret("correct horse"), &SystemEntropy).await.unwrap());
    }

    #[tokio::test]
    async fn passwords_have_a_length() {
        let hashing = PasswordHashing::default();
        for bad in ["1234567".to_owned(), "x".repeat(1025)] {
            assert!(matches!(hashing.hash(secret(&bad), &SystemEntropy).await, Err(Error::Invalid(_))));
        }
        assert!(!hashing.verify(secret(&"x".repeat(1025)), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_flood_is_turned_away() {
        let hashing = PasswordHashing::default();
        let all = (0..ADMITTED_MAX + 8).map(|_| hashing.verify(secret("guess"), None));
        let answers = futures_util::future::join_all(all).await;
        let refused =
            answers.iter().filter(|answer| matches!(answer, Err(Error::Unavailable { .. }))).count();
        assert_eq!(refused, 8);
    }
}
