//! Puts a saved state in the place of a box's disk, before the box starts.
//!
//! All or nothing, and killed at any step it is taken up by the next attempt: what is staged is marked when it is complete and
//! checked, the swap is one that the provider finishes, and what was put in place last is known by a token that no other restore
//! has. The wish itself is forgotten last.

use smartbox_backup::Restored as Written;
use smartbox_core::backup::Reason;
use smartbox_provider::{Epoch, ProviderError};
use smartbox_store::{Backup, BackupState, RestoreFrom, Restored, Smartbox, SystemActor};

use super::progress::Work;
use super::{ACTOR, archive, blocking, held, range_of, shift_of, take, wrong_with_copy};
use crate::{Control, Error};

/// Why the disk was not replaced.
pub(crate) enum NotSwapped {
    /// The provider; the next attempt may succeed.
    Provider(ProviderError),
    /// The platform, or the store of backups; the next attempt may succeed.
    Control(Error),
    /// It will not work. The wish was given up, and the box keeps the disk it has.
    GivenUp(String),
}

impl From<ProviderError> for NotSwapped {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl From<Error> for NotSwapped {
    fn from(error: Error) -> Self {
        Self::Control(error)
    }
}

impl From<smartbox_store::Error> for NotSwapped {
    fn from(error: smartbox_store::Error) -> Self {
        Self::Control(error.into())
    }
}

/// What is put in place.
struct Swap {
    from: RestoreFrom,
    /// The backup, if it is one.
    backup: Option<Backup>,
    /// The version of the agent runtime that belongs to it.
    runtime: String,
    /// No other restore of this box has this word.
    token: String,
    /// Nobody asked: the disk is gone.
    is_lost: bool,
    /// It was given up for the backup.
    is_archived: bool,
}

/// Replaces the disk of a box that is about to start, where somebody wants it, or where there is none and there was one.
pub(crate) async fn before_start(control: &Control, row: &Smartbox, epoch: Epoch) -> Result<(), NotSwapped> {
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    let state = fleet.backup_state_of(row.id).await?;
    let is_archived = row.archive.is_some() && archive::see_through(control, row, epoch).await?;
    let Some(swap) = wanted(control, row, &state, is_archived).await? else { return Ok(()) };
    let volumes = &control.inner.backups.volumes;
    control.inner.provider.ensure_stopped(row.id, epoch).await?;
    if volumes.placed(row.id).await?.as_deref() != Some(&swap.token) {
        if volumes.staged(row.id).await?.as_deref() != Some(&swap.token) {
            stage(control, row, epoch, &swap).await?;
        }
        volumes.swap(row.id, epoch).await?;
    }
    record(control, row, &swap).await
}

async fn wanted(
    control: &Control,
    row: &Smartbox,
    state: &BackupState,
    is_archived: bool,
) -> Result<Option<Swap>, NotSwapped> {
    let last = state.restored.map_or(0, |restored| restored.at.as_millisecond());
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    if let Some(from) = state.restore_from {
        let backups = fleet.backups_of(row.id).await?;
        let (backup, runtime) = match from {
            RestoreFrom::Undo => {
                (None, state.undo_version.clone().unwrap_or_else(|| row.runtime_version.clone()))
            }
            RestoreFrom::Backup(id) => match backups.into_iter().find(|backup| backup.id == id) {
                Some(backup) => match runtime_of(control, row, &backup).await? {
                    Ok(runtime) => (Some(backup), runtime),
                    Err((what, _remedy)) => return Err(give_up(control, row, from, &what).await?),
                },
                None => return Err(give_up(control, row, from, "the backup is gone").await?),
            },
        };
        let token = format!("{from}.{last}");
        return Ok(Some(Swap { from, backup, runtime, token, is_lost: false, is_archived: false }));
    }
    // What lies there after an archiving was put there by a swap that was not recorded.
    if !is_archived && control.inner.backups.volumes.home(row.id).await?.is_some() {
        return Ok(None);
    }
    let backup = if is_archived {
        archive::to_bring_back(control, row).await?
    } else {
        let newest = fleet.backups_of(row.id).await?.into_iter().find(Backup::is_good);
        let Some(backup) = newest else { return Ok(None) };
        backup
    };
    let runtime = match runtime_of(control, row, &backup).await? {
        Ok(runtime) => runtime,
        Err((what, remedy)) => return Err(ProviderError::Permanent { what, remedy, source: None }.into()),
    };
    let from = RestoreFrom::Backup(backup.id);
    let token = format!("{from}.{last}");
    Ok(Some(Swap { from, runtime, token, backup: Some(backup), is_lost: true, is_archived }))
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

async fn stage(control: &Control, row: &Smartbox, epoch: Epoch, swap: &Swap) -> Result<(), NotSwapped> {
    let volumes = &control.inner.backups.volumes;
    let Some(backup) = &swap.backup else {
        return match volumes.stage_undo(row.id, epoch, &swap.token).await? {
            true => Ok(()),
            false => {
                Err(give_up(control, row, swap.from, "what was there before is not kept any more").await?)
            }
        };
    };
    save_what_is_there(control, row, epoch).await;
    let range = range_of(row)?;
    let alone = control.inner.backups.locks.lock(row.id).await;
    let staged = volumes.stage(row.id, epoch, range).await?;
    let repository = control.repository_of(row).await?;
    let (repository, on_board) = control.inner.backups.board.watch(repository, row.id, Work::Restoring);
    let (snapshot, ids, into) = (backup.snapshot.clone(), shift_of(range), staged.clone());
    let limits = control.inner.limits.backups.limits;
    let written = blocking(move || {
        // Also when nobody waits any more: the next attempt makes the directory anew, and must not meet this one in it.
        let _held = (alone, on_board);
        repository.restore(&snapshot, &into, ids, limits)
    })
    .await?;
    let (wrong, databases) = match written {
        Ok(written) => (wrong_with(backup, &written).await, written.databases),
        // The store may be away for a while; what it gave and cannot be trusted stays so.
        Err(error @ (smartbox_backup::Error::NoSnapshot | smartbox_backup::Error::Foreign(_))) => {
            (Some(error.to_string()), Vec::new())
        }
        Err(error) => return Err(NotSwapped::Control(Error::internal(error))),
    };
    match wrong {
        None => {
            // An archived box has not gone on since: it takes up what a stopped one does.
            if !swap.is_archived {
                held::end_what_was_under_way(control, row, &databases).await?;
            }
            Ok(volumes.mark_staged(row.id, epoch, &swap.token).await?)
        }
        Some(wrong) => {
            distrust(control, row, backup, &wrong).await?;
            if swap.is_lost {
                // Without a wish there is nothing to give up: the next attempt takes the good one before it.
                return Err(NotSwapped::Control(Error::internal(format!("backup {}: {wrong}", backup.id))));
            }
            Err(give_up(control, row, swap.from, &wrong).await?)
        }
    }
}

/// What is about to be replaced is saved first. It is also kept on the disk, so a store that is away does not hold this up.
async fn save_what_is_there(control: &Control, row: &Smartbox, epoch: Epoch) {
    if let Err(error) = take::take(control, row, epoch, Reason::BeforeRestore).await {
        tracing::warn!(
            box.id = %row.id,
            error = &error as &dyn std::error::Error,
            "what a restore replaces could not be saved; it is kept on the disk for a day"
        );
    }
}

/// Compares what was written with what was saved, and looks through its databases.
async fn wrong_with(backup: &Backup, written: &Written) -> Option<String> {
    let facts = &backup.facts;
    if written.files != facts.files {
        return Some(format!("{} of {} files came back", written.files, facts.files));
    }
    // A file that changed while it was read is as long as what was read of it.
    if facts.broken_databases > 0 {
        return None;
    }
    for database in &written.databases {
        if let Some(wrong) = wrong_with_copy(database).await {
            return Some(format!("a database is broken: {wrong}"));
        }
    }
    None
}

async fn distrust(control: &Control, row: &Smartbox, backup: &Backup, wrong: &str) -> Result<(), Error> {
    let detail = serde_json::json!({ "backup": backup.id.to_string() });
    let what = format!("a backup cannot be trusted: {wrong}");
    let event = control.event(ACTOR, "backup.broken", &what, detail);
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    tracing::warn!(box.id = %row.id, backup = %backup.id, wrong, "a backup cannot be trusted");
    Ok(fleet.note_verified(backup.id, Some(wrong), event, control.inner.clock.now()).await?)
}

/// Forgets the wish; the box goes on with the disk it has.
async fn give_up(
    control: &Control,
    row: &Smartbox,
    from: RestoreFrom,
    why: &str,
) -> Result<NotSwapped, Error> {
    let what = format!("it was not restored, and keeps the disk it has: {why}");
    let event =
        control.event(ACTOR, "box.restore-failed", &what, serde_json::json!({ "from": from.to_string() }));
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    fleet.drop_restore(row.id, from, event, control.inner.clock.now()).await?;
    Ok(NotSwapped::GivenUp(what))
}

async fn record(control: &Control, row: &Smartbox, swap: &Swap) -> Result<(), NotSwapped> {
    let now = control.inner.clock.now();
    // Whether anything is kept is the provider's to know; there is no harm in saying that it may be.
    let undo_until = (!swap.is_lost).then(|| now.checked_add(control.inner.limits.backups.undo_for));
    let undo_until = undo_until.transpose().map_err(Error::internal)?;
    let restored = Restored { from: swap.from, at: now, undo_until, is_proven: false };
    let made_at = swap.backup.as_ref().map(|backup| backup.made_at.to_string());
    let what = match (&made_at, swap.is_lost) {
        (Some(made_at), true) if swap.is_archived => {
            format!("it was archived; its backup of {made_at} is in the place of its disk")
        }
        (Some(made_at), true) => format!("its disk was lost; the backup of {made_at} is in its place"),
        (Some(made_at), false) => format!("the backup of {made_at} is in the place of its disk"),
        (None, _) => "the disk that it had before the last restore is back".to_owned(),
    };
    let detail = serde_json::json!({
        "from": swap.from.to_string(), "made_at": made_at, "runtime_version": swap.runtime,
    });
    let event = control.event(ACTOR, "box.restored", &what, detail);
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    Ok(fleet.note_restored(row.id, &restored, &swap.runtime, event).await?)
}
