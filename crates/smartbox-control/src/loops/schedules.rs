//! Acts on what is due by the clock: each due time at most once, whatever ends in between.
//!
//! A run is written before it is acted on. One that was begun and not ended, because the platform ended, is acted on again
//! under the same identity: its gateway takes a message of that identity once.

mod act;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::schedule::{DueNow, due_now};
use smartbox_core::{BoxId, ScheduleId};
use smartbox_store::{NextTime, RunState, Schedule, ScheduleRun, SystemActor};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::schedules::when::When;
use crate::uses::Use;
use crate::{Control, Error};

/// Who writes the timeline lines of this loop.
pub(super) const ACTOR: &str = "scheduler";
/// Schedules that are looked at in one pass, and runs under way at the same time. The others follow.
const AT_ONCE_MAX: u32 = 16;
/// Boxes that are kept awake at the same time.
const KEPT_MAX: u32 = 1_000;
/// Longest time between two looks: the wall clock may be set meanwhile.
const LOOK_MAX: Duration = Duration::from_mins(1);
/// When to look again when more was due than there was room for.
const TURN: Duration = Duration::from_secs(1);

/// The loop that acts on schedules.
pub struct Scheduler {
    control: Control,
    runs: JoinSet<(Schedule, ScheduleRun, Result<(), Error>)>,
    /// What is under way in this process.
    busy: HashSet<ScheduleId>,
    /// Boxes that are kept awake, and until when.
    kept: HashMap<BoxId, (Timestamp, Use)>,
}

impl Scheduler {
    /// A loop over `control`.
    pub fn new(control: Control) -> Self {
        Self { control, runs: JoinSet::new(), busy: HashSet::new(), kept: HashMap::new() }
    }

