//! The disk of a box that is archived: removed, and brought back.

use smartbox_core::ArchiveStage;
use smartbox_provider::{Epoch, ProviderError};
use smartbox_store::{Archive, Backup, Smartbox};

use super::rests_on;
use crate::backups::swap_in::NotSwapped;
use crate::backups::{ACTOR, blocking};
use crate::{Control, Error};

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
pub(in crate::backups) async fn see_through(
    control: &Control,
    row: &Smartbox,
    epoch: Epoch,
) -> Result<bool, NotSwapped> {
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
pub(in crate::backups) async fn to_bring_back(
    control: &Control,
    row: &Smartbox,
) -> Result<Backup, NotSwapped> {
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
