//! Credentials that were looked up a moment ago.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use smartbox_store::TokenHash;

use crate::sign_in::Recognised;

/// Credentials remembered between look-ups.
const ENTRIES_MAX: u64 = 10_000;
/// How long one is remembered; one that ends elsewhere is refused at the latest after this time.
const TTL: Duration = Duration::from_secs(1);

/// How long one is good for looking while the database does not answer.
const GRACE: Duration = Duration::from_mins(5);

/// Remembers who was recognised by what. A credential that ends here is forgotten at once, also by a look-up that is under
/// way while it ends.
pub(crate) struct CredentialCache {
    known: Cache<TokenHash, Recognised>,
    /// For longer, for when nobody can be asked.
    last_known: Cache<TokenHash, Recognised>,
    /// Counts what was forgotten.
    ended: AtomicU64,
}

/// When a look-up began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(u64);

impl Default for CredentialCache {
    fn default() -> Self {
        let remembering = |ttl| Cache::builder().max_capacity(ENTRIES_MAX).time_to_live(ttl).build();
        Self { known: remembering(TTL), last_known: remembering(GRACE), ended: AtomicU64::new(0) }
    }
}

impl CredentialCache {
    pub(crate) fn get(&self, hash: &TokenHash) -> Option<Recognised> {
        self.known.get(hash)
    }

    /// What was known of a credential within the last minutes, for when the database does not answer: its holder may
    /// look, and change nothing.
    pub(crate) fn in_grace(&self, hash: &TokenHash) -> Option<Recognised> {
        let known = self.last_known.get(hash)?;
        Some(Recognised { principal: known.principal.only_looking(), ..known })
    }

    /// To be asked before the store is.
    pub(crate) fn moment(&self) -> Moment {
        Moment(self.ended.load(Ordering::SeqCst))
    }

    /// Remembers an answer, unless something has ended since it was asked for: it could be of before.
    pub(crate) fn put(&self, hash: TokenHash, recognised: &Recognised, asked_at: Moment) {
        self.known.insert(hash, recognised.clone());
        self.last_known.insert(hash, recognised.clone());
        // Checked afterwards: whoever ends something counts first and forgets then, so one of the two sees the other.
        if self.moment() != asked_at {
            self.known.invalidate(&hash);
            self.last_known.invalidate(&hash);
        }
    }

    /// Forgets one that ended.
    pub(crate) fn forget(&self, hash: &TokenHash) {
        self.ended.fetch_add(1, Ordering::SeqCst);
        self.known.invalidate(hash);
        self.last_known.invalidate(hash);
    }

    /// Forgets all: which of them belong to somebody is not known here, and asking again costs little.
    pub(crate) fn clear(&self) {
        self.ended.fetch_add(1, Ordering::SeqCst);
        self.known.invalidate_all();
        self.last_known.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: TokenHash = [7; 32];

    #[test]
    fn what_ended_while_it_was_looked_up_is_not_remembered() {
        for end in [|cache: &CredentialCache| cache.forget(&HASH), |cache: &CredentialCache| cache.clear()] {
            let cache = CredentialCache::default();
            let asked_at = cache.moment();
            end(&cache);
            cache.put(HASH, &Recognised::admin(), asked_at);
            assert_eq!(cache.get(&HASH), None);
            assert_eq!(cache.in_grace(&HASH), None);
        }
    }

    #[test]
    fn what_did_not_end_is_remembered_until_it_is_forgotten() {
        let cache = CredentialCache::default();
        cache.put(HASH, &Recognised::admin(), cache.moment());
        assert_eq!(cache.get(&HASH), Some(Recognised::admin()));
        cache.forget(&HASH);
        assert_eq!(cache.get(&HASH), None);
    }
}
