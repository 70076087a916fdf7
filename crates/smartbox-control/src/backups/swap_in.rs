//! Puts a saved state in the place of a box's disk, before the box starts.
//!
//! All or nothing, and killed at any step it is taken up by the next attempt: what is staged is marked when it is complete and
//! checked, the swap is one that the provider finishes, and what was put in place last is known by a token that no other restore
//! has. The wish itself is forgotten last.

use smartbox_backup::Restored as Written;
use smartbox_core::backup::Reason;
use smartbox_provider::{Epoch, ProviderError};
use smartbox_store::{Backup, BackupState, RestoreFrom, Restored, Smartbox, SystemActor};

use super::{ACTOR, blocking, distrust, held, identity, range_of, shift_of, take, wrong_with_copy};
use crate::{Control, Error};

/// Why the disk was not replaced.
pub(crate) enum NotSwapped {
    /// The provider; the next attempt may succeed.
    Provider(ProviderError),
    /// The platform, or the store of backups; the next attempt may succeed.
    Control(Error),
    /// It will not work. The wish was given up, and the box keeps the disk it has.
    GivenUp(String),
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

/// Why something is put in place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Somebody asked for it.
    Asked,
    /// The disk is gone.
    Lost,
    /// The box begins with it.
    First,
}

/// A backup, and whose it is.
struct Saved {
    backup: Backup,
    of: Smartbox,
}

impl Saved {
    /// Whether the state was made somewhere else: then the box is another one than it says.
    fn is_foreign(&self, row: &Smartbox) -> bool {
        self.of.id != row.id || self.backup.reason == Reason::Import
    }
}

/// What is put in place.
struct Swap {
    from: RestoreFrom,
    /// The backup, if it is one.
    saved: Option<Saved>,
    /// The version of the agent runtime that belongs to it.
    runtime: String,
    /// No other restore of this box has this word.
    token: String,
    why: Why,
}

/// Replaces the disk of a box that is about to start, where somebody wants it, or where there is none and there was one.
pub(crate) async fn before_start(control: &Control, row: &Smartbox, epoch: Epoch) -> Result<(), NotSwapped> {
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    let state = fleet.backup_state_of(row.id).await?;
    let Some(swap) = wanted(control, row, &state).await? else { return Ok(()) };
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

async fn wanted(control: &Control, row: &Smartbox, state: &BackupState) -> Result<Option<Swap>, NotSwapped> {
    let last = state.restored.map_or(0, |restored| restored.at.as_millisecond());
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    let origin = fleet.origin_of(row.id).await?;
    if origin.is_some_and(|origin| origin.backup.is_none()) {
        return Err(NotSwapped::Waits {
            what: "what it should begin with was not taken in as a whole".to_owned(),
            remedy: "delete the box, and import the archive again".to_owned(),
        });
    }
    let Some(from) = state.restore_from else { return lost(control, row, last).await };
    let is_first = origin.is_some() && state.restored.is_none();
    let why = if is_first { Why::First } else { Why::Asked };
    let (saved, runtime) = match from {
        RestoreFrom::Undo => {
            (None, state.undo_version.clone().unwrap_or_else(|| row.runtime_version.clone()))
        }
        RestoreFrom::Backup(id) => {
            // Only of the box itself, or the one that it was made to begin with.
            let found = fleet.find_backup(id).await?;
            let found = found.filter(|(_backup, of)| {
                of.id == row.id || origin.is_some_and(|origin| origin.backup == Some(id))
            });
            let Some((backup, of)) = found else {
                return Err(refuse(control, row, (from, why), "the backup is gone").await?);
            };
            match runtime_of(control, row, &backup).await? {
                Ok(runtime) => (Some(Saved { backup, of }), runtime),
                Err((what, _remedy)) => return Err(refuse(control, row, (from, why), &what).await?),
            }
        }
    };
    Ok(Some(Swap { from, saved, runtime, token: format!("{from}.{last}"), why }))
}

/// The newest good backup of a box without a disk. One that has backups and no good one must not start empty by itself: that would be
/// saved as the new truth.
async fn lost(control: &Control, row: &Smartbox, last: i64) -> Result<Option<Swap>, NotSwapped> {
    if control.inner.backups.volumes.home(row.id).await?.is_some() {
        return Ok(None);
    }
    let backups = control.backup_fleet().backups_of(row.id).await?;
    let there_are_some = !backups.is_empty();
    let Some(backup) = backups.into_iter().find(Backup::is_good) else {
        if !there_are_some {
            return Ok(None);
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
    let (snapshot, ids, into) = (saved.backup.snapshot.clone(), shift_of(range), staged.clone());
    let limits = control.inner.limits.backups.limits;
    let written = blocking(move || {
        // Also when nobody waits any more: the next attempt makes the directory anew, and must not meet this one in it.
        let _alone = alone;
        repository.restore(&snapshot, &into, ids, limits)
    })
    .await?;
    let (wrong, databases) = match written {
        Ok(written) => (wrong_with(&saved.backup, &written).await, written.databases),
        // The store may be away for a while; what it gave and cannot be trusted stays so.
        Err(error @ (smartbox_backup::Error::NoSnapshot | smartbox_backup::Error::Foreign(_))) => {
            (Some(error.to_string()), Vec::new())
        }
        Err(error) => return Err(NotSwapped::Control(Error::internal(error))),
    };
    if let Some(wrong) = wrong {
        distrust(control, &saved.backup, &wrong).await?;
        if swap.why == Why::Lost {
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
    held::end_what_was_under_way(control, row, &databases).await?;
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
    let undo_until =
        (swap.why == Why::Asked).then(|| now.checked_add(control.inner.limits.backups.undo_for));
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
