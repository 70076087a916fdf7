//! Boxes that nobody uses give their disk back: a last backup is read back as a whole, then the disk is removed. The next start
//! puts the backup in its place, as it does with a disk that was lost.
//!
//! Saving is the loop's of backups, which has room for a few at a time. Removing is a step of the reconcile loop, as starting is:
//! so the two never meet. Before anything is removed it is put down that the disk counts as lost (`freeing`); whatever is killed
//! after that ends with the backup, and before it with the disk.

use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::backup::Reason;
use smartbox_core::{ArchiveStage, Desired, Observed, OperationId, Permission, backoff};
use smartbox_provider::{Epoch, ProviderError};
use smartbox_store::{
    Archive, ArchiveReason, Backup, BackupState, BoxError, NewEvent, NewOperation, OperationKind, Outcome,
    Smartbox,
};

use super::progress::Work;
use super::swap_in::NotSwapped;
use super::{ACTOR, blocking, take};
use crate::boxes::Intended;
use crate::entropy::id_parts;
use crate::{Control, Error, Op};

/// Code of the error of an operation whose box could not be archived.
const CODE: &str = "archive-failed";
/// Attempts of which the last is told to whoever waits; a box that nobody asked to archive is tried on.
const ATTEMPTS_MAX: u32 = 3;
/// When a box whose state cannot be trusted is looked at again that nobody asked to archive.
const AGAIN: Duration = Duration::from_hours(24);
/// A box that has to be awake this soon is not archived for its rest.
const DUE_MIN: Duration = Duration::from_hours(1);

impl Control {
    /// Wants a box that sleeps or is stopped to give its disk back: its last backup is read back first, and comes back at its next
    /// start.
    ///
    /// # Errors
    /// [`Error::Conflict`] while it runs, is archived already, is being upgraded or restored, or has a restore that can still be
    /// undone; [`Error::VersionMismatch`].
    pub async fn archive_box(
        &self,
        op: &Op,
        reference: &str,
        if_version: Option<i64>,
    ) -> Result<Intended, Error> {
        let smartbox = self.resolve(op, Permission::BoxesManage, reference).await?;
        if if_version.is_some_and(|version| version != smartbox.version) {
            return Err(Error::VersionMismatch);
        }
        let state = self.inner.store.org(smartbox.org).backup_state(smartbox.id).await?;
        if let Some((what, remedy)) = stands_against(&smartbox, &state, self.inner.clock.now()) {
            return Err(Error::Conflict { what, remedy });
        }
        let event = self.event_by(op, "box.archive-requested", "asked for");
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let operation =
            NewOperation { id: OperationId::from_parts(at, random), kind: OperationKind::Archive };
        self.ask_archive(&smartbox, ArchiveReason::Asked, Some(operation), event).await
    }

