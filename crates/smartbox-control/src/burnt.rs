//! Nonces that were used: an address that works once must not work twice.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

/// Most nonces that are remembered; the oldest give way.
const REMEMBERED_MAX: u64 = 200_000;
/// How long one is remembered, whatever it is good for: a clock that is set back by hours makes old addresses new again.
const KEPT: Duration = Duration::from_hours(24);

/// Used nonces. In memory of one process: several replicas each accept an address once.
pub(crate) struct Burnt {
    nonces: Cache<String, ()>,
    burning: Mutex<()>,
}

impl Default for Burnt {
    fn default() -> Self {
        // By age alone: what was used last must not be what is forgotten first.
        let nonces = Cache::builder()
            .max_capacity(REMEMBERED_MAX)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(KEPT)
            .build();
        Self { nonces, burning: Mutex::new(()) }
    }
}

impl Burnt {
    /// Uses up a nonce. `false` when it was used before.
    pub(crate) fn burn(&self, nonce: &str) -> bool {
        let _burning = self.burning.lock().unwrap_or_else(PoisonError::into_inner);
        if self.nonces.contains_key(nonce) {
            return false;
        }
        self.nonces.insert(nonce.to_owned(), ());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_burns_once() {
        let burnt = Burnt::default();
        assert!(burnt.burn("a"));
        assert!(!burnt.burn("a"));
        assert!(burnt.burn("b"));
    }

    #[test]
    fn the_newest_is_remembered_however_many_there_are() {
        let burnt = Burnt::default();
        for n in 0..REMEMBERED_MAX + 1000 {
            assert!(burnt.burn(&n.to_string()));
        }
        burnt.nonces.run_pending_tasks();
        for n in REMEMBERED_MAX..REMEMBERED_MAX + 1000 {
            assert!(!burnt.burn(&n.to_string()), "{n}");
        }
    }
}
