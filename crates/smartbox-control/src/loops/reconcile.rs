//! Makes reality follow intent, for the boxes that this platform keeps: observe, record, plan, act.

mod act;
mod announce;
mod failures;
mod mine;
mod pressure;
mod record;
mod room;
mod unknown;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::capacity::Turns;
use smartbox_core::{BoxId, Observed, OrgId, Step};
use smartbox_provider::{Epoch, Observation};
use smartbox_store::{Smartbox, SystemActor};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use super::drowsy::Drowsy;
use super::due::{self, DueWakes};
use super::fall_asleep::Slept;
use super::publish::Publisher;
use super::step::Outcome;
use super::{fence, heal, observe};
use crate::room::Starts;
use crate::{Control, Error, Keeping, Lease};

/// Who writes the timeline lines of this loop.
const ACTOR: &str = "reconciler";

/// How long a change may wait while a box wakes: the change is mostly the thaw itself, and who waits for that box should not wait
/// for a look at all of them. When the wake is done all are looked at anyway.
const WAKE_CALM: Duration = Duration::from_millis(100);

/// What is done with a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    Step(Step),
    /// It is idle, and its gateway is asked.
    TrySleep,
}

/// What came of it.
enum Done {
    Step(Step, Epoch, Outcome),
    Slept(Result<Slept, Error>),
}

/// The reconcile loop. One job per box at a time; a slow box holds up no other.
pub struct Reconciler {
    control: Control,
    keeping: Keeping,
    jobs: JoinSet<(Smartbox, Done)>,
    /// What is done with which box.
    busy: HashMap<BoxId, Job>,
    drowsy: Drowsy,
    due: DueWakes,
    /// When boxes were last put to sleep for their memory, by the steady clock.
    relieved_at: Option<Duration>,
    /// When something is due that no hint tells of.
    alarm: Instant,
    /// Until then a wake is under way that somebody waits for.
    calm_from: Instant,
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
    /// Boxes that were this platform's in the last pass.
    mine: HashSet<BoxId>,
    publisher: Publisher,
}

/// Waits until the provider has news, and it is time for them.
async fn changed(control: &Control, calm_from: Instant) {
    sleep_until(calm_from).await;
    control.inner.provider.changed().await;
}

impl Reconciler {
    /// A loop of somebody who is alone on the database, and acts with this fencing number.
    pub fn new(control: Control, epoch: Epoch) -> Self {
        Self::under(control, Lease::always(epoch))
    }

    /// A loop that acts on what its platform keeps, with the fencing numbers of that.
    pub fn under(control: Control, keeping: impl Into<Keeping>) -> Self {
        let keeping = keeping.into();
        Self {
            control,
            keeping,
            jobs: JoinSet::new(),
            busy: HashMap::new(),
            drowsy: Drowsy::default(),
            due: DueWakes::default(),
            relieved_at: None,
            alarm: Instant::now(),
            calm_from: Instant::now(),
            launched: HashSet::new(),
            launching: HashSet::new(),
            waiting: HashSet::new(),
            turns: Turns::new(),
            starts: Starts::default(),
            started: HashMap::new(),
            unknown: HashSet::new(),
            mine: HashSet::new(),
            publisher: Publisher::default(),
        }
    }

