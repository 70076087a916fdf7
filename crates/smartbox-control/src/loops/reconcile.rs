//! Makes reality follow intent: observe, record, plan, act.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use smartbox_core::explain::Refused;
use smartbox_core::plan::PlanFacts;
use smartbox_core::{BoxId, Desired, Observed, Step, backoff, next_step};
use smartbox_provider::{Epoch, Observation};
use smartbox_store::{
    BoxError, IntentChange, NewFailure, Outcome as OperationOutcome, Smartbox, SystemActor, Target,
};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::drowsy::Drowsy;
use super::due::{self, DueWakes};
use super::fall_asleep::{Slept, Wish, fall_asleep};
use super::publish::Publisher;
use super::step::{self, Outcome};
use super::{fence, observe, wake_story};
use crate::{Control, Error};

/// Who writes the timeline lines of this loop.
const ACTOR: &str = "reconciler";
/// Failed attempts after which a waiting operation is told so. Attempts go on.
const OPERATION_ATTEMPTS_MAX: u32 = 3;

/// Boxes that fall asleep at the same time. Some of them wait for work to end.
const SLEEPERS_MAX: usize = 8;

/// What is done with a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    Step(Step),
    /// It is idle, and its gateway is asked.
    TrySleep,
}

/// What came of it.
enum Done {
    Step(Step, Outcome),
    Slept(Result<Slept, Error>),
}

/// The reconcile loop. One job per box at a time; a slow box holds up no other.
pub struct Reconciler {
    control: Control,
    epoch: Epoch,
    jobs: JoinSet<(Smartbox, Done)>,
    /// What is done with which box. One job per box at a time.
    busy: HashMap<BoxId, Job>,
    drowsy: Drowsy,
    due: DueWakes,
    /// When something is due that no hint tells of.
    alarm: tokio::time::Instant,
    started: HashMap<BoxId, Timestamp>,
    unknown: HashSet<BoxId>,
    publisher: Publisher,
}

impl Reconciler {
    /// A loop that acts with the fencing number of its lease.
    pub fn new(control: Control, epoch: Epoch) -> Self {
        Self {
            control,
            epoch,
            jobs: JoinSet::new(),
            busy: HashMap::new(),
            drowsy: Drowsy::default(),
            due: DueWakes::default(),
            alarm: tokio::time::Instant::now(),
            started: HashMap::new(),
            unknown: HashSet::new(),
            publisher: Publisher::default(),
        }
    }

