//! Owns every long-lived task: a name, an owner, a way to stop.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Soft stop: finish what you have. Hard stop: drop it.
#[derive(Clone, Default)]
pub(crate) struct Lifecycle {
    /// Asks to finish.
    pub(crate) soft: CancellationToken,
    /// Ends at once.
    pub(crate) hard: CancellationToken,
    tasks: TaskTracker,
    /// What runs, by its name, and since when.
    running: Arc<Mutex<BTreeMap<&'static str, Instant>>>,
}

impl Lifecycle {
    /// Runs a task until it ends or the hard stop. One that ends before it was asked to takes the platform down:
    /// running on without it would only hide the fault.
    pub(crate) fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let (soft, hard, life) = (self.soft.clone(), self.hard.clone(), self.clone());
        self.names().insert(name, Instant::now());
        self.tasks.spawn(async move {
            tokio::select! {
                () = hard.cancelled() => tracing::warn!(task = name, "dropped at the hard stop"),
                () = task => if !soft.is_cancelled() {
                    tracing::error!(task = name, "ended early; the platform stops");
                    soft.cancel();
                }
            }
            life.names().remove(name);
        });
    }

    /// The tasks that run, and since when.
    pub(crate) fn running(&self) -> Vec<(&'static str, Instant)> {
        self.names().iter().map(|(name, since)| (*name, *since)).collect()
    }

    fn names(&self) -> MutexGuard<'_, BTreeMap<&'static str, Instant>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the soft stop, then up to `grace` for the tasks, then stops hard.
    pub(crate) async fn finish(&self, grace: Duration) {
        self.soft.cancelled().await;
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => return,
            () = self.hard.cancelled() => {}
            () = tokio::time::sleep(grace) => self.hard.cancel(),
        }
        self.tasks.wait().await;
    }
}
