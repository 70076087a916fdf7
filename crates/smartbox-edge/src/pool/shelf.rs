//! What is kept for the next one who needs it, by whom it leads to and in which incarnation.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldhash::fast::RandomState;
use tokio::time::Instant;

/// Connections that nobody uses.
pub(super) struct Shelf<K, T> {
    /// Most that is kept for one key.
    max: usize,
    /// What is older is not used again.
    timeout: Duration,
    // All keys are of the platform's own making.
    kept: Mutex<HashMap<K, Kept<T>, RandomState>>,
}

struct Kept<T> {
    generation: i64,
    /// The latest used is at the end.
    idle: Vec<(T, Instant)>,
}

impl<K: Eq + Hash, T> Shelf<K, T> {
    pub(super) fn new(max: usize, timeout: Duration) -> Self {
        Self { max, timeout, kept: Mutex::default() }
    }

    /// The one that was used last of those that can be used.
    pub(super) fn take(&self, key: &K, generation: i64, is_usable: impl Fn(&mut T) -> bool) -> Option<T> {
        let mut kept = self.kept();
        let kept = kept.get_mut(key).filter(|kept| kept.generation == generation)?;
        while let Some((mut item, since)) = kept.idle.pop() {
            if since.elapsed() < self.timeout && is_usable(&mut item) {
                return Some(item);
            }
        }
        None
    }

    /// Keeps one more, if there is room and no later incarnation is known.
    pub(super) fn put(&self, key: K, generation: i64, item: T) {
        let mut kept = self.kept();
        let new = || Kept { generation, idle: Vec::new() };
        let kept = kept.entry(key).or_insert_with(new);
        if kept.generation < generation {
            *kept = new();
        }
        if kept.generation == generation && kept.idle.len() < self.max {
            kept.idle.push((item, Instant::now()));
        }
    }

    /// Drops what is too old, cannot be used any more, or leads to nobody.
    pub(super) fn prune(&self, is_usable: impl Fn(&mut T) -> bool, is_there: impl Fn(&K, i64) -> bool) {
        self.kept().retain(|key, kept| {
            kept.idle.retain_mut(|(item, since)| since.elapsed() < self.timeout && is_usable(item));
            !kept.idle.is_empty() && is_there(key, kept.generation)
        });
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<K, Kept<T>, RandomState>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