    /// Runs until told to stop. Runs under way are dropped: the next start goes on with them.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut wait = Duration::ZERO;
        loop {
            let control = self.control.clone();
            tokio::select! { biased;
                () = stop.cancelled() => return,
                Some(done) = self.runs.join_next() => {
                    self.done(done).await;
                    continue;
                }
                () = control.inner.changes.schedules_changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
            wait = match self.pass().await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the schedules could not be looked at"
                    );
                    TURN
                }
            };
        }
    }

    /// One look at what is due. Says when to look again. Does not wait for the runs that it begins.
    pub async fn pass(&mut self) -> Result<Duration, Error> {
        let control = self.control.clone();
        let now = control.inner.clock.now();
        let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
        self.kept.retain(|_box, (until, _use)| *until > now);
        for (id, until) in fleet.kept_awake(now, KEPT_MAX).await? {
            if control.keeps(id) {
                self.keep_awake(id, until);
            }
        }
        let active = fleet.active_schedules(now, AT_ONCE_MAX, control.keeper_id().as_deref()).await?;
        let is_full = active.len() >= AT_ONCE_MAX as usize;
        for schedule in active {
            if let Err(error) = self.follow(&schedule, now).await {
                tracing::warn!(
                    schedule.id = %schedule.id,
                    error = &error as &dyn std::error::Error,
                    "a schedule could not be followed"
                );
            }
        }
        let next = fleet.next_schedule_at().await?;
        let until = next.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or_default());
        Ok(match until {
            _ if is_full => TURN,
            Some(until) => until.clamp(TURN, LOOK_MAX),
            None => LOOK_MAX,
        })
    }

    /// Waits for every run that was begun. For tests and orderly ends.
    pub async fn settle(&mut self) {
        while let Some(done) = self.runs.join_next().await {
            self.done(done).await;
        }
    }

    async fn follow(&mut self, schedule: &Schedule, now: Timestamp) -> Result<(), Error> {
        if self.busy.contains(&schedule.id) || !self.control.keeps(schedule.box_id) {
            return Ok(());
        }
        if let Some(run) = schedule.run.clone().filter(|run| run.state == RunState::Started) {
            self.begin(schedule, run);
            return Ok(());
        }
        match schedule.next.filter(|next| schedule.plan.enabled && next.fires_at <= now) {
            Some(next) => self.fire(schedule, next, now).await,
            None => Ok(()),
        }
    }

    /// The time of a schedule has come.
    async fn fire(&mut self, schedule: &Schedule, due: NextTime, now: Timestamp) -> Result<(), Error> {
        let control = &self.control;
        let when = When::of(&schedule.plan).map_err(Error::internal)?;
        let latest = when.latest(due.at, now);
        let following = when.next_time(schedule.id, latest.max(now), control.inner.limits.schedule_stagger);
        let name = &schedule.plan.name;
        let (due, state, action, why) = match due_now(latest, now, schedule.plan.catch_up) {
            DueNow::Run(due) => {
                (due, RunState::Started, "schedule.fired", format!("schedule `{name}` is due"))
            }
            DueNow::Missed(due) => (
                due,
                RunState::Missed,
                "schedule.missed",
                format!("schedule `{name}` was due at {due} and is left out"),
            ),
        };
        let id = act::run_id(schedule.id, due);
        let run = ScheduleRun { id, due, at: now, state, what: None };
        let detail = serde_json::json!({ "schedule": schedule.id.to_string(), "due_at": due.to_string(), "run": run.id });
        let event = control.event(ACTOR, action, &why, detail);
        let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
        if fleet.claim_run(schedule, &run, following, event, now).await? && state == RunState::Started {
            self.begin(schedule, run);
        }
        Ok(())
    }

    fn begin(&mut self, schedule: &Schedule, run: ScheduleRun) {
        if self.runs.len() >= AT_ONCE_MAX as usize {
            return;
        }
        self.busy.insert(schedule.id);
        let (control, schedule) = (self.control.clone(), schedule.clone());
        self.runs.spawn(async move {
            let acted = act::act(&control, &schedule, &run).await;
            (schedule, run, acted)
        });
    }

    async fn done(
        &mut self,
        done: Result<(Schedule, ScheduleRun, Result<(), Error>), tokio::task::JoinError>,
    ) {
        let (schedule, run, acted) = match done {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a run of a schedule broke");
                self.busy.clear();
                return;
            }
        };
        self.busy.remove(&schedule.id);
        if let Err(error) = self.ended(&schedule, &run, acted).await {
            tracing::warn!(
                schedule.id = %schedule.id,
                error = &error as &dyn std::error::Error,
                "how a run of a schedule went could not be written"
            );
        }
    }

    async fn ended(
        &mut self,
        schedule: &Schedule,
        run: &ScheduleRun,
        acted: Result<(), Error>,
    ) -> Result<(), Error> {
        let control = self.control.clone();
        let now = control.inner.clock.now();
        let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
        match acted {
            Ok(()) => {
                let awake_until = act::awake_until(schedule, now);
                fleet.finish_run(schedule.id, &run.id, (RunState::Done, None), awake_until).await?;
                if let Some(until) = awake_until {
                    self.keep_awake(schedule.box_id, until);
                }
            }
            Err(error) => {
                let what = act::told(&error);
                fleet.finish_run(schedule.id, &run.id, (RunState::Failed, Some(&what)), None).await?;
                let why = format!("schedule `{}`: {what}", schedule.plan.name);
                let detail = serde_json::json!({ "schedule": schedule.id.to_string(), "run": run.id });
                let event = control.event(ACTOR, "schedule.failed", &why, detail);
                fleet.append_event(Some(schedule.org), Some(schedule.box_id), event, now).await?;
            }
        }
        control.inner.changes.written();
        Ok(())
    }

    /// Uses the box until then, if it is awake: nothing that is used falls asleep.
    fn keep_awake(&mut self, id: BoxId, until: Timestamp) {
        match self.kept.get_mut(&id) {
            Some((known, _use)) => *known = (*known).max(until),
            None => {
                if let Some(in_use) = self.control.inner.uses.begin(id) {
                    self.kept.insert(id, (until, in_use));
                }
            }
        }
    }
}
