//! The last backup of a box that is archived: made, and read back as a whole.

use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::backup::Reason;
use smartbox_core::{ArchiveStage, Desired, Observed, backoff};
use smartbox_provider::Epoch;
use smartbox_store::{Archive, ArchiveReason, Backup, BoxError, Outcome, Smartbox};

use crate::backups::progress::Work;
use crate::backups::{ACTOR, blocking, take};
use crate::{Control, Error};

/// Code of the error of an operation whose box could not be archived.
const CODE: &str = "archive-failed";
/// Attempts of which the last is told to whoever waits; a box that nobody asked to archive is tried on.
const ATTEMPTS_MAX: u32 = 3;
/// When a box whose state cannot be trusted is looked at again that nobody asked to archive.
const AGAIN: Duration = Duration::from_hours(24);

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
