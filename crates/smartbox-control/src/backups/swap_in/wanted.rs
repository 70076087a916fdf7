//! What takes the place of the disk of a box that is about to start, if anything does.

use smartbox_core::BackupId;
use smartbox_core::backup::Reason;
use smartbox_provider::ProviderError;
use smartbox_store::{Backup, BackupState, Origin, RestoreFrom, Smartbox, SystemActor};

use super::{NotSwapped, refuse};
use crate::backups::ACTOR;
use crate::{Control, Error};

/// Why something is put in place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Somebody asked for it.
    Asked,
    /// The disk is gone.
    Lost,
    /// The box begins with it.
    First,
}

/// A backup, and whose it is.
pub(super) struct Saved {
    pub(super) backup: Backup,
    pub(super) of: Smartbox,
}

impl Saved {
    /// Whether the state was made somewhere else: then the box is another one than it says.
    pub(super) fn is_foreign(&self, row: &Smartbox) -> bool {
        self.of.id != row.id || self.backup.reason == Reason::Import
    }
}

/// What is put in place.
pub(super) struct Swap {
    pub(super) from: RestoreFrom,
    /// The backup, if it is one.
    pub(super) saved: Option<Saved>,
    /// The version of the agent runtime that belongs to it.
    pub(super) runtime: String,
    /// No other restore of this box has this word.
    pub(super) token: String,
    pub(super) why: Why,
}

pub(super) async fn wanted(
    control: &Control,
    row: &Smartbox,
    state: &BackupState,
) -> Result<Option<Swap>, NotSwapped> {
    let last = state.restored.map_or(0, |restored| restored.at.as_millisecond());
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    let origin = fleet.origin_of(row.id).await?;
    if origin.is_some_and(|origin| origin.backup.is_none()) {
        return Err(NotSwapped::Waits {
            what: "what it should begin with was not taken in as a whole".to_owned(),
            remedy: "delete the box, and import the archive again".to_owned(),
        });
    }
    let Some(from) = state.restore_from else { return lost(control, row, last, origin.as_ref()).await };
    let is_first = origin.is_some() && state.restored.is_none();
    let why = if is_first { Why::First } else { Why::Asked };
    let (saved, runtime) = match from {
        RestoreFrom::Undo => {
            (None, state.undo_version.clone().unwrap_or_else(|| row.runtime_version.clone()))
        }
        RestoreFrom::Backup(id) => {
            let (saved, runtime) = saved(control, row, (id, why), origin.as_ref()).await?;
            (Some(saved), runtime)
        }
    };
    Ok(Some(Swap { from, saved, runtime, token: format!("{from}.{last}"), why }))
}

/// A backup of the box itself, or the one that it was made to begin with, and the version that the box gets with it.
async fn saved(
    control: &Control,
    row: &Smartbox,
    (id, why): (BackupId, Why),
    origin: Option<&Origin>,
) -> Result<(Saved, String), NotSwapped> {
    let from = RestoreFrom::Backup(id);
    let is_of_origin = origin.is_some_and(|origin| origin.backup == Some(id));
    let found = control.backup_fleet().find_backup(id).await?;
    let Some((backup, of)) = found.filter(|(_backup, of)| of.id == row.id || is_of_origin) else {
        return Err(refuse(control, row, (from, why), "the backup is gone").await?);
    };
    match runtime_of(control, row, &backup).await? {
        Ok(runtime) => Ok((Saved { backup, of }, runtime)),
        Err((what, _remedy)) => Err(refuse(control, row, (from, why), &what).await?),
    }
}

/// The newest good backup of a box without a disk. One that has backups and no good one must not start empty by itself: that would be
/// saved as the new truth.
async fn lost(
    control: &Control,
    row: &Smartbox,
    last: i64,
    origin: Option<&Origin>,
) -> Result<Option<Swap>, NotSwapped> {
    if control.inner.backups.volumes.home(row.id).await?.is_some() {
        return Ok(None);
    }
    let backups = control.backup_fleet().backups_of(row.id).await?;
    let there_are_some = !backups.is_empty();
    let Some(backup) = backups.into_iter().find(Backup::is_good) else {
        if !there_are_some {
            // A copy that has no backup of its own yet begins once more.
            let Some(id) = origin.and_then(|origin| origin.backup) else { return Ok(None) };
            let (saved, runtime) = saved(control, row, (id, Why::First), origin).await?;
            let from = RestoreFrom::Backup(id);
            let token = format!("{from}.{last}");
            return Ok(Some(Swap { from, saved: Some(saved), runtime, token, why: Why::First }));
        }
        return Err(NotSwapped::Waits {
            what: "its disk is lost, and none of its backups can be trusted".to_owned(),
            remedy: format!(
                "`smartbox backup list --box {0}` says what is wrong with each: put one in place with `smartbox backup restore --force`, or \
                 let the box start empty by removing them all with `smartbox backup remove`",
                row.name
            ),
        });
    };
    let runtime = match runtime_of(control, row, &backup).await? {
        Ok(runtime) => runtime,
        Err((what, remedy)) => return Err(ProviderError::Permanent { what, remedy, source: None }.into()),
    };
    let from = RestoreFrom::Backup(backup.id);
    let saved = Some(Saved { backup, of: row.clone() });
    Ok(Some(Swap { from, runtime, token: format!("{from}.{last}"), saved, why: Why::Lost }))
}

/// The version that the box gets with a backup; else what stands against it, and what to do.
async fn runtime_of(
    control: &Control,
    row: &Smartbox,
    backup: &Backup,
) -> Result<Result<String, (String, String)>, Error> {
    match control.runtime_for_state(&row.runtime_version, &backup.runtime_version).await {
        Ok(runtime) => Ok(Ok(runtime)),
        Err(Error::Conflict { what, remedy }) => Ok(Err((what, remedy))),
        Err(error) => Err(error),
    }
}
