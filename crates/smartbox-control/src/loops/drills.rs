//! Restore drills: now and then a backup is booted in a sealed box, so that one that cannot be is known before it is needed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::capacity::Admission;
use smartbox_core::{BoxId, Desired};
use smartbox_provider::Epoch;
use smartbox_store::{Backup, Drill, Smartbox, SystemActor};
use tokio_util::sync::CancellationToken;

use super::rounds::rounds;
use crate::backups::distrust;
use crate::entropy::id_parts;
use crate::room::Starts;
use crate::sealed::{Boot, boot, clean_up};
use crate::{Control, Error, Keeping};

/// Who writes what this loop does.
const ACTOR: &str = "drills";
/// Between two looks at whether one is due.
const LOOK: Duration = Duration::from_mins(1);

/// After a drill that could not be made the next look waits this long, and twice as long after each further one.
const PAUSE: Duration = Duration::from_mins(1);
/// The longest of these.
const PAUSE_MAX: Duration = Duration::from_hours(6);

/// The loop of drills. One at a time.
pub struct DrillLoop {
    control: Control,
    keeping: Keeping,
    attempts: Mutex<Attempts>,
}

/// Drills that could not be made.
#[derive(Default)]
struct Attempts {
    failures: u32,
    not_before: Option<Timestamp>,
    /// When a drill of these boxes was begun last that could not be made: others come first then.
    tried: HashMap<BoxId, Timestamp>,
}

impl Attempts {
    fn failed(&mut self, now: Timestamp) {
        let pause = PAUSE.saturating_mul(1 << self.failures.min(16)).min(PAUSE_MAX);
        self.failures = self.failures.saturating_add(1);
        self.not_before = now.checked_add(pause).ok();
    }
}

impl DrillLoop {
    /// A loop that acts on what its platform keeps, with the fencing numbers of that.
    pub fn under(control: Control, keeping: impl Into<Keeping>) -> Self {
        let keeping = keeping.into();
        Self { control, keeping, attempts: Mutex::default() }
    }

    /// Runs until told to stop. A drill in the middle is dropped; its box is removed by the next look.
    pub async fn run(self, stop: CancellationToken) {
        rounds(LOOK, &stop, "a restore drill could not be made", || self.pass()).await;
    }

    /// Cleans up after a killed platform, and makes a drill if one is due.
    ///
    /// # Errors
    /// The database, the provider or the store of backups fails. That says nothing of the backup; the next attempt waits, longer each time.
    pub async fn pass(&self) -> Result<(), Error> {
        // One platform makes them for all: there is one sealed box at a time.
        let Some(epoch) = self.keeping.leading_epoch() else { return Ok(()) };
        // Whoever upgrades a box has the sealed box.
        let Some(turn) = self.control.inner.sealed.try_turn() else { return Ok(()) };
        clean_up(&self.control, epoch, &turn).await?;
        let now = self.control.inner.clock.now();
        if self.attempts().not_before.is_some_and(|at| now < at) {
            return Ok(());
        }
        let made = self.make_if_due(epoch).await;
        let mut attempts = self.attempts();
        match &made {
            Ok(false) => {}
            Ok(true) => *attempts = Attempts::default(),
            Err(_cause) => attempts.failed(now),
        }
        made.map(drop)
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether one was made.
    async fn make_if_due(&self, epoch: Epoch) -> Result<bool, Error> {
        let Some(every) = self.control.inner.limits.backups.drill_every else { return Ok(false) };
        let Some((row, backup, runtime)) = self.due(every).await? else { return Ok(false) };
        let now = self.control.inner.clock.now();
        self.attempts().tried.insert(row.id, now);
        let (at, random) = id_parts(&*self.control.inner.entropy, now);
        let drill = Drill {
            id: BoxId::from_parts(at, random),
            org: row.org,
            box_id: row.id,
            backup: backup.id,
            runtime_version: runtime,
            begun_at: now,
        };
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        fleet.begin_drill(&drill).await?;
        let sealed = (drill.id, epoch);
        let booted = boot(&self.control, (&row, &backup), &drill.runtime_version, sealed).await;
        // After an error it stays open, so that its box is removed for certain; then another is made.
        let booted = booted?;
        if let Boot::Broken(wrong) = &booted {
            distrust(&self.control, &backup, wrong).await?;
        }
        self.record(&drill, &booted).await?;
        Ok(true)
    }

    /// The box whose turn it is, if it is anybody's and there is room, and its newest good backup.
    async fn due(&self, every: Duration) -> Result<Option<(Smartbox, Backup, String)>, Error> {
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        let (last, now) = (fleet.last_drills().await?, self.control.inner.clock.now());
        let mut rows = fleet.all_boxes().await?.to_vec();
        rows.retain(|row| row.desired != Desired::Deleted && row.upgrade.is_none());
        // A platform that is new has its first drill a period after its first box.
        let reference = last.values().max().copied().or_else(|| rows.iter().map(|row| row.created_at).min());
        let is_due = reference.is_some_and(|at| age(at, now) >= every);
        if !is_due {
            return Ok(None);
        }
        let tried = self.attempts().tried.clone();
        rows.sort_by_key(|row| last.get(&row.id).max(tried.get(&row.id)).copied());
        let installed = self.control.installed_runtimes().await?;
        for row in rows {
            let newest = fleet.backups_of(row.id).await?.into_iter().find(Backup::is_good);
            let Some(backup) = newest else { continue };
            // On the version that saved it: another one would change it first.
            if !installed.contains(&backup.runtime_version) {
                continue;
            }
            let mut starts = Starts::look(&self.control, [&*row], |_row| false).await?;
            if starts.admit(&self.control, &row) != Admission::Admitted {
                return Ok(None);
            }
            let runtime = backup.runtime_version.clone();
            return Ok(Some((Arc::unwrap_or_clone(row), backup, runtime)));
        }
        Ok(None)
    }

    async fn record(&self, drill: &Drill, came_of_it: &Boot) -> Result<(), Error> {
        let detail = serde_json::json!({
            "backup": drill.backup.to_string(), "runtime_version": drill.runtime_version,
        });
        let (action, what, wrong) = match came_of_it {
            Boot::Well => {
                let what = "its newest good backup was booted in a sealed box: the gateway became ready, the state is well";
                ("backup.drilled", what.to_owned(), None)
            }
            Boot::Unwell(why) | Boot::Broken(why) => {
                tracing::warn!(box.id = %drill.box_id, backup = %drill.backup, why, "a restore drill failed");
                (
                    "backup.drill-failed",
                    format!("a backup was booted in a sealed box and is not well: {why}"),
                    Some(why),
                )
            }
        };
        let event = self.control.event(ACTOR, action, &what, detail);
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        let now = self.control.inner.clock.now();
        fleet.finish_drill(drill, wrong.map(String::as_str), event, now).await?;
        self.control.inner.changes.written();
        Ok(())
    }
}

fn age(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(at)).unwrap_or_default()
}
