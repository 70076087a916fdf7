//! Hashing where people wait: a few at a time, on threads of their own.

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::Semaphore;

use super::{PasswordError, SALT_BYTES, hash_password, verify_password};

/// A hash of today's parameters that no password has: its salt and its output are written down, not computed.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCEhIQ$bm9ib2R5IGhhcyB0aGlzIHBhc3N3b3JkIGF0IGFsbCE";

/// Hashes passwords with bounded concurrency, so that a flood of sign-ins cannot eat the machine: at most `threads`
/// times 19 MiB and `threads` processors are used, and whoever finds the queue full is told so at once. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PasswordPool {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

impl PasswordPool {
    /// `threads` hashes run at once and `queue` callers wait. Each is at least one.
    pub fn new(threads: usize, queue: usize) -> Self {
        let threads = threads.max(1);
        Self {
            running: Arc::new(Semaphore::new(threads)),
            admitted: Arc::new(Semaphore::new(
                threads.saturating_add(queue.max(1)).min(Semaphore::MAX_PERMITS),
            )),
        }
    }

    /// Whether `password` is the one that is stored. For a person who is not known pass nothing: it takes as long, and
    /// the answer is no.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when the queue is full, [`PasswordError::Stored`] for a hash that is none.
    pub async fn verify(
        &self,
        password: SecretString,
        stored: Option<String>,
    ) -> Result<bool, PasswordError> {
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODYS_HASH.to_owned());
        let is_right = self.run(move || verify_password(&password, &stored)).await?;
        Ok(is_right && is_known)
    }

    /// The PHC string of a password; `salt` is random.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when the queue is full, [`PasswordError::Length`] for passwords of a wrong length.
    pub async fn hash(
        &self,
        password: SecretString,
        salt: [u8; SALT_BYTES],
    ) -> Result<String, PasswordError> {
        self.run(move || hash_password(&password, salt)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_full| PasswordError::Busy)?;
        let running =
            Arc::clone(&self.running).acquire_owned().await.map_err(|_closed| PasswordError::Failed)?;
        let work = move || {
            // The permits belong to the work: a caller who goes away does not end it.
            let _permits = (admitted, running);
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|_panicked| PasswordError::Failed)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::needs_rehash;

    #[test]
    fn nobodys_hash_costs_what_everybodys_does() {
        assert!(!needs_rehash(NOBODYS_HASH));
        let todays = hash_password(&"correct horse".into(), [0; SALT_BYTES]).unwrap();
        assert_eq!(todays.len(), NOBODYS_HASH.len());
    }
}
