//! Makes a backup of a box that runs, sleeps or is stopped.
//!
//! Databases are copied while no process of the box can write, which costs a running box some milliseconds; the copies are
//! opened, checked and folded into one file each where no box can reach them. Everything else is read in place afterwards, by a
//! walk that follows nothing. What comes out is compared with the last good one before it may count as good itself.

use std::path::{Path, PathBuf};

use smartbox_backup::{Copy, Label, Saved, Source};
use smartbox_core::backup::{Facts, Reason, Verdict, came_through, judge};
use smartbox_core::{BackupId, BoxId};
use smartbox_provider::{Epoch, Stillness};
use smartbox_store::{Backup, NewEvent, RestoreFrom, Restored, Smartbox, SystemActor};
use tokio::time::Instant;

use super::progress::Work;
use super::{ACTOR, aside, blocking, look_at, range_of, shift_of};
use crate::entropy::id_parts;
use crate::{Control, Error};

/// A directory that goes with this value.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn make(path: PathBuf) -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left is removed before the next one.
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

/// The databases as they were found in their copies.
#[derive(Default)]
pub(crate) struct Checked {
    pub(crate) databases: u64,
    pub(crate) sessions: u64,
    /// What is wrong with which of them.
    pub(crate) broken: Vec<String>,
}

/// Makes one. `None`: there is nothing to save, or nothing has changed since the last.
pub(crate) async fn take(
    control: &Control,
    row: &Smartbox,
    epoch: Epoch,
    reason: Reason,
) -> Result<Option<Backup>, Error> {
    let _alone = control.inner.backups.locks.lock(row.id).await;
    let backups = &control.inner.backups;
    let limits = control.inner.limits.backups.limits;
    let (began, now) = (Instant::now(), control.inner.clock.now());
    let Some(home) = backups.volumes.home(row.id).await.map_err(Error::internal)? else { return Ok(None) };
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    let known = fleet.backups_of(row.id).await?;
    let seen = {
        let home = home.clone();
        aside(move || smartbox_backup::look(&home, limits)).await?.map_err(Error::internal)?
    };
    if let Some(same) = known.first().filter(|last| last.mark == seen.mark && will_do(last, row, reason)) {
        fleet.note_unchanged(row.id, same.is_good(), now).await?;
        return Ok(None);
    }
    let scratch = Scratch::make(backups.scratch.join(row.id.to_string())).map_err(Error::internal)?;
    let (stillness, copies) = copy(control, row.id, epoch, (seen.databases, scratch.0.clone())).await?;
    let checked = check(&copies).await;
    let label = label(row, epoch, stillness, &checked);
    let repository = control.repository_of(row).await?;
    let (repository, on_board) = match reason {
        Reason::Asked => backups.board.watch_until(repository, row.id, Work::Saving),
        // Whoever waits for it cannot do without.
        _ => backups.board.watch(repository, row.id, Work::Saving),
    };
    // Taken back before it was on the board.
    if reason == Reason::Asked && !fleet.has_open_backup(row.id).await? {
        return Err(Error::Cancelled);
    }
    let source = Source { home, copies, ids: shift_of(range_of(row)?), limits };
    let saved = aside(move || repository.snapshot(source, &label)).await?.map_err(not_saved)?;
    drop((scratch, on_board));
    let facts = facts(&saved, &checked);
    let restored = fleet.backup_state_of(row.id).await?.restored;
    let suspicion = suspicion(baseline(&known, restored.as_ref()), &facts, &checked);
    let (at, random) = id_parts(&*control.inner.entropy, control.inner.clock.now());
    let backup = Backup {
        id: BackupId::from_parts(at, random),
        org: row.org,
        box_id: row.id,
        snapshot: saved.snapshot,
        made_at: at,
        reason,
        is_pinned: reason == Reason::Asked,
        suspicion,
        stillness: stillness.as_str().to_owned(),
        still_us: u64::try_from(stillness.cost().as_micros()).unwrap_or(u64::MAX),
        took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        runtime_version: row.runtime_version.clone(),
        epoch,
        facts,
        added_bytes: saved.added_bytes,
        mark: seen.mark,
        verified: None,
        drilled: None,
    };
    fleet.insert_backup(&backup, now, event(control, &backup)).await?;
    Ok(Some(backup))
}

fn not_saved(error: smartbox_backup::Error) -> Error {
    match error {
        smartbox_backup::Error::Stopped => Error::Cancelled,
        other => Error::internal(other),
    }
}

/// Whether the newest backup will do, when nothing has changed since.
fn will_do(last: &Backup, row: &Smartbox, reason: Reason) -> bool {
    match reason {
        Reason::Asked => false,
        // It is the way back: it has to be a good one, of the version that is about to go.
        Reason::BeforeUpgrade => last.is_good() && last.runtime_version == row.runtime_version,
        // It will be all there is of a box.
        Reason::Clone | Reason::BeforeArchive => last.is_good(),
        Reason::Period | Reason::Rest | Reason::BeforeRestore | Reason::Import => true,
    }
}

/// What was found in a home that was looked through and not saved.
pub(crate) struct Inspected {
    /// Regular files.
    pub(crate) files: u64,
    /// Databases of the agent runtime.
    pub(crate) checked: Checked,
}

