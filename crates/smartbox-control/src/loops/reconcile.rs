//! Makes reality follow intent: observe all, record, plan, act.

mod announce;
mod failures;
mod room;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use smartbox_core::capacity::Turns;
use smartbox_core::plan::PlanFacts;
use smartbox_core::{BoxId, Desired, Observed, OrgId, Step, backoff, next_step};
use smartbox_provider::{Epoch, Observation};
use smartbox_store::{BoxError, NewFailure, Outcome as OperationOutcome, Smartbox, SystemActor, Target};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::heal;
use super::observe;
use super::publish::Publisher;
use super::step::{self, Outcome};
use crate::room::Starts;
use crate::{Control, Error, Lease};

/// Who writes the timeline lines of this loop.
const ACTOR: &str = "reconciler";
/// Failed attempts after which a waiting operation is told so. Attempts go on.
const OPERATION_ATTEMPTS_MAX: u32 = 3;

/// The reconcile loop. One job per box at a time; a slow box holds up no other.
pub struct Reconciler {
    control: Control,
    lease: Lease,
    jobs: JoinSet<(Smartbox, Step, Outcome)>,
    busy: HashSet<BoxId>,
    /// Started, and not seen since: one that is dead the next time has failed, however little else has changed.
    launched: HashSet<BoxId>,
    /// A start of them is under way.
    launching: HashSet<BoxId>,
    /// Told that they wait for room.
    waiting: HashSet<BoxId>,
    turns: Turns<OrgId>,
    starts: Starts,
    started: HashMap<BoxId, Timestamp>,
    unknown: HashSet<BoxId>,
    publisher: Publisher,
}

impl Reconciler {
    /// A loop of somebody who is alone on the database, and acts with this fencing number.
    pub fn new(control: Control, epoch: Epoch) -> Self {
        Self::under(control, Lease::always(epoch))
    }

    /// A loop that acts while its lease is held, and with its fencing number.
    pub fn under(control: Control, lease: Lease) -> Self {
        Self {
            control,
            lease,
            jobs: JoinSet::new(),
            busy: HashSet::new(),
            launched: HashSet::new(),
            launching: HashSet::new(),
            waiting: HashSet::new(),
            turns: Turns::new(),
            starts: Starts::default(),
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
            let (control, lease) = (self.control.clone(), self.lease.clone());
            tokio::select! { biased;
                () = stop.cancelled() => return,
                () = lease.ends() => {
                    self.drop_jobs().await;
                    if !lease.is_regained().await {
                        return;
                    }
                }
                Some(done) = self.jobs.join_next() => self.job_done(done).await,
                () = control.inner.changes.intended() => {}
                () = control.inner.provider.changed() => {}
                _ = tick.tick() => {}
            }
            if let Err(error) = self.pass().await {
                tracing::warn!(error = &error as &dyn std::error::Error, "reconcile pass failed");
            }
        }
    }

    /// One pass: observe all, record, plan, start jobs, publish. Does not wait for the jobs.
    ///
    /// # Errors
    /// The database or the provider fails, or the lease is not held: then nothing is done.
    pub async fn pass(&mut self) -> Result<(), Error> {
        if !self.lease.is_held() {
            return Err(Error::internal("the lease on the boxes is not held"));
        }
        let provider = &self.control.inner.provider;
        let seen = provider.observe_all().await.map_err(Error::internal)?;
        let seen: HashMap<BoxId, Observation> = seen.into_iter().map(|seen| (seen.id, seen)).collect();
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        let rows = fleet.all_boxes().await?;
        self.report_unknown(&rows, &seen);
        self.announce(&rows, &seen).await;
        self.look_at_room(&rows, &seen).await?;
        for row in &self.turns.order(rows.into_iter().map(|row| (row.org, row))) {
            let observation = seen.get(&row.id).cloned().unwrap_or_else(|| observe::absent(row.id));
            let row = self.record(row, &observation).await?;
            self.settle_reached(&row).await?;
            self.keep_doors(&row).await;
            heal::watch(&self.control, &row).await?;
            if !self.busy.contains(&row.id) && self.busy.len() < self.control.inner.limits.reconcile_width {
                self.act(&row).await?;
            }
        }
        self.publisher.publish(&self.control).await?;
        self.control.inner.last_pass.set(tokio::time::Instant::now());
        Ok(())
    }

