//! The way into a box that can be shut: for the moment in which the box falls asleep, and while it sleeps.
//!
//! Whoever enters counts themselves and then looks whether it is shut; whoever shuts it says so and then looks at the count.
//! In the one order of these operations (all of them sequentially consistent) at least one of the two sees the other, so
//! nothing is under way behind a fence that was shut. No lock is taken on the way in.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smartbox_core::Phase;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::routes::{Route, RouteState};

/// A message that was relayed to a gateway a moment ago may still lie unread in its socket.
const SETTLE: Duration = Duration::from_secs(1);
/// The first tick comes soon: the gateway's own last one may be almost an interval old.
const FIRST_TICK: Duration = Duration::from_secs(5);

/// What those who wait at a fence, or whose sockets are held by it, follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lull {
    /// Since when it is shut, if it is.
    pub(crate) since: Option<Instant>,
    /// Whether the box was seen asleep since. Until then `Ready` means that it has not fallen asleep yet; from then on, that
    /// it is awake, and the fence about to open.
    pub(crate) was_asleep: bool,
    /// How often it was opened again.
    pub(crate) openings: u64,
    /// How often what was behind it has gone while it was shut.
    pub(crate) breaks: u64,
    /// How often somebody had to speak in the gateway's stead.
    pub(crate) ticks: u64,
    /// The wall clock at the last of them, in ms since 1970.
    pub(crate) ticked_at_ms: i64,
}

/// How the way into one box is shut.
#[derive(Debug)]
struct Shut {
    /// The incarnation of the box behind it.
    generation: i64,
    /// See [`Lull::was_asleep`].
    was_asleep: bool,
    next_tick: Instant,
}

/// What a fence makes of the box's latest state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// Its gateway answers.
    Ready,
    /// Its processes are kept, and do not answer.
    Asleep,
    /// What was behind the fence is not there any more, or not for long.
    Gone,
}

/// The way into one box.
pub(crate) struct Fence {
    /// Requests under way and messages on their way.
    under_way: AtomicUsize,
    sockets: AtomicUsize,
    is_shut: AtomicBool,
    /// When work was done, and when a message was relayed, in ms after `born` and one more; 0 for never.
    worked: AtomicU64,
    relayed: AtomicU64,
    born: Instant,
    shut: Mutex<Option<Shut>>,
    lull: watch::Sender<Lull>,
}

impl Fence {
    pub(crate) fn new() -> Self {
        Self {
            under_way: AtomicUsize::new(0),
            sockets: AtomicUsize::new(0),
            is_shut: AtomicBool::new(false),
            worked: AtomicU64::new(0),
            relayed: AtomicU64::new(0),
            born: Instant::now(),
            shut: Mutex::default(),
            lull: watch::Sender::default(),
        }
    }

    /// Counts somebody who goes in; `false` if it is shut. Whoever was let in calls [`Self::leave`].
    pub(crate) fn enter(&self) -> bool {
        self.under_way.fetch_add(1, SeqCst);
        if !self.is_shut.load(SeqCst) {
            return true;
        }
        self.leave();
        false
    }

    pub(crate) fn leave(&self) {
        self.under_way.fetch_sub(1, SeqCst);
    }

    /// Something that counts as work begins or ends.
    pub(crate) fn note_work(&self) {
        self.worked.fetch_max(self.now(), Relaxed);
    }

    /// A message was handed to the gateway.
    pub(crate) fn note_relayed(&self) {
        self.relayed.fetch_max(self.now(), SeqCst);
    }

    pub(crate) fn add_socket(&self) {
        self.sockets.fetch_add(1, Relaxed);
    }

    pub(crate) fn remove_socket(&self) {
        self.sockets.fetch_sub(1, Relaxed);
    }