/// Looks through the home of a box, and through copies of its databases, without saving anything.
pub(crate) async fn inspect(control: &Control, id: BoxId, epoch: Epoch) -> Result<Inspected, Error> {
    let _alone = control.inner.backups.locks.lock(id).await;
    let backups = &control.inner.backups;
    let limits = control.inner.limits.backups.limits;
    let Some(home) = backups.volumes.home(id).await.map_err(Error::internal)? else {
        return Ok(Inspected { files: 0, checked: Checked::default() });
    };
    let seen = blocking(move || smartbox_backup::look(&home, limits)).await?.map_err(Error::internal)?;
    let scratch = Scratch::make(backups.scratch.join(id.to_string())).map_err(Error::internal)?;
    let (_stillness, copies) = copy(control, id, epoch, (seen.databases, scratch.0.clone())).await?;
    Ok(Inspected { files: seen.files, checked: check(&copies).await })
}

/// What is wrong with a state, next to the one that was saved and that it was made of.
pub(crate) fn compare(saved: Option<&Facts>, found: &Inspected) -> Option<String> {
    let broken = &found.checked.broken;
    let now = Facts {
        files: found.files,
        // Bytes are counted when they are read, and nothing was read but the databases.
        bytes: saved.map_or(0, |saved| saved.bytes),
        databases: found.checked.databases,
        broken_databases: broken.len() as u64,
        sessions: found.checked.sessions,
        left_out: 0,
    };
    match saved.map_or_else(|| judge(None, &now), |saved| came_through(saved, &now)) {
        Verdict::Good => None,
        Verdict::Suspicious(why) if broken.is_empty() => Some(why),
        Verdict::Suspicious(why) => Some(format!("{why}: {}", broken.join("; "))),
    }
}

/// Copies the databases while nobody writes.
async fn copy(
    control: &Control,
    id: BoxId,
    epoch: Epoch,
    (databases, into): (Vec<PathBuf>, PathBuf),
) -> Result<(Stillness, Vec<Copy>), Error> {
    let (done, copied) = tokio::sync::oneshot::channel();
    let work = move |home: &Path| {
        // Who asked may have given up; the box goes on all the same.
        let _given_up = done.send(smartbox_backup::copy_databases(home, &databases, &into));
    };
    let volumes = &control.inner.backups.volumes;
    let stillness = volumes.while_still(id, epoch, Box::new(work)).await.map_err(Error::internal)?;
    let copies = copied.await.map_err(Error::internal)?.map_err(Error::internal)?;
    Ok((stillness, copies))
}

pub(crate) async fn check(copies: &[Copy]) -> Checked {
    let mut checked = Checked { databases: copies.len() as u64, ..Checked::default() };
    for copy in copies {
        let looked = look_at(&copy.copy).await;
        checked.sessions = checked.sessions.saturating_add(looked.sessions);
        if let Some(wrong) = looked.wrong {
            checked.broken.push(format!("{}: {wrong}", copy.original.display()));
        }
    }
    checked
}

pub(crate) fn label(row: &Smartbox, epoch: Epoch, stillness: Stillness, checked: &Checked) -> Label {
    let manifest = serde_json::json!({
        "box": row.id.to_string(),
        "name": row.name.to_string(),
        "runtime_version": row.runtime_version,
        "epoch": epoch,
        "databases": checked.databases,
        "sessions": checked.sessions,
        "broken_databases": checked.broken,
        "databases_copied_while": stillness.as_str(),
        "held_up_us": u64::try_from(stillness.cost().as_micros()).unwrap_or(u64::MAX),
    });
    Label {
        host: row.name.to_string(),
        tags: vec!["smartbox".to_owned(), format!("runtime-{}", row.runtime_version)],
        description: manifest.to_string(),
    }
}

pub(crate) fn facts(saved: &Saved, checked: &Checked) -> Facts {
    Facts {
        files: saved.files,
        bytes: saved.bytes,
        databases: checked.databases,
        broken_databases: checked.broken.len() as u64,
        sessions: checked.sessions,
        left_out: saved.left_out,
    }
}

/// What the state is compared with: the newest good backup of it. After a restore that is what was restored, and not what was there
/// before, which may well have been more.
fn baseline<'a>(known: &'a [Backup], restored: Option<&Restored>) -> Option<&'a Facts> {
    let newest = known.iter().find(|backup| backup.is_good());
    let before = match restored.filter(|restored| newest.is_none_or(|newest| newest.made_at <= restored.at)) {
        None => newest,
        Some(Restored { from: RestoreFrom::Backup(id), .. }) => known.iter().find(|backup| backup.id == *id),
        Some(Restored { from: RestoreFrom::Undo, .. }) => None,
    };
    before.map(|backup| &backup.facts)
}

fn suspicion(before: Option<&Facts>, facts: &Facts, checked: &Checked) -> Option<String> {
    match judge(before, facts) {
        Verdict::Good => None,
        Verdict::Suspicious(why) if checked.broken.is_empty() => Some(why),
        Verdict::Suspicious(why) => Some(format!("{why}: {}", checked.broken.join("; "))),
    }
}

/// A good backup every five minutes is no news; one that is asked for, or that is not to be trusted, is.
fn event(control: &Control, backup: &Backup) -> Option<NewEvent> {
    let detail = serde_json::json!({
        "backup": backup.id.to_string(),
        "files": backup.facts.files,
        "bytes": backup.facts.bytes,
    });
    match &backup.suspicion {
        Some(why) => {
            let what = format!("a backup is not trusted and replaces no good one: {why}");
            Some(control.event(ACTOR, "backup.suspicious", &what, detail))
        }
        None if backup.reason == Reason::Asked => {
            Some(control.event(ACTOR, "backup.made", "a person asked for a backup", detail))
        }
        None => None,
    }
}