    /// Stops acting in the middle. What a call had begun is found by whoever acts next.
    async fn drop_jobs(&mut self) {
        self.jobs.shutdown().await;
        self.busy.clear();
        self.launching.clear();
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
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        let now = self.control.inner.clock.now();
        let bigger = heal::bigger_tier(&self.control, row, seen).await?;
        let mut events = observe::notes(row, seen, bigger.as_deref()).into_iter().map(|note| {
            let detail = self.detail(row.id, note.action, now);
            self.control.event(ACTOR, note.action, &note.reason, detail)
        });
        let first = events.next();
        let changed = fleet.record_observation(row.id, &observe::update(seen), first, now).await?;
        for event in events {
            fleet.append_event(Some(row.org), Some(row.id), event, now).await?;
        }
        let was_launched = !self.busy.contains(&row.id) && self.launched.remove(&row.id);
        if !changed && !was_launched {
            return Ok(row.clone());
        }
        self.count(row, seen, was_launched, bigger.as_deref()).await?;
        if seen.observed == Observed::Ready {
            self.started.remove(&row.id);
            fleet.clear_failure(row.id).await?;
        }
        self.control.inner.changes.written();
        Ok(fleet.find_box(row.id).await?.unwrap_or_else(|| row.clone()))
    }

    /// Ends the operations and the failures of a goal that is reached, also those that found it reached already.
    async fn settle_reached(&self, row: &Smartbox) -> Result<(), Error> {
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
        let is_over = generation >= row.generation && !self.busy.contains(&row.id);
        if is_over && fleet.clear_failure(row.id).await? {
            self.control.inner.changes.written();
        }
        let target = Target { desired: row.desired, generation };
        let now = self.control.inner.clock.now();
        if !fleet.settle_operations(row.id, target, &OperationOutcome::Succeeded, now).await?.is_empty() {
            self.control.inner.changes.written();
        }
        Ok(())
    }

    /// How long a start took, where that is what happened.
    fn detail(&self, id: BoxId, action: &str, now: Timestamp) -> serde_json::Value {
        match self.started.get(&id) {
            Some(started) if action == "box.ready" => {
                serde_json::json!({ "took_ms": now.duration_since(*started).as_millis() })
            }
            _ => serde_json::json!({}),
        }
    }

    async fn record_failure(
        &self,
        row: &Smartbox,
        error: BoxError,
        retry_at: Option<Timestamp>,
        fail_now: bool,
    ) -> Result<(), Error> {
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        let now = self.control.inner.clock.now();
        let failures = row.failures.saturating_add(1);
        let mut jitter = [0u8; 1];
        self.control.inner.entropy.fill(&mut jitter);
        let wait = backoff::after(failures, jitter[0]);
        let retry_at = retry_at.map_or_else(|| now.checked_add(wait).map_err(Error::internal), Ok)?;
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
        if self.busy.contains(&row.id) {
            return;
        }
        if !row.observed.is_alive() {
            doors.close(row.id);
        } else if let Err(error) = doors.ensure_open(row.id).await {
            tracing::warn!(box.id = %row.id, error, "the platform's services do not answer inside a box");
        }
    }

    async fn act(&mut self, row: &Smartbox) -> Result<(), Error> {
        if !self.lease.is_held() {
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
        });
        if step == Step::Run && !(self.is_admitted(row).await? && heal::may_start(&self.control, row).await?)
        {
            return Ok(());
        }
        match step {
            Step::Nothing | Step::Wait => {}
            Step::Forget => {
                let event = self.control.event(
                    ACTOR,
                    "box.forgotten",
                    "nothing of it is left",
                    serde_json::json!({}),
                );
                let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
                fleet.forget_box(row.id, event, now).await?;
                self.control.inner.ssh.forget(row.id);
                self.control.inner.changes.written();
            }
            Step::Run | Step::Sleep | Step::Wake | Step::Stop | Step::Remove => {
                if step == Step::Run {
                    self.started.insert(row.id, now);
                    self.launching.insert(row.id);
                }
                self.busy.insert(row.id);
                self.turns.served(row.org);
                let (control, row, epoch) = (self.control.clone(), row.clone(), self.lease.epoch());
                self.jobs.spawn(async move {
                    let outcome = step::take(&control, &row, epoch, step).await;
                    (row, step, outcome)
                });
            }
        }
        Ok(())
    }

    async fn job_done(&mut self, done: Result<(Smartbox, Step, Outcome), tokio::task::JoinError>) {
        let (row, step, outcome) = match done {
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
        let Err(failure) = outcome else {
            if step == Step::Run {
                self.launched.insert(row.id);
            }
            return;
        };
        // A newer controller acts on the box. If it has all of them, what happened is no longer this one's to tell.
        if failure.is_fenced && !self.lease.renew().await {
            return;
        }
        // The row is as it was when the job began: the store drops a failure to bring about an older intent.
        match self.failed(&row, step, failure).await {
            Ok(()) | Err(Error::NotFound(_)) => {}
            Err(error) => {
                tracing::warn!(box.id = %row.id, error = &error as &dyn std::error::Error, "a failure could not be recorded");
            }
        }
    }
}
