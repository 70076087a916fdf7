//! Watches candidates and sends everybody back when one fails too often.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use smartbox_core::routing::{Outcome, RouteName, Window};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{Control, Error};

/// Watches the candidates of routing flags.
pub struct RollbackWatch {
    control: Control,
    /// What was seen of each route, and of which version of it.
    windows: HashMap<RouteName, (i64, Window)>,
}

impl RollbackWatch {
    /// Begins with nothing seen.
    pub fn new(control: Control) -> Self {
        Self { control, windows: HashMap::new() }
    }

    /// Takes outcomes in until told to stop.
    pub async fn run(mut self, mut outcomes: mpsc::Receiver<Outcome>, stop: CancellationToken) {
        let began = Instant::now();
        loop {
            let outcome = tokio::select! { biased;
                () = stop.cancelled() => return,
                outcome = outcomes.recv() => outcome,
            };
            let Some(outcome) = outcome else {
                // Nobody tells any more, which is the end of the edge and not of this loop.
                return stop.cancelled().await;
            };
            if let Err(error) = self.take(outcome, began.elapsed()).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a candidate could not be given up");
            }
        }
    }

    /// Takes one outcome in. `now` is the time since any one moment, which has to be the same at every call.
    ///
    /// # Errors
    /// The candidate should be given up, and could not: the next outcome tries again.
    pub async fn take(&mut self, outcome: Outcome, now: Duration) -> Result<(), Error> {
        let flags = Arc::clone(&self.control.inner.routing.borrow());
        let flag = flags.get(outcome.route);
        // What began before a change says nothing about what was changed to.
        if outcome.version != flag.version || flag.percentage == 0 {
            return Ok(());
        }
        let (version, window) =
            self.windows.entry(outcome.route).or_insert_with(|| (flag.version, Window::new(&flag.rollback)));
        if *version != flag.version {
            (*version, *window) = (flag.version, Window::new(&flag.rollback));
        }
        window.record(now, outcome.kind);
        let tally = window.tally(now);
        if flag.rollback.is_broken_by(tally) {
            self.control.roll_back_route(flag, tally).await?;
        }
        Ok(())
    }
}