    /// Runs until told to stop. Jobs in the middle are dropped: the next start goes on from what it observes.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut tick = interval(self.control.inner.limits.reconcile_period);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut kept = self.keeping.follow();
        loop {
            let (control, keeping) = (self.control.clone(), self.keeping.clone());
            tokio::select! { biased;
                () = stop.cancelled() => return,
                () = keeping.ends() => {
                    self.drop_jobs().await;
                    if !keeping.is_regained().await {
                        return;
                    }
                }
                () = mine::others(&mut kept) => control.inner.changes.taken_over(),
                Some(done) = self.jobs.join_next() => self.job_done(done).await,
                () = control.inner.changes.intended() => {
                    if let Some(hints) = control.inner.changes.take_hints() {
                        self.look_at(&hints).await;
                        continue;
                    }
                }
                () = changed(&control, self.calm_from) => {}
                () = sleep_until(self.alarm) => {}
                _ = tick.tick() => {}
            }
            if let Err(error) = self.pass().await {
                tracing::warn!(error = &error as &dyn std::error::Error, "reconcile pass failed");
                // A pass that fails before it has looked at what is due must not be repeated at once.
                self.alarm = Instant::now() + control.inner.limits.reconcile_period;
            }
        }
    }

    /// One pass: observe all, record, plan, start jobs, publish. Boxes that others keep are published only. Does not wait for the jobs.
    ///
    /// # Errors
    /// The database or the provider fails, or nothing may be done now: then nothing is.
    pub async fn pass(&mut self) -> Result<(), Error> {
        if !self.keeping.is_held() {
            return Err(Error::internal("no box may be acted on now"));
        }
        let control = self.control.clone();
        let seen = control.inner.provider.observe_all().await.map_err(Error::internal)?;
        let seen: HashMap<BoxId, Observation> = seen.into_iter().map(|seen| (seen.id, seen)).collect();
        let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
        let rows = fleet.all_boxes().await?;
        self.report_unknown(&rows, &seen).await?;
        self.look_at_room(&rows, &seen).await?;
        let rows = self.only_mine(&rows).await?;
        self.announce(&rows, &seen).await;
        self.drowsy.refresh(&fleet, &rows).await?;
        for id in self.due.wake(&control, &rows).await? {
            self.drowsy.woken_quietly(id);
        }
        let waited_for = fleet.boxes_with_open_operations().await?;
        let mut latest = Vec::with_capacity(rows.len());
        for row in &self.turns.order(rows.into_iter().map(|row| (row.org, row))) {
            let observation = seen.get(&row.id).cloned().unwrap_or_else(|| observe::absent(row.id));
            latest.push(self.follow(row, &observation, waited_for.contains(&row.id)).await?);
        }
        self.relieve(&latest).await?;
        let until = due::until_next(&latest, control.inner.clock.now());
        self.alarm = Instant::now() + until;
        self.publisher.publish(&control).await?;
        control.inner.last_pass.set(Instant::now());
        Ok(())
    }

    /// The same for a few boxes, somebody waits for them. What fails is left to the next pass.
    async fn look_at(&mut self, ids: &[BoxId]) {
        for id in ids {
            if let Err(error) = self.look_at_one(*id).await {
                tracing::warn!(box.id = %id, error = &error as &dyn std::error::Error, "a box could not be looked at");
            }
        }
        if let Err(error) = self.publisher.publish_these(&self.control, ids).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the picture of the boxes could not be published"
            );
        }
    }

    async fn look_at_one(&mut self, id: BoxId) -> Result<(), Error> {
        if self.keeping.epoch_of(id).is_none() {
            self.keeping.nudge();
            return Ok(());
        }
        let control = self.control.clone();
        let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
        let Some(row) = fleet.find_box(id).await?.map(Arc::new) else { return Ok(()) };
        let seen = control.inner.provider.observe(id).await.map_err(Error::internal)?;
        let seen = seen.unwrap_or_else(|| observe::absent(id));
        self.follow(&row, &seen, true).await.map(drop)
    }

    /// Records what was seen of a box and takes the next step with it.
    async fn follow(
        &mut self,
        row: &Arc<Smartbox>,
        seen: &Observation,
        is_waited_for: bool,
    ) -> Result<Arc<Smartbox>, Error> {
        // A box that wakes is awake when its gateway goes on, and not before: until then nobody is let in.
        let is_waking = self.busy.get(&row.id) == Some(&Job::Step(Step::Wake));
        let row = if is_waking { Arc::clone(row) } else { self.record(row, seen).await? };
        self.drowsy.notice(&self.control, &row);
        self.settle_reached(&row, is_waited_for).await?;
        self.keep_doors(&row).await;
        heal::watch(&self.control, &row).await?;
        if !self.busy.contains_key(&row.id) {
            let is_asleep = matches!(row.observed, Observed::Asleep(_));
            if !is_asleep && self.control.inner.uses.is_closed(row.id) {
                fence::open(&self.control, row.id);
            }
            self.act(&row).await?;
        }
        Ok(row)
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
}
