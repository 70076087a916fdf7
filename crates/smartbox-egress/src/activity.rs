//! What one box asks of the platform's services, for whoever wants to know whether it works.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Calls of one box: how many are under way, and when the last one ended.
#[derive(Debug, Default)]
pub struct Activity {
    ongoing: AtomicU32,
    ended: Mutex<Option<Instant>>,
}

/// A call. It lasts until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted<'a>(&'a Activity);

impl Activity {
    pub(crate) fn begin(&self) -> Counted<'_> {
        self.ongoing.fetch_add(1, Ordering::Relaxed);
        Counted(self)
    }

    /// Calls that wait for their answer.
    pub fn ongoing(&self) -> u32 {
        self.ongoing.load(Ordering::Relaxed)
    }

    /// How long ago the last call was answered; `None`: there was none.
    pub fn ended(&self) -> Option<Duration> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed())
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.ongoing.fetch_sub(1, Ordering::Relaxed);
        *self.0.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}