    pub(crate) fn is_shut(&self) -> bool {
        self.is_shut.load(SeqCst)
    }

    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(SeqCst)
    }

    pub(crate) fn sockets(&self) -> usize {
        self.sockets.load(Relaxed)
    }

    /// When work was done last.
    pub(crate) fn last_work(&self) -> Option<Instant> {
        let after = self.worked.load(Relaxed).checked_sub(1)?;
        Some(self.born + Duration::from_millis(after))
    }

    /// How often it was opened.
    pub(crate) fn openings(&self) -> u64 {
        self.lull.borrow().openings
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Lull> {
        self.lull.subscribe()
    }

    /// Shuts it, unless somebody is behind it or `is_wanted`. Shut already, it stays so.
    pub(crate) fn close(&self, generation: i64, is_wanted: impl FnOnce() -> bool) -> bool {
        let mut shut = self.lock();
        if shut.is_some() {
            return true;
        }
        self.is_shut.store(true, SeqCst);
        if self.under_way() > 0 || self.has_just_relayed() || is_wanted() {
            self.is_shut.store(false, SeqCst);
            // Somebody may have found it shut in between, and waits.
            self.lull.send_modify(|_same| ());
            return false;
        }
        self.begin(&mut shut, generation, false);
        true
    }

    /// Opens it: everybody who waits goes on.
    pub(crate) fn open(&self) {
        self.end(&mut self.lock(), false);
    }

    /// Follows the box's latest state: a box that sleeps is shut whoever put it to sleep, one that is ready after a sleep is
    /// open, and of one that has gone the sockets are given up.
    pub(crate) fn follow(&self, route: Option<&Route>) {
        let mut shut = self.lock();
        let state = seen(route);
        match (&mut *shut, route) {
            (None, Some(route)) if state == Seen::Asleep => self.begin(&mut shut, route.generation, true),
            (None, _) => {}
            (Some(known), Some(route)) if known.generation == route.generation && state != Seen::Gone => {
                if state == Seen::Ready && known.was_asleep {
                    self.end(&mut shut, false);
                } else if state == Seen::Asleep && !known.was_asleep {
                    known.was_asleep = true;
                    self.lull.send_modify(|lull| lull.was_asleep = true);
                }
            }
            (Some(_known), _) => self.end(&mut shut, true),
        }
    }

    /// Lets held sockets speak in the gateway's stead if that is due.
    pub(crate) fn tick(&self, interval: Duration, now_ms: impl FnOnce() -> i64) {
        let now = Instant::now();
        let mut shut = self.lock();
        let Some(shut) = shut.as_mut().filter(|shut| shut.next_tick <= now) else { return };
        shut.next_tick = now + interval;
        if self.sockets() > 0 {
            let at_ms = now_ms();
            self.lull.send_modify(|lull| {
                lull.ticks += 1;
                lull.ticked_at_ms = at_ms;
            });
        }
    }

    fn begin(&self, shut: &mut Option<Shut>, generation: i64, was_asleep: bool) {
        let now = Instant::now();
        *shut = Some(Shut { generation, was_asleep, next_tick: now + FIRST_TICK });
        self.is_shut.store(true, SeqCst);
        self.lull.send_modify(|lull| {
            lull.since = Some(now);
            lull.was_asleep = was_asleep;
        });
    }

    fn end(&self, shut: &mut Option<Shut>, is_broken: bool) {
        if shut.take().is_none() {
            return;
        }
        self.is_shut.store(false, SeqCst);
        self.lull.send_modify(|lull| {
            lull.since = None;
            lull.was_asleep = false;
            lull.openings += 1;
            lull.breaks += u64::from(is_broken);
        });
    }

    fn has_just_relayed(&self) -> bool {
        let relayed = self.relayed.load(SeqCst);
        relayed > 0 && self.now() - relayed < u64::try_from(SETTLE.as_millis()).unwrap_or(u64::MAX)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    fn lock(&self) -> MutexGuard<'_, Option<Shut>> {
        self.shut.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn seen(route: Option<&Route>) -> Seen {
    match route.map(|route| &route.state) {
        Some(RouteState::Ready) => Seen::Ready,
        Some(state) if state.keeps_processes() => Seen::Asleep,
        _ => Seen::Gone,
    }
}

impl RouteState {
    /// Whether the box sleeps, or is about to answer again: what was open to its gateway still is.
    pub(crate) fn keeps_processes(&self) -> bool {
        match self {
            Self::Asleep { .. } => true,
            Self::Waiting { phase, .. } => *phase == Phase::Waking.as_str(),
            Self::Ready | Self::Stopped { .. } | Self::Failed { .. } | Self::Gone => false,
        }
    }
}

#[cfg(test)]
mod tests;
