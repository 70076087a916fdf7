//! Tokens that were verified a moment ago, by their hash: no token is kept.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;

use crate::Verified;
use crate::jwt::is_expired;

/// Most tokens. An entry has about half a KiB.
const ENTRIES_MAX: u64 = 10_000;
/// How long one is remembered: also how long it outlives a key that its issuer withdrew.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);

/// SHA-256 of a token.
pub(super) type Digest = [u8; 32];

pub(super) struct Cache(moka::sync::Cache<Digest, Arc<Verified>>);

impl Cache {
    pub(super) fn new() -> Self {
        Self(moka::sync::Cache::builder().max_capacity(ENTRIES_MAX).time_to_live(REMEMBERED_FOR).build())
    }

    pub(super) fn digest(token: &str) -> Digest {
        let mut bytes = [0u8; 32];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        bytes
    }

    /// Expiry is asked again each time: the cache's own clock is not the caller's.
    pub(super) fn get(&self, digest: &Digest, now: Timestamp) -> Option<Arc<Verified>> {
        self.0.get(digest).filter(|verified| !is_expired(verified.expires_at, now))
    }

    pub(super) fn insert(&self, digest: Digest, verified: Arc<Verified>) {
        self.0.insert(digest, verified);
    }
}
