//! Nonces that were used: an address that works once must not work twice.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use moka::Expiry;
use moka::sync::Cache;

/// Most nonces that are remembered. They leave with the address they belong to, which lives for minutes.
const REMEMBERED_MAX: u64 = 100_000;

/// Used nonces. In memory of one process: several replicas each accept an address once.
pub(crate) struct Burnt {
    nonces: Cache<String, Duration>,
    burning: Mutex<()>,
}

struct UntilExpiry;

impl Expiry<String, Duration> for UntilExpiry {
    fn expire_after_create(
        &self,
        _nonce: &String,
        lives: &Duration,
        _now: std::time::Instant,
    ) -> Option<Duration> {
        Some(*lives)
    }
}

impl Default for Burnt {
    fn default() -> Self {
        let nonces = Cache::builder().max_capacity(REMEMBERED_MAX).expire_after(UntilExpiry).build();
        Self { nonces, burning: Mutex::new(()) }
    }
}

impl Burnt {
    /// Uses up a nonce. `false` when it was used before.
    pub(crate) fn burn(&self, nonce: &str, expires_at: Timestamp, now: Timestamp) -> bool {
        // A second over, because addresses are valid to the end of their last one.
        let lives =
            Duration::try_from(expires_at.duration_since(now)).unwrap_or_default() + Duration::from_secs(1);
        let _burning = self.burning.lock().unwrap_or_else(PoisonError::into_inner);
        if self.nonces.contains_key(nonce) {
            return false;
        }
        self.nonces.insert(nonce.to_owned(), lives);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_burns_once() {
        let at = |secs: i64| Timestamp::from_second(1_800_000_000 + secs).unwrap();
        let burnt = Burnt::default();
        assert!(burnt.burn("a", at(60), at(0)));
        assert!(!burnt.burn("a", at(60), at(1)));
        assert!(burnt.burn("b", at(60), at(1)));
    }
}
