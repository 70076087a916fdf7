//! Removes what has expired: sessions, sign-in codes, idempotency keys, old operations and commands, old usage, old trash.

use std::time::Duration;

use smartbox_store::SystemActor;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{Control, Error};

const PERIOD: Duration = Duration::from_mins(10);
/// Rows removed in one pass, so that no write lock is held for long.
const ROWS_MAX: u32 = 1000;
/// Rounds of removing what boxes have used long ago, in one pass.
const USAGE_ROUNDS: u32 = 500;

/// Removes what has expired.
pub struct Janitor {
    control: Control,
}

impl Janitor {
    /// A loop over `control`.
    pub fn new(control: Control) -> Self {
        Self { control }
    }

    /// Runs until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let mut tick = interval(PERIOD);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! { biased;
                () = stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            if let Err(error) = self.pass().await {
                tracing::warn!(error = &error as &dyn std::error::Error, "could not remove what has expired");
            }
        }
    }

    /// One pass.
    pub async fn pass(&self) -> Result<(), Error> {
        let now = self.control.inner.clock.now();
        let fleet = self.control.inner.store.fleet(SystemActor::new("janitor"));
        // Of all platforms that share the database one does it; two would do the same twice.
        let rounds = if self.control.leads() { USAGE_ROUNDS } else { 0 };
        if rounds > 0 {
            fleet.purge_expired(now, ROWS_MAX).await?;
        }
        // What boxes use is put down all day: as much of it is removed as grows.
        for _ in 0..rounds {
            if fleet.prune_usage(now, ROWS_MAX).await? == 0 {
                break;
            }
        }
        self.control.purge_all_trash().await
    }
}
