//! Which failures count for the breaker of a box.

use smartbox_core::{Desired, Observed, Step};
use smartbox_provider::Observation;
use smartbox_store::{Smartbox, SystemActor};

use super::{ACTOR, Reconciler};
use crate::Error;
use crate::loops::step::Failure;
use crate::loops::{heal, observe};

impl Reconciler {
    /// Counts what an observation tells of failures: starts of the gateway inside the box, and its death.
    pub(super) async fn count(
        &self,
        row: &Smartbox,
        seen: &Observation,
        was_launched: bool,
        bigger: Option<&str>,
    ) -> Result<(), Error> {
        let restarts = observe::new_restarts(row, seen);
        let died = match &seen.observed {
            Observed::Dead(reason) if was_launched || observe::is_new_death(row, seen) => Some(reason),
            _ => None,
        };
        if !matches!(row.desired, Desired::Running | Desired::Asleep) || (restarts == 0 && died.is_none()) {
            return Ok(());
        }
        let Some(reason) = died else {
            let error = observe::restarted(seen);
            heal::count(&self.control, row, restarts, &error).await?;
            return Ok(());
        };
        let error = observe::death(reason, bigger);
        if !reason.is_retryable() {
            return self.record_failure(row, error, None, true).await;
        }
        let open = heal::count(&self.control, row, restarts.saturating_add(1), &error).await?;
        match open {
            Some((error, trial_at)) => self.record_failure(row, error, Some(trial_at), true).await,
            None if observe::is_failed_attempt(row, reason) => {
                self.record_failure(row, error, None, false).await
            }
            None => Ok(()),
        }
    }

    /// Records that a step failed. A start that fails counts for the breaker.
    pub(super) async fn failed(&self, row: &Smartbox, step: Step, failure: Failure) -> Result<(), Error> {
        let Failure { error, is_permanent, is_fenced } = failure;
        if step != Step::Run || is_fenced {
            return self.record_failure(row, error, None, is_permanent).await;
        }
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        let Some(now) = fleet.find_box(row.id).await? else { return Ok(()) };
        if now.version != row.version {
            return Ok(());
        }
        match heal::count(&self.control, &now, 1, &error).await? {
            Some((error, trial_at)) => self.record_failure(row, error, Some(trial_at), true).await,
            None => self.record_failure(row, error, None, is_permanent).await,
        }
    }
}
