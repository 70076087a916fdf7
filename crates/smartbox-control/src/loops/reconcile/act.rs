//! Takes the next step with a box, as a job of its own.

use jiff::Timestamp;
use smartbox_core::explain::Refused;
use smartbox_core::plan::PlanFacts;
use smartbox_core::{Desired, SleepTier, Step, next_step};
use smartbox_provider::Epoch;
use smartbox_store::{IntentChange, Smartbox};
use tokio::task::JoinError;
use tokio::time::Instant;

use super::{ACTOR, Done, Job, Reconciler, WAKE_CALM};
use crate::Error;
use crate::loops::fall_asleep::{Slept, Wish, fall_asleep};
use crate::loops::heal;
use crate::loops::step::{self, Failure};

/// Boxes that fall asleep at the same time. Some of them wait for work to end.
const SLEEPERS_MAX: usize = 8;

impl Reconciler {
    pub(super) async fn act(&mut self, row: &Smartbox) -> Result<(), Error> {
        if self.keeping.epoch_of(row.id).is_none() {
            return Ok(());
        }
        let now = self.control.inner.clock.now();
        let step = next_step(&PlanFacts {
            desired: row.desired,
            generation: row.generation,
            observed: &row.observed,
            observed_generation: row.observed_generation,
            grace_over: row.purge_at.is_some_and(|purge_at| purge_at <= now),
            retry_due: heal::is_retry_due(row, now),
            failures: row.failures,
            asleep: row.asleep,
            deepest: self.control.inner.provider.capabilities().deepest_sleep,
            archive: row.archive,
        });
        let may_run = step != Step::Run
            || (self.is_admitted(row).await? && heal::may_start(&self.control, row).await?);
        match step {
            Step::Wait => {}
            _ if !may_run => {}
            Step::Nothing => self.let_sleep(row).await?,
            Step::Run | Step::Sleep | Step::Wake | Step::Stop | Step::Free | Step::Remove | Step::Forget => {
                self.begin(row, step, now);
            }
        }
        Ok(())
    }

    /// Begins a step, if there is a place for it. Without one the next pass is the next attempt.
    fn begin(&mut self, row: &Smartbox, step: Step, now: Timestamp) {
        let Some(acting) = self.keeping.begin(row.id).filter(|_| self.has_place(Job::Step(step))) else {
            return;
        };
        if matches!(step, Step::Run | Step::Wake) {
            self.started.insert(row.id, now);
        }
        match step {
            Step::Run => drop(self.launching.insert(row.id)),
            Step::Wake => self.calm_from = Instant::now() + WAKE_CALM,
            _ => {}
        }
        self.turns.served(row.org);
        self.busy.insert(row.id, Job::Step(step));
        let (control, row) = (self.control.clone(), row.clone());
        self.jobs.spawn(async move {
            let outcome = step::take(&control, &row, acting.epoch(), step).await;
            (row, Done::Step(step, acting.epoch(), outcome))
        });
    }

    /// Somebody waits for a wake, so it never waits for a place. Those that fall asleep have places of their own.
    pub(super) fn has_place(&self, job: Job) -> bool {
        let is_sleeper = |job: &Job| matches!(job, Job::TrySleep | Job::Step(Step::Sleep));
        let sleepers = self.busy.values().filter(|job| is_sleeper(job)).count();
        match job {
            Job::Step(Step::Wake) => true,
            job if is_sleeper(&job) => sleepers < SLEEPERS_MAX,
            _ => self.busy.len() - sleepers < self.control.inner.limits.reconcile_width,
        }
    }

    /// A box that is as it should be may sleep, or sleep deeper, when it is idle.
    async fn let_sleep(&mut self, row: &Smartbox) -> Result<(), Error> {
        // A box has to be seen awake to be seen well.
        if row.upgrade.is_some() {
            return Ok(());
        }
        let Some((tier, idle_since)) = self.drowsy.look(&self.control, row) else { return Ok(()) };
        if !self.has_place(Job::TrySleep) {
            return Ok(());
        }
        let why = format!("nothing was to do since {idle_since}");
        if row.desired == Desired::Asleep {
            return self.deepen(row, tier, idle_since, &why).await;
        }
        self.try_sleep(row, tier, idle_since, why);
        Ok(())
    }

    /// Wants a box that sleeps to sleep deeper.
    pub(super) async fn deepen(
        &self,
        row: &Smartbox,
        tier: SleepTier,
        idle_since: Timestamp,
        why: &str,
    ) -> Result<(), Error> {
        let detail = serde_json::json!({ "tier": tier.as_str() });
        let event = self.control.event(ACTOR, "box.sleep-deepens", why, detail);
        let change = IntentChange::to_sleep(tier, idle_since);
        match self.control.write_intent(row, change, Some(row.version), None, event).await {
            Ok(_) | Err(Error::VersionMismatch | Error::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Asks the gateway of a box that is awake, and puts the box to sleep if nothing is in the way.
    pub(super) fn try_sleep(&mut self, row: &Smartbox, tier: SleepTier, idle_since: Timestamp, why: String) {
        let Some(acting) = self.keeping.begin(row.id) else { return };
        self.busy.insert(row.id, Job::TrySleep);
        let (control, row) = (self.control.clone(), row.clone());
        self.jobs.spawn(async move {
            let wish = Wish::Idle { tier, idle_since, why };
            let slept = fall_asleep(&control, &row, acting.epoch(), wish).await;
            (row, Done::Slept(slept))
        });
    }

    pub(super) async fn job_done(&mut self, done: Result<(Smartbox, Done), JoinError>) {
        let (row, done) = match done {
            Ok(done) => done,
            Err(error) => {
                // A panic in a job is a bug; the box must not stay busy for ever, so every box is looked at again.
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a job of the reconcile loop broke"
                );
                self.busy.clear();
                self.launching.clear();
                return;
            }
        };
        self.busy.remove(&row.id);
        self.launching.remove(&row.id);
        match done {
            // Who waits for it is let in before anything else.
            Done::Step(Step::Wake, _, Ok(())) | Done::Slept(Ok(Slept::Yes)) => self.look_at(&[row.id]).await,
            Done::Step(Step::Run, _, Ok(())) => {
                self.launched.insert(row.id);
            }
            Done::Step(_, _, Ok(())) => {}
            Done::Step(step, epoch, Err(failure)) => self.step_failed(&row, (step, epoch), failure).await,
            Done::Slept(Ok(Slept::No { why, again, .. })) => {
                self.drowsy.refused(&self.control, row.id, again);
                let at = self.control.inner.clock.now();
                let again = at.checked_add(again).unwrap_or(at);
                self.control.inner.vigils.refuse(row.id, Refused { at, why, again });
            }
            Done::Slept(Err(error)) => {
                tracing::warn!(box.id = %row.id, error = &error as &dyn std::error::Error, "a box could not be put to sleep");
            }
        }
    }

    async fn step_failed(&self, row: &Smartbox, (step, epoch): (Step, Epoch), failure: Failure) {
        // A newer controller acts on the box. If it has it for good, what happened is no longer this one's to tell.
        if failure.is_fenced && !(self.keeping.renew().await && self.keeping.is_kept_under(row.id, epoch)) {
            return;
        }
        // The row is as it was when the job began: the store drops a failure to bring about an older intent.
        match self.failed(row, step, failure).await {
            Ok(()) | Err(Error::NotFound(_)) => {}
            Err(error) => {
                tracing::warn!(box.id = %row.id, error = &error as &dyn std::error::Error, "a failure could not be recorded");
            }
        }
    }
}
