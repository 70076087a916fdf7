//! What is open because somebody has a right: when the right ends, so does what it opened.
//!
//! Every request to a box and every socket is entered once when it begins and taken out when it ends. In between it
//! costs nothing: what waits here is woken, and asks nobody. What hangs on a right is found by looking at everything that is open:
//! rights end seldom, and an index by right would be kept up to date with every request.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use foldhash::fast::RandomState;
use smartbox_core::Tie;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::routes::RouteTable;

/// Why something ends at [`Ticket::expires`].
const EXPIRED: &str = "the sign-in has expired";
/// Why something of a deleted box ends.
const BOX_GONE: &str = "the box is deleted";

/// Closes what is open because of a right that has ended. Cheap to clone. An extension of requests to the platform's service, for
/// whatever it answers that lasts.
#[derive(Clone)]
pub struct Sockets(Arc<Mutex<Index>>);

struct Index {
    /// Counts the calls of [`Sockets::close`].
    epoch: u64,
    next: u64,
    max: usize,
    // All keys are of the platform's own making: nobody can choose them so that they collide.
    open: HashMap<u64, Open, RandomState>,
}

struct Open {
    ties: Vec<Tie>,
    stop: Arc<Stop>,
}

#[derive(Default)]
struct Stop {
    token: CancellationToken,
    /// The same as `token`, to be read without its lock.
    is_stopped: AtomicBool,
    reason: OnceLock<String>,
}

/// What came of an attempt to enter.
pub enum Admission {
    /// It is entered while the ticket lives.
    Entered(Ticket),
    /// Rights have ended since the caller was identified: they must be asked for again.
    Stale,
    /// As much as there can be is open.
    Full,
}

/// A place in the index. Dropping it gives the place up.
pub struct Ticket {
    sockets: Sockets,
    key: u64,
    stop: Arc<Stop>,
    expires: Option<Instant>,
}

impl Sockets {
    /// An index for so many at once.
    pub fn new(max: usize) -> Self {
        Self(Arc::new(Mutex::new(Index { epoch: 0, next: 0, max, open: HashMap::default() })))
    }

    /// Closes everything that hangs on `tie` and returns how much that is. To be called once the right has ended for
    /// whoever asks from now on. `reason` is told to the clients: a few words fit for their eyes.
    pub fn close(&self, tie: &Tie, reason: &str) -> usize {
        let mut index = self.index();
        index.epoch += 1;
        index.stop(tie, reason)
    }

    /// Closes everything, for when it is not known which rights have ended.
    pub fn close_all(&self, reason: &str) {
        let mut index = self.index();
        index.epoch += 1;
        index.open.values().for_each(|open| open.end(reason));
    }

    /// How many requests and sockets are open.
    pub fn len(&self) -> usize {
        self.index().open.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// To be asked before a caller is identified, and given to [`Self::enter`] afterwards.
    pub fn epoch(&self) -> u64 {
        self.index().epoch
    }

    /// Enters something that hangs on these, until `expires` at most.
    pub fn enter(&self, epoch: u64, ties: Vec<Tie>, expires: Option<Instant>) -> Admission {
        let mut index = self.index();
        if index.epoch != epoch {
            return Admission::Stale;
        }
        if index.open.len() >= index.max {
            return Admission::Full;
        }
        let key = index.next;
        index.next += 1;
        let stop = Arc::<Stop>::default();
        index.open.insert(key, Open { ties, stop: Arc::clone(&stop) });
        Admission::Entered(Ticket { sockets: self.clone(), key, stop, expires })
    }

    /// Closes what is open to boxes that are gone.
    pub(crate) fn prune(&self, table: &RouteTable) {
        let is_gone = |tie: &Tie| matches!(tie, Tie::Box(id) if table.is_gone(*id));
        let index = self.index();
        for open in index.open.values().filter(|open| open.ties.iter().any(is_gone)) {
            open.end(BOX_GONE);
        }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index {
    /// What is stopped stays in the index until its ticket is dropped.
    fn stop(&self, tie: &Tie, reason: &str) -> usize {
        let hanging = self.open.values().filter(|open| open.ties.contains(tie));
        hanging.map(|open| open.end(reason)).count()
    }
}

impl Open {
    fn end(&self, reason: &str) {
        // The first reason stands.
        let _known = self.stop.reason.set(reason.to_owned());
        self.stop.is_stopped.store(true, Ordering::Release);
        self.stop.token.cancel();
    }
}

impl Ticket {
    /// Waits until the right ends, and says why. Cancel-safe.
    pub async fn ended(&self) -> String {
        self.ended_before(self.expires).await
    }

    /// The same for somebody who waits no longer than this: a right that lasts longer needs no timer. Cancel-safe.
    pub(crate) async fn ended_within(&self, longest: Duration) -> String {
        let horizon = Instant::now().checked_add(longest);
        self.ended_before(self.expires.filter(|at| horizon.is_none_or(|horizon| *at <= horizon))).await
    }

    async fn ended_before(&self, expires: Option<Instant>) -> String {
        let expired = async {
            match expires {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.stop.token.cancelled() => self.stop.reason.get().cloned().unwrap_or_default(),
            () = expired => EXPIRED.to_owned(),
        }
    }

    /// Whether somebody has ended the right.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.is_stopped.load(Ordering::Acquire)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let left = self.sockets.index().open.remove(&self.key);
        // Freed without the lock.
        drop(left);
    }
}

#[cfg(test)]
mod tests;