    /// Runs until told to stop. Jobs in the middle are dropped: the next start goes on from what it observes.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut tick = interval(self.control.inner.limits.reconcile_period);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let control = self.control.clone();
            tokio::select! { biased;
                () = stop.cancelled() => return,
                Some(done) = self.jobs.join_next() => self.job_done(done).await,
                () = control.inner.changes.intended() => {
                    if let Some(hints) = control.inner.changes.take_hints() {
                        self.look_at(&hints).await;
                        continue;
                    }
                }
                () = control.inner.provider.changed() => {}
                () = tokio::time::sleep_until(self.alarm) => {}
                _ = tick.tick() => {}
            }
            if let Err(error) = self.pass().await {
                tracing::warn!(error = &error as &dyn std::error::Error, "reconcile pass failed");
            }
        }
    }

    /// One pass: observe all, record, plan, start jobs, publish. Does not wait for the jobs.
    pub async fn pass(&mut self) -> Result<(), Error> {
        let control = self.control.clone();
        let seen = control.inner.provider.observe_all().await.map_err(Error::internal)?;
        let seen: HashMap<BoxId, Observation> = seen.into_iter().map(|seen| (seen.id, seen)).collect();
        let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
        let rows = fleet.all_boxes().await?;
        self.report_unknown(&rows, &seen);
        self.drowsy.refresh(&fleet, &rows).await?;
        for id in self.due.wake(&control, &rows).await? {
            self.drowsy.woken_quietly(id);
        }
        let waited_for = fleet.boxes_with_open_operations().await?;
        let mut latest = Vec::with_capacity(rows.len());
        for row in &rows {
            let observation = seen.get(&row.id).cloned().unwrap_or_else(|| observe::absent(row.id));
            latest.push(self.follow(row, &observation, waited_for.contains(&row.id)).await?);
        }
        let until = due::until_next(&latest, control.inner.clock.now());
        self.alarm = tokio::time::Instant::now() + until;
        self.publisher.publish(&control).await?;
        control.inner.last_pass.set(tokio::time::Instant::now());
        Ok(())
    }

    /// The same for a few boxes, somebody waits for them. What fails is left to the next pass.
    async fn look_at(&mut self, ids: &[BoxId]) {
        for id in ids {
            if let Err(error) = self.look_at_one(*id).await {
                tracing::warn!(box.id = %id, error = &error as &dyn std::error::Error, "a box could not be looked at");
            }
        }
        if let Err(error) = self.publisher.publish(&self.control).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the picture of the boxes could not be published"
            );
        }
    }

    async fn look_at_one(&mut self, id: BoxId) -> Result<(), Error> {
        let control = self.control.clone();
        let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
        let Some(row) = fleet.find_box(id).await? else { return Ok(()) };
        let seen = control.inner.provider.observe(id).await.map_err(Error::internal)?;
        let seen = seen.unwrap_or_else(|| observe::absent(id));
        self.follow(&row, &seen, true).await.map(drop)
    }

    /// Records what was seen of a box and takes the next step with it.
    async fn follow(
        &mut self,
        row: &Smartbox,
        seen: &Observation,
        is_waited_for: bool,
    ) -> Result<Smartbox, Error> {
        let row = self.record(row, seen).await?;
        self.settle_reached(&row, is_waited_for).await?;
        self.keep_doors(&row).await;
        if !self.busy.contains_key(&row.id) {
            let is_asleep = matches!(row.observed, Observed::Asleep(_));
            if !is_asleep && self.control.inner.uses.is_closed(row.id) {
                fence::open(&self.control, row.id);
            }
            self.act(&row).await?;
        }
        Ok(row)
    }

    /// Waits for every job that was started. For tests and orderly ends.
    pub async fn settle(&mut self) {
        while let Some(done) = self.jobs.join_next().await {
            self.job_done(done).await;
        }
    }

    /// Boxes that the provider has and the store does not are left alone: they hold somebody's data.
    fn report_unknown(&mut self, rows: &[Smartbox], seen: &HashMap<BoxId, Observation>) {
        for id in seen.keys() {
            if !rows.iter().any(|row| row.id == *id) && self.unknown.insert(*id) {
                tracing::warn!(box.id = %id, "the provider holds a box that the database does not know; it is left alone");
            }
        }
    }

    async fn record(&mut self, row: &Smartbox, seen: &Observation) -> Result<Smartbox, Error> {
        let update = observe::update(seen);
        // Most looks find nothing new: those do not ask the database again.
        if row.is_seen_as(&update) {
            return Ok(row.clone());
        }
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        let now = self.control.inner.clock.now();
        let mut events = Vec::new();
        for note in observe::notes(row, seen) {
            // A gateway that was thawed may fail its first probe; what it recovers from is then its sleep.
            let is_wake = note.action == "box.recovered" && self.started.contains_key(&row.id);
            let action = if is_wake { "box.awake" } else { note.action };
            let detail = self.detail(row, action, now).await?;
            events.push(self.control.event(ACTOR, action, &note.reason, detail));
        }
        let mut events = events.into_iter();
        let first = events.next();
        let changed = fleet.record_observation(row.id, &update, first, now).await?;
        for event in events {
            fleet.append_event(Some(row.org), Some(row.id), event, now).await?;
        }
        if !changed {
            return Ok(row.clone());
        }
        match &seen.observed {
            Observed::Ready => {
                self.started.remove(&row.id);
                fleet.clear_failure(row.id).await?;
            }
            Observed::Dead(reason) if observe::is_failed_attempt(row, reason) => {
                self.record_failure(row, observe::death(reason), !reason.is_retryable()).await?;
            }
            _ => {}
        }
        self.control.inner.changes.written();
        Ok(fleet.find_box(row.id).await?.unwrap_or_else(|| row.clone()))
    }

    /// Ends the operations and the failures of a goal that is reached, also those that found it reached already.
    async fn settle_reached(&self, row: &Smartbox, is_waited_for: bool) -> Result<(), Error> {
        let generation = match (row.desired, &row.observed) {
            (Desired::Running, Observed::Ready) | (Desired::Asleep, Observed::Asleep(_)) => {
                row.observed_generation.unwrap_or(0)
            }
            (Desired::Asleep | Desired::Stopped | Desired::Deleted, Observed::Stopped | Observed::Absent) => {
                row.generation
            }
            _ => return Ok(()),
        };
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        // A failure may be recorded after the success it belongs to: the answer to a call that did its work was lost.
        let is_over = generation >= row.generation && !self.busy.contains_key(&row.id);
        if is_over && row.has_failure() && fleet.clear_failure(row.id).await? {
            self.control.inner.changes.written();
        }
        if !is_waited_for {
            return Ok(());
        }
        let target = Target { desired: row.desired, generation };
        let now = self.control.inner.clock.now();
        if !fleet.settle_operations(row.id, target, &OperationOutcome::Succeeded, now).await?.is_empty() {
            self.control.inner.changes.written();
        }
        Ok(())
    }

    /// What a start or a wake took and who wanted it, where that is what happened.
    async fn detail(&self, row: &Smartbox, action: &str, now: Timestamp) -> Result<serde_json::Value, Error> {
        match action {
            "box.ready" | "box.awake" => {
                wake_story::story(&self.control, row, self.started.get(&row.id).copied(), now).await
            }
            _ => Ok(serde_json::json!({})),
        }
    }

    async fn record_failure(&self, row: &Smartbox, error: BoxError, fail_now: bool) -> Result<(), Error> {
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        let now = self.control.inner.clock.now();
        let failures = row.failures.saturating_add(1);
        let mut jitter = [0u8; 1];
        self.control.inner.entropy.fill(&mut jitter);
        let wait = backoff::after(failures, jitter[0]);
        let retry_at = now.checked_add(wait).map_err(Error::internal)?;
        let detail = serde_json::json!({ "failures": failures, "retry_at": retry_at.to_string() });
        let event = self.control.event(ACTOR, "box.failed", &error.what, detail);
        let failure = NewFailure { version: row.version, error: error.clone(), retry_at };
        let counts = fleet.record_failure(row.id, &failure, Some(event), now).await?;
        if counts && (fail_now || failures >= OPERATION_ATTEMPTS_MAX) {
            let target = Target { desired: row.desired, generation: row.generation };
            fleet.settle_operations(row.id, target, &OperationOutcome::Failed(error), now).await?;
        }
        self.control.inner.changes.written();
        Ok(())
    }

    /// The platform's services answer inside every box that has processes.
    async fn keep_doors(&self, row: &Smartbox) {
        let doors = &self.control.inner.doors;
        if self.busy.contains_key(&row.id) {
            return;
        }
        if !row.observed.is_alive() {
            doors.close(row.id);
        } else if let Err(error) = doors.ensure_open(row.id).await {
            tracing::warn!(box.id = %row.id, error, "the platform's services do not answer inside a box");
        }
    }

    async fn act(&mut self, row: &Smartbox) -> Result<(), Error> {
        let now = self.control.inner.clock.now();
        let due = |at: Option<Timestamp>| at.is_none_or(|at| at <= now);
        let step = next_step(&PlanFacts {
            desired: row.desired,
            generation: row.generation,
            observed: &row.observed,
            observed_generation: row.observed_generation,
            grace_over: row.purge_at.is_some_and(|purge_at| purge_at <= now),
            retry_due: due(row.retry_at),
            failures: row.failures,
            asleep: row.asleep,
            deepest: self.control.inner.provider.capabilities().deepest_sleep,
        });
        match step {
            Step::Wait => {}
            Step::Nothing => self.let_sleep(row).await?,
            Step::Forget => self.forget(row, now).await?,
            Step::Run | Step::Sleep | Step::Wake | Step::Stop | Step::Remove => self.begin(row, step, now),
        }
        Ok(())
    }

    /// Begins a step, if there is a place for it. Without one the next pass is the next attempt.
    fn begin(&mut self, row: &Smartbox, step: Step, now: Timestamp) {
        if !self.has_place(Job::Step(step)) {
            return;
        }
        if matches!(step, Step::Run | Step::Wake) {
            self.started.insert(row.id, now);
        }
        self.busy.insert(row.id, Job::Step(step));
        let (control, row, epoch) = (self.control.clone(), row.clone(), self.epoch);
        self.jobs.spawn(async move {
            let outcome = step::take(&control, &row, epoch, step).await;
            (row, Done::Step(step, outcome))
        });
    }

    /// Somebody waits for a wake, so it never waits for a place. Those that fall asleep have places of their own.
    fn has_place(&self, job: Job) -> bool {
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
        let Some((tier, idle_since)) = self.drowsy.look(&self.control, row) else { return Ok(()) };
        if !self.has_place(Job::TrySleep) {
            return Ok(());
        }
        let why = format!("nothing was to do since {idle_since}");
        if row.desired == Desired::Asleep {
            let detail = serde_json::json!({ "tier": tier.as_str() });
            let event = self.control.event(ACTOR, "box.sleep-deepens", &why, detail);
            let change = IntentChange::to_sleep(tier, idle_since);
            let written = self.control.write_intent(row, change, Some(row.version), None, event).await;
            return match written {
                Ok(_) | Err(Error::VersionMismatch | Error::NotFound(_)) => Ok(()),
                Err(error) => Err(error),
            };
        }
        self.busy.insert(row.id, Job::TrySleep);
        let (control, row, epoch) = (self.control.clone(), row.clone(), self.epoch);
        self.jobs.spawn(async move {
            let wish = Wish::Idle { tier, idle_since, why };
            let slept = fall_asleep(&control, &row, epoch, wish).await;
            (row, Done::Slept(slept))
        });
        Ok(())
    }

    async fn forget(&self, row: &Smartbox, now: Timestamp) -> Result<(), Error> {
        let event =
            self.control.event(ACTOR, "box.forgotten", "nothing of it is left", serde_json::json!({}));
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        fleet.forget_box(row.id, event, now).await?;
        let inner = &self.control.inner;
        inner.ssh.forget(row.id);
        inner.uses.forget(row.id);
        inner.vigils.forget(row.id);
        drop(inner.resting.take(row.id));
        inner.changes.written();
        Ok(())
    }

    async fn job_done(&mut self, done: Result<(Smartbox, Done), tokio::task::JoinError>) {
        let (row, done) = match done {
            Ok(done) => done,
            Err(error) => {
                // A panic in a job is a bug; the box must not stay busy for ever, so every box is looked at again.
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a job of the reconcile loop broke"
                );
                self.busy.clear();
                return;
            }
        };
        self.busy.remove(&row.id);
        match done {
            // Who waits for it is let in before anything else.
            Done::Step(Step::Wake, Ok(())) | Done::Slept(Ok(Slept::Yes)) => self.look_at(&[row.id]).await,
            Done::Step(_, Ok(())) => {}
            Done::Step(_, Err(failure)) => self.step_failed(&row, failure).await,
            Done::Slept(Ok(Slept::No { why, again })) => {
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

    async fn step_failed(&self, row: &Smartbox, failure: step::Failure) {
        // The row is as it was when the job began: the store drops a failure to bring about an older intent.
        match self.record_failure(row, failure.error, failure.is_permanent).await {
            Ok(()) | Err(Error::NotFound(_)) => {}
            Err(error) => {
                tracing::warn!(box.id = %row.id, error = &error as &dyn std::error::Error, "a failure could not be recorded");
            }
        }
    }
}
