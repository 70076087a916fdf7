//! Reading a backup back.

use std::time::Duration;

use smartbox_core::{BackupId, Permission};
use smartbox_store::Backup;

use super::blocking;
use super::progress::Work;
use crate::{Control, Error, Op};

impl Control {
    /// Reads all of a backup back and says what is wrong with it. One with which something is wrong is not trusted any more.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Unavailable`] when others are being read, or the store does not answer.
    pub async fn verify_backup(&self, op: &Op, reference: &str, id: BackupId) -> Result<Backup, Error> {
        let smartbox = self.resolve(op, Permission::BoxesOperate, reference).await?;
        let org = self.inner.store.org(smartbox.org);
        let backup = org.find_backup(smartbox.id, id).await?.ok_or(Error::NotFound("backup"))?;
        let later = |what: String| Error::Unavailable { what, retry_after: Duration::from_secs(30) };
        let permit = std::sync::Arc::clone(&self.inner.backups.readers).try_acquire_owned();
        let permit = permit.map_err(|_busy| later("other backups are being read".to_owned()))?;
        let repository = self.repository_of(&smartbox).await?;
        let (repository, on_board) = self.inner.backups.board.watch(repository, smartbox.id, Work::Verifying);
        let snapshot = backup.snapshot.clone();
        let read = blocking(move || {
            // Also when nobody waits any more.
            let _held = (permit, on_board);
            repository.verify(&snapshot)
        })
        .await?;
        let wrong = match read {
            Ok(files) if files == backup.facts.files => None,
            Ok(files) => Some(format!("{files} of {} files are there", backup.facts.files)),
            Err(error @ (smartbox_backup::Error::NoSnapshot | smartbox_backup::Error::Foreign(_))) => {
                Some(error.to_string())
            }
            // That says nothing of what is saved.
            Err(error) => return Err(later(error.to_string())),
        };
        let detail = serde_json::json!({ "backup": id.to_string() });
        let (action, what) = match &wrong {
            None => ("backup.verified", "all of it was read back".to_owned()),
            Some(wrong) => ("backup.broken", format!("a backup cannot be trusted: {wrong}")),
        };
        let event = self.event_of(op, action, &what, detail);
        let now = self.inner.clock.now();
        self.backup_fleet().note_verified(id, wrong.as_deref(), event, now).await?;
        org.find_backup(smartbox.id, id).await?.ok_or(Error::NotFound("backup"))
    }
}
