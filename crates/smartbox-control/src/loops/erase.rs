//! Removes everything of a box whose grace period is over, and looks whether it is gone before it says so.
//!
//! In this order: processes and disk, what was copied for a backup, the objects of its backups, its rows with its keys. Whatever
//! fails, or is still there when it is looked for, is tried again; until then the row stays, and with it the key of the backups.

use std::path::Path;

use smartbox_provider::{Epoch, ProviderError};
use smartbox_store::{Smartbox, SystemActor};

use crate::{Control, Error};

/// Who writes about it.
const ACTOR: &str = "reconciler";

/// What keeps a box from being gone.
pub(super) enum NotErased {
    /// Something is still there.
    Left(String),
    /// The provider could not remove it, or not look for it.
    Provider(ProviderError),
    /// The platform could not.
    Failed(Error),
}

impl From<Error> for NotErased {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<smartbox_store::Error> for NotErased {
    fn from(error: smartbox_store::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ProviderError> for NotErased {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

/// Erases the box. What was erased is in the audit log, with counts.
pub(super) async fn erase(control: &Control, row: &Smartbox, epoch: Epoch) -> Result<(), NotErased> {
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    if fleet.open_drills().await?.iter().any(|drill| drill.box_id == row.id) {
        return Err(NotErased::Left(
            "one of its backups is booted in a sealed box; that ends by itself".to_owned(),
        ));
    }
    disk(control, row, epoch).await?;
    let (objects, bytes) = backups(control, row).await?;
    let event = |went: &[(&'static str, u64)]| {
        let rows: u64 = went.iter().map(|(_, rows)| rows).sum();
        let what = format!(
            "nothing of it is left: its disk, {objects} objects of its backups and {rows} rows are gone, and were looked for afterwards"
        );
        let rows: serde_json::Map<_, _> = went
            .iter()
            .filter(|(_, rows)| *rows > 0)
            .map(|(table, rows)| ((*table).to_owned(), serde_json::json!(rows)))
            .collect();
        let detail = serde_json::json!({ "backup_objects": objects, "backup_bytes": bytes, "rows": rows });
        control.event(ACTOR, "box.forgotten", &what, detail)
    };
    fleet.forget_box(row.id, event, control.inner.clock.now()).await?;
    forget(control, row);
    Ok(())
}

/// Processes, the disk, and copies of databases that a backup was made from.
async fn disk(control: &Control, row: &Smartbox, epoch: Epoch) -> Result<(), NotErased> {
    let (provider, backups) = (&control.inner.provider, &control.inner.backups);
    // A backup that is being made of it ends first: it would put objects where they were removed.
    let _alone = backups.locks.lock(row.id).await;
    provider.ensure_absent(row.id, epoch).await?;
    let is_held = provider.observe(row.id).await?.is_some();
    let has_home = backups.volumes.home(row.id).await?.is_some();
    let bytes = provider.disk(row.id).await?.unwrap_or(0);
    if is_held || has_home || bytes > 0 {
        return Err(NotErased::Left("its disk is still there".to_owned()));
    }
    let scratch = backups.scratch.join(row.id.to_string());
    crate::backups::blocking(move || remove(&scratch)).await?.map_err(Error::internal)?;
    Ok(())
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Every object of its repository. Returns how many there were, and their sizes together.
async fn backups(control: &Control, row: &Smartbox) -> Result<(u64, u64), NotErased> {
    let (depot, owner, name) = (&control.inner.backups.depot, row.org.to_string(), row.id.to_string());
    let erased = async {
        let found = depot.measure(&owner, &name).await?;
        depot.erase(&owner, &name).await?;
        Ok::<_, smartbox_backup::Error>((found, depot.measure(&owner, &name).await?))
    };
    match erased.await {
        Ok((found, (0, _))) => Ok(found),
        Ok((_, (left, _))) => Err(NotErased::Left(format!("{left} objects of its backups are still there"))),
        Err(error) => {
            let cause = &error as &dyn std::error::Error;
            tracing::warn!(box.id = %row.id, error = cause, "the backups of a removed box could not be removed");
            let what = "its backups could not be removed; the platform's log says why".to_owned();
            Err(NotErased::Left(what))
        }
    }
}

/// What this process remembers of it.
fn forget(control: &Control, row: &Smartbox) {
    let inner = &control.inner;
    inner.ssh.forget(row.id);
    inner.uses.forget(row.id);
    inner.vigils.forget(row.id);
    drop(inner.resting.take(row.id));
    inner.changes.written();
}
