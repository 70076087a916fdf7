//! Credentials that were looked up a moment ago.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use moka::sync::Cache;
use smartbox_store::TokenHash;

use crate::recognise::Recognised;

/// Credentials remembered between look-ups.
const ENTRIES_MAX: u64 = 10_000;
/// How long one is good without asking; one that ends elsewhere is refused at the latest after this time.
const FRESH: Duration = Duration::from_secs(1);
/// How long one is good for looking while the database does not answer.
const GRACE: Duration = Duration::from_mins(5);

/// Remembers who was recognised by what. A credential that ends here is forgotten at once, also by a look-up that is under
/// way while it ends.
pub(crate) struct CredentialCache {
    known: Cache<TokenHash, (Recognised, Timestamp)>,
    /// Counts what was forgotten.
    ended: AtomicU64,
}

/// When a look-up began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    ended: u64,
    at: Timestamp,
}

impl Default for CredentialCache {
    fn default() -> Self {
        let known = Cache::builder().max_capacity(ENTRIES_MAX).time_to_live(GRACE).build();
        Self { known, ended: AtomicU64::new(0) }
    }
}

impl CredentialCache {
    pub(crate) fn get(&self, hash: &TokenHash, now: Timestamp) -> Option<Recognised> {
        self.within(FRESH, hash, now)
    }

    /// What was known of a credential within the last minutes, for when the database does not answer: its holder may
    /// look, and change nothing.
    pub(crate) fn in_grace(&self, hash: &TokenHash, now: Timestamp) -> Option<Recognised> {
        let known = self.within(GRACE, hash, now)?;
        Some(Recognised { principal: known.principal.only_looking(), ..known })
    }

    fn within(&self, time: Duration, hash: &TokenHash, now: Timestamp) -> Option<Recognised> {
        let (known, at) = self.known.get(hash)?;
        // A clock that was set back makes an age that is none.
        let age = Duration::try_from(now.duration_since(at)).ok()?;
        (age < time).then_some(known)
    }

    /// To be asked before the store is.
    pub(crate) fn moment(&self, now: Timestamp) -> Moment {
        Moment { ended: self.ended.load(Ordering::SeqCst), at: now }
    }

    /// Remembers an answer, unless something has ended since it was asked for: it could be of before.
    pub(crate) fn put(&self, hash: TokenHash, recognised: &Recognised, asked_at: Moment) {
        self.known.insert(hash, (recognised.clone(), asked_at.at));
        // Checked afterwards: whoever ends something counts first and forgets then, so one of the two sees the other.
        if self.moment(asked_at.at) != asked_at {
            self.known.invalidate(&hash);
        }
    }

    /// Forgets one that ended.
    pub(crate) fn forget(&self, hash: &TokenHash) {
        self.ended.fetch_add(1, Ordering::SeqCst);
        self.known.invalidate(hash);
    }

    /// Forgets all: which of them belong to somebody is not known here, and asking again costs little.
    pub(crate) fn clear(&self) {
        self.ended.fetch_add(1, Ordering::SeqCst);
        self.known.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use smartbox_core::{OrgId, Permission, Permissions, Principal, Role, UserId};

    use super::*;

    const HASH: TokenHash = [7; 32];

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + secs).unwrap()
    }

    #[test]
    fn what_ended_while_it_was_looked_up_is_not_remembered() {
        for end in [|cache: &CredentialCache| cache.forget(&HASH), |cache: &CredentialCache| cache.clear()] {
            let cache = CredentialCache::default();
            let asked_at = cache.moment(at(0));
            end(&cache);
            cache.put(HASH, &Recognised::admin(), asked_at);
            assert_eq!(cache.get(&HASH, at(0)), None);
            assert_eq!(cache.in_grace(&HASH, at(0)), None);
        }
    }

    #[test]
    fn what_did_not_end_is_remembered_until_it_is_forgotten() {
        let cache = CredentialCache::default();
        cache.put(HASH, &Recognised::admin(), cache.moment(at(0)));
        assert_eq!(cache.get(&HASH, at(0)), Some(Recognised::admin()));
        cache.forget(&HASH);
        assert_eq!(cache.get(&HASH, at(0)), None);
        assert_eq!(cache.in_grace(&HASH, at(0)), None);
    }

    #[test]
    fn it_is_good_for_a_moment_and_for_looking_for_minutes() {
        let zero = [0; 10];
        let user = UserId::from_parts(at(0), zero);
        let owner = Principal::user(user, OrgId::from_parts(at(0), zero), Role::Owner);
        let cache = CredentialCache::default();
        cache.put(HASH, &Recognised::new(owner, None), cache.moment(at(0)));
        for (now, is_fresh, is_in_grace) in
            [(0, true, true), (1, false, true), (299, false, true), (300, false, false), (-1, false, false)]
        {
            assert_eq!(cache.get(&HASH, at(now)).is_some(), is_fresh, "{now}");
            assert_eq!(cache.in_grace(&HASH, at(now)).is_some(), is_in_grace, "{now}");
        }
        let looking = cache.in_grace(&HASH, at(9)).unwrap();
        assert_eq!(looking.principal.permissions(), Permissions::of(&[Permission::BoxesRead]));
    }
}