    /// The same for a box that nobody has used for as long as its policy says.
    pub(crate) async fn archive_unused(&self, row: &Smartbox, since: Timestamp) -> Result<(), Error> {
        let what = format!("nobody has used it since {since}");
        let event = self.event(ACTOR, "box.archive-requested", &what, serde_json::json!({}));
        let org = self.inner.store.org(row.org);
        let now = self.inner.clock.now();
        match org.ask_archive(row.id, ArchiveReason::Unused, row.version, (None, event), now).await {
            Ok(_) => {}
            Err(smartbox_store::Error::VersionMismatch { .. } | smartbox_store::Error::NotFound(_)) => {
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        self.inner.changes.intent(row.id);
        Ok(())
    }

    async fn ask_archive(
        &self,
        row: &Smartbox,
        reason: ArchiveReason,
        operation: Option<NewOperation>,
        event: NewEvent,
    ) -> Result<Intended, Error> {
        let org = self.inner.store.org(row.org);
        let now = self.inner.clock.now();
        let asked = org.ask_archive(row.id, reason, row.version, (operation, event), now).await?;
        self.inner.changes.intent(row.id);
        self.inner.backups.wake.notify_one();
        let (smartbox, operation) = asked;
        let operation = operation.ok_or_else(|| Error::internal("the store returned no operation"))?;
        Ok(Intended { smartbox, operation })
    }
}

/// What keeps a box from being archived, and what to do about it.
fn stands_against(row: &Smartbox, state: &BackupState, now: Timestamp) -> Option<(String, String)> {
    let told = |what: &str, remedy: &str| Some((what.to_owned(), remedy.to_owned()));
    if let Some(stage) = row.archive {
        let what = if stage.is_off_disk() { "the box is archived already" } else { "it is being archived" };
        return told(what, "`smartbox why` tells how far it is");
    }
    if let Err(Error::Conflict { what, remedy }) = crate::upgrades::require_none(row) {
        return Some((what, remedy));
    }
    match row.desired {
        Desired::Deleted => return told("the box is deleted", "start it to bring it back"),
        Desired::Running => return told("the box is to run", "stop it or put it to sleep first"),
        Desired::Asleep | Desired::Stopped => {}
    }
    if state.restore_from.is_some() {
        return told("a backup is to take the place of its disk", "start it first, and let it come to rest");
    }
    let undo_until = state.restored.and_then(|restored| restored.undo_until).filter(|until| *until > now)?;
    Some((
        "its last restore can still be undone, and what it would go back to lies on its disk".to_owned(),
        format!("undo it, or try again after {undo_until}"),
    ))
}

/// Since when nobody has used a box that may be archived for it; `None`: it is used, or something stands against it.
pub(crate) fn unused_since(
    row: &Smartbox,
    state: &BackupState,
    watching: u32,
    now: Timestamp,
) -> Option<Timestamp> {
    let is_at_rest = matches!(row.observed, Observed::Stopped | Observed::Asleep(_));
    let is_due_soon = row.due.as_ref().is_some_and(|due| {
        Duration::try_from(due.at.duration_since(now)).map_or(true, |left| left < DUE_MIN)
    });
    // Who keeps a socket open to a sleeping box would bring it back at once.
    if !is_at_rest || is_due_soon || watching > 0 || stands_against(row, state, now).is_some() {
        return None;
    }
    row.idle_since.filter(|_| row.desired == Desired::Asleep).or(row.observed_at)
}

/// Whether the last backup of the box is to be made and read back now.
pub(crate) async fn is_to_be_saved(control: &Control, row: &Smartbox, now: Timestamp) -> Result<bool, Error> {
    let is_at_rest = matches!(row.desired, Desired::Asleep | Desired::Stopped)
        && matches!(row.observed, Observed::Stopped | Observed::Absent);
    if row.archive != Some(ArchiveStage::Asked) || !is_at_rest {
        return Ok(false);
    }
    let found = control.backup_fleet().archive_of(row.id).await?;
    Ok(found.is_some_and(|found| found.retry_at.is_none_or(|at| at <= now)))
}

/// Why a box could not be saved for good.
enum NotSaved {
    /// It will not be better next time.
    Final(String),
    /// The store of backups is away, or something else may pass.
    Passing(Error),
}

impl From<Error> for NotSaved {
    fn from(error: Error) -> Self {
        Self::Passing(error)
    }
}

/// Makes the last backup of a box and reads every byte of it back. What fails is put down, and tried again or given up.
pub(crate) async fn save(control: &Control, row: &Smartbox, epoch: Epoch) -> Result<Option<Backup>, Error> {
    let fleet = control.backup_fleet();
    let Some(archive) = fleet.archive_of(row.id).await? else { return Ok(None) };
    match read_back(control, row, epoch).await {
        Ok(backup) => {
            let now = control.inner.clock.now();
            if fleet.note_archive_saved(row.id, backup.id, now).await? {
                control.inner.changes.intent(row.id);
            }
            Ok(Some(backup))
        }
        Err(NotSaved::Final(why)) => give_up(control, row, &archive, &why).await.map(|()| None),
        Err(NotSaved::Passing(error)) => {
            if archive.reason == ArchiveReason::Asked && archive.failures + 1 >= ATTEMPTS_MAX {
                let why = "its last backup could not be made and read back; the platform's log says why";
                give_up(control, row, &archive, why).await?;
            } else {
                let now = control.inner.clock.now();
                let wait = backoff::after(archive.failures + 1, 0);
                let again = now.checked_add(wait).unwrap_or(now);
                fleet.note_archive_failure(row.id, Some(again), &Outcome::Superseded, None, now).await?;
            }
            Err(error)
        }
    }
}

async fn read_back(control: &Control, row: &Smartbox, epoch: Epoch) -> Result<Backup, NotSaved> {
    let fleet = control.backup_fleet();
    take::take(control, row, epoch, Reason::BeforeArchive).await?;
    let newest = fleet.backups_of(row.id).await.map_err(Error::from)?.into_iter().next();
    let Some(backup) = newest else {
        return Err(NotSaved::Final("there is nothing to save: the box was never started".to_owned()));
    };
    if let Some(why) = &backup.suspicion {
        return Err(NotSaved::Final(format!("its last backup is not trusted: {why}")));
    }
    let repository = control.repository_of(row).await?;
    let (repository, on_board) = control.inner.backups.board.watch(repository, row.id, Work::Verifying);
    let snapshot = backup.snapshot.clone();
    let read = blocking(move || {
        let _on_board = on_board;
        repository.verify(&snapshot)
    })
    .await?;
    let wrong = match read {
        Ok(files) if files == backup.facts.files => None,
        Ok(files) => Some(format!("{files} of {} files are there", backup.facts.files)),
        Err(error @ (smartbox_backup::Error::NoSnapshot | smartbox_backup::Error::Foreign(_))) => {
            Some(error.to_string())
        }
        Err(error) => return Err(Error::internal(error).into()),
    };
    let detail = serde_json::json!({ "backup": backup.id.to_string() });
    let (action, what) = match &wrong {
        None => ("backup.verified", "all of it was read back".to_owned()),
        Some(wrong) => ("backup.broken", format!("a backup cannot be trusted: {wrong}")),
    };
    let event = control.event(ACTOR, action, &what, detail);
    let noted = fleet.note_verified(backup.id, wrong.as_deref(), event, control.inner.clock.now()).await;
    noted.map_err(Error::from)?;
    match wrong {
        None => Ok(backup),
        // The next attempt makes another.
        Some(wrong) => Err(Error::internal(format!("backup {}: {wrong}", backup.id)).into()),
    }
}

/// A person is told, and asks again; a box that nobody uses is looked at again some other day.
async fn give_up(control: &Control, row: &Smartbox, archive: &Archive, why: &str) -> Result<(), Error> {
    let now = control.inner.clock.now();
    let again = match archive.reason {
        ArchiveReason::Asked => None,
        ArchiveReason::Unused => Some(now.checked_add(AGAIN).map_err(Error::internal)?),
    };
    let what = format!("it was not archived, and keeps its disk: {why}");
    let event = (again.is_none() || archive.failures == 0)
        .then(|| control.event(ACTOR, "box.archive-failed", &what, serde_json::json!({})));
    let remedy = "look at `smartbox backup list`, make a good backup, then try again".to_owned();
    let error = BoxError { code: CODE.to_owned(), what, remedy: Some(remedy) };
    let fleet = control.backup_fleet();
    fleet.note_archive_failure(row.id, again, &Outcome::Failed(error), event, now).await?;
    control.inner.changes.written();
    Ok(())
}

/// Removes the disk of a box whose last backup was read back, unless it is needed or has changed since.
pub(crate) async fn free(control: &Control, row: &Smartbox, epoch: Epoch) -> Result<(), NotSwapped> {
    let fleet = control.backup_fleet();
    let Some(archive) = fleet.archive_of(row.id).await? else { return Ok(()) };
    let now = control.inner.clock.now();
    match archive.stage {
        ArchiveStage::Saved => {
            let all = fleet.every_backup_of(row.id).await?;
            let saved = all.into_iter().find(|backup| rests_on(Some(&archive), backup) && backup.is_good());
            if !is_as_saved(control, row, saved.as_ref()).await? {
                return Ok(fleet.note_archive_stale(row.id, now).await?);
            }
            if !fleet.note_archive_freeing(row.id, now).await? {
                return Ok(());
            }
        }
        ArchiveStage::Freeing => {}
        ArchiveStage::Asked | ArchiveStage::Freed => return Ok(()),
    }
    finish(control, row, epoch, &archive).await
}

/// Whether what lies on the disk is what was saved, by every name, size and time.
async fn is_as_saved(control: &Control, row: &Smartbox, saved: Option<&Backup>) -> Result<bool, Error> {
    let Some(saved) = saved else { return Ok(false) };
    let volumes = &control.inner.backups.volumes;
    let Some(home) = volumes.home(row.id).await.map_err(Error::internal)? else { return Ok(true) };
    let limits = control.inner.limits.backups.limits;
    let seen = blocking(move || smartbox_backup::look(&home, limits)).await?.map_err(Error::internal)?;
    Ok(seen.mark == saved.mark)
}

/// Removes what is left of a disk that counts as lost, and says so when nothing is.
async fn finish(
    control: &Control,
    row: &Smartbox,
    epoch: Epoch,
    archive: &Archive,
) -> Result<(), NotSwapped> {
    let (provider, backups) = (&control.inner.provider, &control.inner.backups);
    // Nobody saves a disk in part.
    let _alone = backups.locks.lock(row.id).await;
    let freed = provider.disk(row.id).await.unwrap_or(None);
    provider.ensure_absent(row.id, epoch).await?;
    if backups.volumes.home(row.id).await?.is_some() {
        return Err(Error::internal("the disk of a box is still there after it was removed").into());
    }
    let place = if backups.depot.is_local() {
        "; its backups lie on this machine, so what is freed is what they save by compressing it"
    } else {
        ""
    };
    let what = format!("its disk is freed; the next start brings its last backup back{place}");
    let backup = archive.backup.map(|backup| backup.to_string());
    let detail = serde_json::json!({ "backup": backup, "freed_bytes": freed });
    let event = control.event(ACTOR, "box.archived", &what, detail);
    let now = control.inner.clock.now();
    control.backup_fleet().note_archive_freed(row.id, event, now).await?;
    control.inner.changes.written();
    Ok(())
}

/// Sees a removal through that was cut off: what is left of the disk is nobody's state.
pub(super) async fn see_through(control: &Control, row: &Smartbox, epoch: Epoch) -> Result<bool, NotSwapped> {
    let found = control.backup_fleet().archive_of(row.id).await?;
    let Some(archive) = found.filter(|found| found.stage.is_off_disk()) else { return Ok(false) };
    if archive.stage == ArchiveStage::Freeing {
        finish(control, row, epoch, &archive).await?;
    }
    Ok(true)
}

/// What takes the place of a disk that was freed: the backup that was read back then, or the newest good one if that is not
/// trusted any more.
///
/// # Errors
/// When no backup is trusted: the box is not started empty.
pub(super) async fn to_bring_back(control: &Control, row: &Smartbox) -> Result<Backup, NotSwapped> {
    let fleet = control.backup_fleet();
    let archive = fleet.archive_of(row.id).await?;
    let mut good: Vec<Backup> = fleet.every_backup_of(row.id).await?;
    good.retain(Backup::is_good);
    let own = good.iter().position(|backup| rests_on(archive.as_ref(), backup)).unwrap_or(0);
    if own < good.len() {
        return Ok(good.swap_remove(own));
    }
    Err(NotSwapped::Provider(ProviderError::Permanent {
        what: "the box was archived, and none of its backups is trusted any more".to_owned(),
        remedy: "`smartbox backup list` shows them; `smartbox backup restore BACKUP --force` takes one all the same"
            .to_owned(),
        source: None,
    }))
}

/// Whether this backup is all there is of its box, or about to be.
pub(crate) fn rests_on(archive: Option<&Archive>, backup: &Backup) -> bool {
    archive.is_some_and(|archive| archive.stage != ArchiveStage::Asked && archive.backup == Some(backup.id))
}
