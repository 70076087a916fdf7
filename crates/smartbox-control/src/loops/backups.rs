//! Makes backups when their time has come, when somebody asks, and when a box has come to rest; looks after restores.

mod tell;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::backup::{DueFacts, Effective, Reason, is_overdue, next_at};
use smartbox_core::{BoxId, Desired, Observed};
use smartbox_store::{Backup, BackupState, RestoreFrom, Smartbox};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::backups::{ACTOR, archive, keeper, take};
use crate::error::chain;
use crate::{Control, Error, Keeping};

/// Longest time between two looks at what is due.
const LOOK: Duration = Duration::from_secs(10);
/// A repository is cleaned up at most this often, and only when something was forgotten.
const PRUNE_EVERY: Duration = Duration::from_hours(24);

type Made = Result<Option<Backup>, Error>;
/// Of which box a backup was made, what for, and what came of it.
type Job = (Smartbox, Reason, Made);

/// The loop of backups.
pub struct BackupLoop {
    control: Control,
    keeping: Keeping,
    jobs: JoinSet<Job>,
    busy: HashSet<BoxId>,
    pruned: HashMap<BoxId, Timestamp>,
}

impl BackupLoop {
    /// A loop that acts on what its platform keeps, with the fencing numbers of that.
    pub fn under(control: Control, keeping: impl Into<Keeping>) -> Self {
        let keeping = keeping.into();
        Self { control, keeping, jobs: JoinSet::new(), busy: HashSet::new(), pruned: HashMap::new() }
    }

