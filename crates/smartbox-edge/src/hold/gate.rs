//! What is remembered of one box while requests are under way to it, or while it sleeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::config::EdgeConfig;
use crate::fence::Fence;
use crate::ports::WakeRefused;

/// One box.
pub(super) struct Gate {
    /// Requests and sockets under way, held ones included.
    pub(super) in_flight: Arc<Semaphore>,
    /// Places in the queue.
    pub(super) places: Arc<Semaphore>,
    /// The head of the queue. Tokio's semaphore is fair: turns come in the order of arrival, and a request that
    /// leaves the queue gives up its place in it.
    pub(super) head: Arc<Semaphore>,
    /// The latest decision about waking, so that a burst of requests asks once.
    pub(super) decided: tokio::sync::Mutex<Option<Decided>>,
    /// The way in.
    pub(super) fence: Fence,
}

/// A decision about waking.
pub(super) struct Decided {
    pub(super) at: Instant,
    /// For which sleep: a decision from before it says nothing about it.
    pub(super) occasion: Occasion,
    pub(super) outcome: Result<(), WakeRefused>,
}

/// What a box is woken from. Whoever waits asks once for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Occasion {
    /// How often the box's fence has been opened.
    pub(super) openings: u64,
    /// Whether it sleeps already.
    pub(super) is_asleep: bool,
}

/// Counts a request or socket of a box while it lives.
pub(crate) struct InFlight {
    pub(super) gate: Arc<Gate>,
    _permit: OwnedSemaphorePermit,
    /// Whether it has passed the fence.
    has_begun: AtomicBool,
    /// Whether nobody has asked for it: it is no work, and wakes no box.
    pub(super) is_quiet: bool,
}

/// The head of a queue, and the places that the request takes in it. The next one moves up when it is dropped.
pub(crate) struct Turn {
    pub(super) _head: OwnedSemaphorePermit,
    pub(super) _places: [OwnedSemaphorePermit; 2],
}

impl Gate {
    pub(super) fn new(config: &EdgeConfig) -> Self {
        Self {
            in_flight: Arc::new(Semaphore::new(config.box_in_flight_max)),
            places: Arc::new(Semaphore::new(config.hold_box_max)),
            head: Arc::new(Semaphore::new(1)),
            decided: tokio::sync::Mutex::default(),
            fence: Fence::new(),
        }
    }
}

impl InFlight {
    pub(super) const fn new(gate: Arc<Gate>, permit: OwnedSemaphorePermit) -> Self {
        Self { gate, _permit: permit, has_begun: AtomicBool::new(false), is_quiet: false }
    }

    /// Whether it is one that nobody has asked for.
    #[must_use]
    pub(crate) fn quiet(mut self, is_quiet: bool) -> Self {
        self.is_quiet = is_quiet;
        self
    }

    /// Passes the fence, to be under way from now on; `false` if it is shut.
    pub(crate) fn begin(&self) -> bool {
        if self.has_begun.load(Ordering::Relaxed) {
            return true;
        }
        let has_begun = self.gate.fence.enter();
        if has_begun {
            self.has_begun.store(true, Ordering::Relaxed);
            self.note();
        }
        has_begun
    }

    /// Is not under way any more: it is finished, it waits, or it is a socket now.
    pub(crate) fn rest(&self) {
        if self.has_begun.swap(false, Ordering::Relaxed) {
            self.note();
            self.gate.fence.leave();
        }
    }

    fn note(&self) {
        if !self.is_quiet {
            self.gate.fence.note_work();
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.rest();
    }
}
