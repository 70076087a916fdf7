//! Puts a saved state in the place of a box's disk, before the box starts.
//!
//! All or nothing, and killed at any step it is taken up by the next attempt: what is staged is marked when it is complete and
//! checked, the swap is one that the provider finishes, and what was put in place last is known by a token that no other restore
//! has. The wish itself is forgotten last.

mod wanted;

use smartbox_backup::Restored as Written;
use smartbox_core::backup::Reason;
use smartbox_provider::{Epoch, ProviderError};
use smartbox_store::{Backup, RestoreFrom, Restored, Smartbox, SystemActor};

use super::progress::Work;
use super::{ACTOR, archive, blocking, distrust, held, identity, range_of, shift_of, take, wrong_with_copy};
use crate::{Control, Error};
use wanted::{Swap, Why, wanted};

/// Why the disk was not replaced.
pub(crate) enum NotSwapped {
    /// The provider; the next attempt may succeed.
    Provider(ProviderError),
    /// The platform, or the store of backups; the next attempt may succeed.
    Control(Error),
    /// It will not work. The wish was given up, and the box keeps the disk it has.
    GivenUp(String),
    /// Somebody took it back. Nothing was changed.
    Cancelled,
    /// It will not work, and without it the box would start empty: it waits for a person.
    Waits {
        /// What is in the way.
        what: String,
        /// What to do.
        remedy: String,
    },
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
        // From here on it cannot be taken back.
        let _decided = control.inner.backups.deciding.lock(row.id).await;
        if swap.why == Why::Asked && fleet.backup_state_of(row.id).await?.restore_from != Some(swap.from) {
            return Err(NotSwapped::Cancelled);
        }
        volumes.swap(row.id, epoch).await?;
        return record(control, row, &swap).await;
    }
    record(control, row, &swap).await
}

async fn stage(control: &Control, row: &Smartbox, epoch: Epoch, swap: &Swap) -> Result<(), NotSwapped> {
    let volumes = &control.inner.backups.volumes;
    let Some(saved) = &swap.saved else {
        return match volumes.stage_undo(row.id, epoch, &swap.token).await? {
            true => Ok(()),
            false => {
                let what = "what was there before is not kept any more";
                Err(refuse(control, row, (swap.from, swap.why), what).await?)
            }
        };
    };
    if swap.why != Why::First {
        save_what_is_there(control, row, epoch).await;
    }
    let range = range_of(row)?;
    let alone = control.inner.backups.locks.lock(row.id).await;
    let staged = volumes.stage(row.id, epoch, range).await?;
    let repository = control.repository_of(&saved.of).await?;
    let (repository, on_board) = control.inner.backups.board.watch_until(repository, row.id, Work::Restoring);
    let (snapshot, ids, into) = (saved.backup.snapshot.clone(), shift_of(range), staged.clone());
    let limits = control.inner.limits.backups.limits;
    let written = blocking(move || {
        // Also when nobody waits any more: the next attempt makes the directory anew, and must not meet this one in it.
        let _held = (alone, on_board);
        repository.restore(&snapshot, &into, ids, limits)
    })
    .await?;
    let (wrong, databases) = match written {
        Ok(written) => (wrong_with(&saved.backup, &written).await, written.databases),
        // The store may be away for a while; what it gave and cannot be trusted stays so.
        Err(error @ (smartbox_backup::Error::NoSnapshot | smartbox_backup::Error::Foreign(_))) => {
            (Some(error.to_string()), Vec::new())
        }
        Err(smartbox_backup::Error::Stopped) => return Err(NotSwapped::Cancelled),
        Err(error) => return Err(NotSwapped::Control(Error::internal(error))),
    };
    if let Some(wrong) = wrong {
        distrust(control, &saved.backup, &wrong).await?;
        if matches!(swap.why, Why::Lost | Why::Archived) {
            // Without a wish there is nothing to give up: the next attempt takes the good one before it.
            let what = format!("backup {}: {wrong}", saved.backup.id);
            return Err(NotSwapped::Control(Error::internal(what)));
        }
        return Err(refuse(control, row, (swap.from, swap.why), &wrong).await?);
    }
    if saved.is_foreign(row)
        && let Err(wrong) = identity::renew(&staged, &databases).await
    {
        let what = format!("it could not be given an identity of its own: {wrong}");
        return Err(refuse(control, row, (swap.from, swap.why), &what).await?);
    }
    // An archived box has not gone on since: it takes up what a stopped one does.
    if swap.why != Why::Archived {
        held::end_what_was_under_way(control, row, &databases).await?;
    }
    Ok(volumes.mark_staged(row.id, epoch, &swap.token).await?)
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

/// What cannot be put in place is not waited for: the wish is forgotten and the box goes on with the disk it has. One that should begin with
/// it has no disk, and waits.
async fn refuse(
    control: &Control,
    row: &Smartbox,
    (from, why): (RestoreFrom, Why),
    what: &str,
) -> Result<NotSwapped, Error> {
    if why == Why::First {
        return Ok(NotSwapped::Waits {
            what: format!("it cannot begin with what was saved: {what}"),
            remedy: "delete this box, and make it again from another backup".to_owned(),
        });
    }
    let what = format!("it was not restored, and keeps the disk it has: {what}");
    let event =
        control.event(ACTOR, "box.restore-failed", &what, serde_json::json!({ "from": from.to_string() }));
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    fleet.drop_restore(row.id, from, event, control.inner.clock.now()).await?;
    Ok(NotSwapped::GivenUp(what))
}

async fn record(control: &Control, row: &Smartbox, swap: &Swap) -> Result<(), NotSwapped> {
    let now = control.inner.clock.now();
    // Whether anything is kept is the provider's to know; there is no harm in saying that it may be.
    let undo_until = (swap.why == Why::Asked).then(|| now.checked_add(control.inner.limits.backups.undo_for));
    let undo_until = undo_until.transpose().map_err(Error::internal)?;
    let restored = Restored { from: swap.from, at: now, undo_until, is_proven: false };
    let made_at = swap.saved.as_ref().map(|saved| saved.backup.made_at.to_string());
    let what = match (&made_at, swap.why) {
        (Some(made_at), Why::First) if row.is_quiet => format!(
            "it begins with a state of {made_at}, and is nobody's double: keys, identity and pairings are its own; channels and jobs are \
             off until `smartbox box channels on {}`",
            row.name
        ),
        (Some(made_at), Why::First) => format!(
            "it begins with a state of {made_at}, and is nobody's double: keys, identity and pairings are its own"
        ),
        (Some(made_at), Why::Archived) => {
            format!("it was archived; its backup of {made_at} is in the place of its disk")
        }
        (Some(made_at), Why::Lost) => {
            format!("its disk was lost; the backup of {made_at} is in its place")
        }
        (Some(made_at), Why::Asked) => format!("the backup of {made_at} is in the place of its disk"),
        (None, _) => "the disk that it had before the last restore is back".to_owned(),
    };
    let detail = serde_json::json!({
        "from": swap.from.to_string(), "made_at": made_at, "runtime_version": swap.runtime,
    });
    let event = control.event(ACTOR, "box.restored", &what, detail);
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    Ok(fleet.note_restored(row.id, &restored, &swap.runtime, event).await?)
}
