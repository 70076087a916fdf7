//! Throws away what nobody needs any more.

use std::collections::HashSet;

use smartbox_core::BackupId;
use smartbox_core::backup::{Kept, to_forget};
use smartbox_store::{Backup, Smartbox};

use super::archive::rests_on;
use super::aside;
use crate::{Control, Error};

/// Forgets backups by the rules, and whatever the repository holds that no backup tells of. Returns how many snapshots went.
pub(crate) async fn tidy(control: &Control, row: &Smartbox) -> Result<usize, Error> {
    let _alone = control.inner.backups.locks.lock(row.id).await;
    let fleet = control.backup_fleet();
    let all = fleet.every_backup_of(row.id).await?;
    let state = fleet.backup_state_of(row.id).await?;
    let wanted = state.restore_from.map(|from| from.to_string());
    let archive = fleet.archive_of(row.id).await?;
    // Another box may be about to begin with one.
    let awaited = fleet.awaited_backups(row.id).await?;
    let is_needed = |backup: &Backup| {
        backup.is_pinned
            || awaited.contains(&backup.id)
            || wanted.as_deref() == Some(backup.id.to_string().as_str())
            || rests_on(archive.as_ref(), backup)
    };
    let kept: Vec<Kept> = all
        .iter()
        .map(|backup| Kept {
            made_at: backup.made_at,
            is_good: backup.is_good(),
            is_pinned: is_needed(backup),
        })
        .collect();
    let now = control.inner.clock.now();
    let retention = control.effective_backups(row).await?.retention();
    let goes = to_forget(&kept, &retention, now);
    let ids: Vec<BackupId> =
        goes.iter().filter_map(|index| all.get(*index)).map(|backup| backup.id).collect();
    if !ids.is_empty() {
        // Known to nobody first, so that nobody asks for what is being removed.
        fleet.forget_backups(&ids).await?;
    }
    let stays: HashSet<String> =
        all.iter().filter(|backup| !ids.contains(&backup.id)).map(|backup| backup.snapshot.clone()).collect();
    let repository = control.repository_of(row).await?;
    aside(move || repository.keep_only(&stays)).await?.map_err(Error::internal)
}

/// Removes from the repository what no snapshot needs.
pub(crate) async fn prune(control: &Control, row: &Smartbox) -> Result<bool, Error> {
    let _alone = control.inner.backups.locks.lock(row.id).await;
    let repository = control.repository_of(row).await?;
    let now = control.inner.clock.now();
    aside(move || repository.prune(now)).await?.map_err(Error::internal)
}