    /// Runs until told to stop. What is under way is dropped: a snapshot that is not complete is none.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let control = self.control.clone();
            tokio::select! { biased;
                () = stop.cancelled() => return,
                Some(done) = self.jobs.join_next() => {
                    self.done(done).await;
                    continue;
                }
                () = control.inner.backups.wake.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
            if let Err(error) = self.pass().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the backups could not be looked at"
                );
            }
        }
    }

    /// Waits until somebody asks for a backup.
    pub async fn asked(&self) {
        self.control.inner.backups.wake.notified().await;
    }

    /// One look at every box. Does not wait for the backups that it begins.
    pub async fn pass(&mut self) -> Result<(), Error> {
        if !self.keeping.is_held() {
            return Ok(());
        }
        let fleet = self.control.backup_fleet();
        let states = fleet.backup_states().await?;
        // What somebody asked for before the platform started is not remembered anywhere else.
        let waited_for = fleet.boxes_with_open_backups().await?;
        let rows = fleet.all_boxes().await?;
        let mut rows: Vec<_> = rows.iter().filter(|row| self.keeping.epoch_of(row.id).is_some()).collect();
        // Who was looked at longest ago comes first, so that no box waits for ever.
        rows.sort_by_key(|row| states.get(&row.id).and_then(|state| state.looked_at));
        let now = self.control.inner.clock.now();
        let (policies, platform) = (fleet.backup_policies().await?, self.control.platform_backup_rules());
        let mut seen = Vec::with_capacity(rows.len());
        for row in rows {
            let state = states.get(&row.id).cloned().unwrap_or_default();
            let holds = policies.of(row, &platform);
            self.watch(row, &state, &holds, now).await?;
            if holds.period().is_some() {
                seen.push((state.changed_since, state.is_overdue));
            }
            if self.archives(row, &state, &holds, now).await? {
                continue;
            }
            let is_waited_for = waited_for.contains(&row.id);
            if let Some(reason) = self.due(row, &state, (&holds, is_waited_for), now) {
                self.begin(Smartbox::clone(row), reason);
            }
        }
        self.control.inner.backups.counted.seen(&seen, now);
        Ok(())
    }

    /// Waits for everything that was begun. For tests and orderly ends.
    pub async fn settle(&mut self) {
        while let Some(done) = self.jobs.join_next().await {
            self.done(done).await;
        }
    }

    /// Whether the box is archived now: asked for because nobody uses it, or saved for it.
    async fn archives(
        &mut self,
        row: &Smartbox,
        state: &BackupState,
        holds: &Effective,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let control = self.control.clone();
        if self.may_begin(row.id) && archive::is_to_be_saved(&control, row, now).await? {
            self.begin(row.clone(), Reason::BeforeArchive);
            return Ok(true);
        }
        let Some(after) = holds.archive_after().filter(|_| row.archive.is_none()) else { return Ok(false) };
        let watching = control.inner.ingress.work(row.id).watching;
        let since = archive::unused_since(row, state, watching, now);
        let is_long = |since: &Timestamp| {
            Duration::try_from(now.duration_since(*since)).is_ok_and(|unused| unused >= after)
        };
        let Some(since) = since.filter(is_long) else { return Ok(false) };
        control.archive_unused(row, since).await?;
        Ok(true)
    }

    fn may_begin(&self, id: BoxId) -> bool {
        self.jobs.len() < self.control.inner.limits.backups.at_once && !self.busy.contains(&id)
    }

    fn due(
        &self,
        row: &Smartbox,
        state: &BackupState,
        (holds, is_waited_for): (&Effective, bool),
        now: Timestamp,
    ) -> Option<Reason> {
        if !self.may_begin(row.id) || state.restore_from.is_some() {
            return None;
        }
        if is_waited_for {
            return Some(Reason::Asked);
        }
        if let Some(reason) = self.control.inner.backups.asked.reason(row.id) {
            return Some(reason);
        }
        let period = holds.period()?;
        let jitter = jitter(row.id);
        let next =
            next_at(&DueFacts { period, looked_at: state.looked_at, failures: state.failures, jitter }, now);
        match row.observed {
            // Its state lies still: one look after it has come to rest is enough.
            Observed::Stopped | Observed::Asleep(_) | Observed::Dead(_) => {
                let is_new =
                    row.observed_at.is_some_and(|at| state.looked_at.is_none_or(|looked| looked < at));
                let is_tried_again = state.failures > 0 && next <= now;
                ((is_new && state.failures == 0) || is_tried_again).then_some(Reason::Rest)
            }
            Observed::Ready | Observed::Unready => (next <= now).then_some(Reason::Period),
            // On its way from one to the other, or not there.
            Observed::Absent | Observed::Starting { .. } | Observed::Stopping => None,
        }
    }

    fn begin(&mut self, row: Smartbox, reason: Reason) {
        let Some(acting) = self.keeping.begin(row.id) else { return };
        self.busy.insert(row.id);
        let control = self.control.clone();
        self.jobs.spawn(async move {
            let made = match reason {
                Reason::BeforeArchive => archive::save(&control, &row, acting.epoch()).await,
                _ => take::take(&control, &row, acting.epoch(), reason).await,
            };
            (row, reason, made)
        });
    }

    async fn done(&mut self, done: Result<Job, tokio::task::JoinError>) {
        let (row, reason, made) = match done {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a backup broke");
                self.busy.clear();
                return;
            }
        };
        self.busy.remove(&row.id);
        self.control.inner.backups.counted.ended(&made);
        let told = tell::tell(&self.control, &row, reason, &made).await;
        let after = match &made {
            Ok(Some(_)) => self.tidy(&row).await,
            Ok(None) | Err(Error::Cancelled) => Ok(()),
            Err(error) => self.failed(&row, error).await,
        };
        let after = told.and(after);
        if let Err(error) = after {
            tracing::warn!(box.id = %row.id, error = &error as &dyn std::error::Error, "what follows a backup failed");
        }
    }

    /// A failure is told once; then its age tells.
    async fn failed(&self, row: &Smartbox, error: &Error) -> Result<(), Error> {
        let what = chain(error);
        tracing::warn!(box.id = %row.id, error = what, "a backup failed");
        let fleet = self.control.backup_fleet();
        let is_first = fleet.backup_state_of(row.id).await?.failures == 0;
        let event = is_first.then(|| {
            let what = "a backup failed; the platform's log says why, and it is tried again";
            self.control.event(ACTOR, "backup.failed", what, serde_json::json!({}))
        });
        Ok(fleet.note_backup_failure(row.id, &what, event, self.control.inner.clock.now()).await?)
    }

    async fn tidy(&mut self, row: &Smartbox) -> Result<(), Error> {
        let now = self.control.inner.clock.now();
        let gone = keeper::tidy(&self.control, row).await?;
        let last = *self.pruned.entry(row.id).or_insert(now);
        let is_due = Duration::try_from(now.duration_since(last)).is_ok_and(|age| age >= PRUNE_EVERY);
        if gone > 0 && is_due && keeper::prune(&self.control, row).await? {
            self.pruned.insert(row.id, now);
        }
        Ok(())
    }

    /// What time brings: a backup that is too old, a restore that is proven or not, an undo that has ended.
    async fn watch(
        &self,
        row: &Smartbox,
        state: &BackupState,
        holds: &Effective,
        now: Timestamp,
    ) -> Result<(), Error> {
        let fleet = self.control.backup_fleet();
        if let Some(period) = holds.period()
            && !state.is_overdue
            && is_overdue(period, state.changed_since, now)
        {
            let what = "the newest good backup is older than twice what is wanted";
            let detail = serde_json::json!({ "failure": state.failure });
            let event = self.control.event(ACTOR, "backup.overdue", what, detail);
            if fleet.note_overdue(row.id, event, now).await? {
                tracing::warn!(box.id = %row.id, "the newest good backup of a box is too old");
            }
        }
        let Some(restored) = state.restored.filter(|_| state.restore_from.is_none()) else { return Ok(()) };
        // Never from what was gone back to; and what an upgrade puts back is the last resort.
        let may_go_back =
            restored.undo_until.is_some() && restored.from != RestoreFrom::Undo && row.upgrade.is_none();
        if !restored.is_proven {
            match &row.observed {
                Observed::Ready => fleet.note_proven(row.id).await?,
                // What is retryable has had its attempts when the breaker is open.
                Observed::Dead(reason)
                    if may_go_back
                        && row.desired == Desired::Running
                        && (!reason.is_retryable() || row.breaker.open.is_some()) =>
                {
                    fleet.note_proven(row.id).await?;
                    self.control.roll_back(row, "its gateway does not start").await?;
                }
                _ => {}
            }
        } else if restored.undo_until.is_some_and(|until| until <= now) {
            let Some(epoch) = self.keeping.epoch_of(row.id) else { return Ok(()) };
            let volumes = &self.control.inner.backups.volumes;
            volumes.forget_undo(row.id, epoch).await.map_err(Error::internal)?;
            fleet.note_undo_gone(row.id).await?;
        }
        Ok(())
    }
}

/// A number of this box, always the same.
fn jitter(id: BoxId) -> u8 {
    id.to_string().bytes().fold(0, |sum: u8, byte| sum.wrapping_mul(31).wrapping_add(byte))
}
