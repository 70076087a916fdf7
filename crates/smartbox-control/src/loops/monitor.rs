//! Looks at what boxes use and may use: measures them, and holds what is over its plan or budget.

mod enforce;
mod measure;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{Control, Error};

/// Who acts here.
const ACTOR: &str = "monitor";
/// Rows that an older version has put down and nobody has summed up, in one pass.
const ROLL_UP_MAX: u32 = 5000;

/// Measures boxes, and enforces plans and budgets.
pub struct Monitor {
    control: Control,
    disks: measure::Disks,
}

impl Monitor {
    /// A loop over `control`.
    pub fn new(control: Control) -> Self {
        Self { control, disks: measure::Disks::default() }
    }

    /// Runs until told to stop, every [`Limits::monitor_interval`](crate::Limits::monitor_interval).
    pub async fn run(mut self, stop: CancellationToken) {
        let mut tick = interval(self.control.inner.limits.monitor_interval);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! { biased;
                () = stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            if let Err(error) = self.pass().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what boxes use could not be looked at"
                );
            }
        }
    }

    /// One pass.
    ///
    /// # Errors
    /// Something could not be read or written. What was done stays done; the next pass goes on.
    pub async fn pass(&mut self) -> Result<(), Error> {
        let control = self.control.clone();
        let fleet = control.inner.store.fleet(smartbox_store::SystemActor::new(ACTOR));
        // One that fails must not keep the others from being done.
        let measured = self.measure(&fleet).await;
        let settled = control.settle_owed().await;
        // What is about all orgs is done by one of the platforms that share the database.
        let leads = control.leads();
        let summed = if leads { fleet.roll_up_usage(ROLL_UP_MAX).await.map(drop) } else { Ok(()) };
        control.publish_allowances().await?;
        if leads {
            enforce::enforce(&control, &fleet).await?;
        }
        measured?;
        settled?;
        summed.map_err(Error::from)
    }
}
