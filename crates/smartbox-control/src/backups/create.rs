//! Asking for a backup now: it is waited for a while, and goes on as an operation.

use std::time::Duration;

use smartbox_core::backup::Reason;
use smartbox_core::{BoxId, Permission};
use smartbox_store::{Backup, Operation, OperationKind, Outcome, Smartbox};

use super::NotMade;
use crate::{Control, Error, Op};

/// What came of asking for a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreatedBackup {
    /// It is made.
    Made(Box<Backup>),
    /// It takes longer than is waited for. The operation tells how far it is, and when it is over.
    UnderWay(Operation),
}

impl CreatedBackup {
    /// The backup, if it is made.
    pub fn made(self) -> Option<Backup> {
        match self {
            Self::Made(backup) => Some(*backup),
            Self::UnderWay(_) => None,
        }
    }
}

impl Control {
    /// Makes a backup now, and waits for it a while. It stays until somebody removes it. It is made also when nobody waits any more, and
    /// when the platform starts anew meanwhile.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is nothing to save; [`Error::Cancelled`]; [`Error::Unavailable`] when it fails.
    pub async fn create_backup(&self, op: &Op, reference: &str) -> Result<CreatedBackup, Error> {
        let smartbox = self.to_back_up(op, reference).await?;
        let org = self.inner.store.org(smartbox.org);
        let event = self.event_by(op, "backup.requested", "asked for");
        let new = (self.new_operation(OperationKind::Backup), event);
        let operation = org.begin_backup(smartbox.id, new, self.inner.clock.now()).await?;
        self.inner.changes.written();
        let Some(answered) = self.inner.backups.ask(smartbox.id, Reason::Asked) else {
            // As many wait for it as may. It is the same one.
            return Ok(CreatedBackup::UnderWay(operation));
        };
        match tokio::time::timeout(self.inner.limits.backups.answer_within, answered).await {
            Ok(Ok(Err(NotMade::Cancelled))) => match org.find_operation(operation.id).await? {
                // It was joined when it had all but ended: that one is made.
                Some(ended) if ended.outcome == Some(Outcome::Succeeded) => {
                    Ok(CreatedBackup::UnderWay(ended))
                }
                _ => Err(Error::Cancelled),
            },
            Ok(Ok(had)) => Ok(CreatedBackup::Made(Box::new(made(had)?.ok_or_else(nothing_to_save)?))),
            // The time is over, or the platform is stopping: it goes on after the next start.
            Ok(Err(_)) | Err(_) => {
                let now = org.find_operation(operation.id).await?;
                Ok(CreatedBackup::UnderWay(now.unwrap_or(operation)))
            }
        }
    }

    /// Saves what has changed, and waits for it. What is made goes with time, like those that are made by themselves. `None`:
    /// everything was saved already.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is nothing to save; [`Error::Unavailable`] when it takes long, or fails.
    pub async fn sync_box(&self, op: &Op, reference: &str) -> Result<Option<Backup>, Error> {
        let smartbox = self.to_back_up(op, reference).await?;
        self.wait_for_backup(smartbox.id, Reason::Period).await
    }

    /// The same without waiting.
    ///
    /// # Errors
    /// As [`Control::sync_box`].
    pub async fn request_sync(&self, op: &Op, reference: &str) -> Result<Smartbox, Error> {
        let smartbox = self.to_back_up(op, reference).await?;
        let asked = self.inner.backups.ask(smartbox.id, Reason::Period);
        asked.map(|_nobody_waits| smartbox).ok_or_else(too_many)
    }

    async fn to_back_up(&self, op: &Op, reference: &str) -> Result<Smartbox, Error> {
        let smartbox = self.resolve(op, Permission::BoxesOperate, reference).await?;
        match self.inner.backups.volumes.home(smartbox.id).await.map_err(Error::internal)? {
            Some(_home) => Ok(smartbox),
            None => Err(nothing_to_save()),
        }
    }

    /// Waits for a backup that is made now. `None`: there was nothing new to save.
    pub(crate) async fn wait_for_backup(&self, id: BoxId, reason: Reason) -> Result<Option<Backup>, Error> {
        let answered = self.inner.backups.ask(id, reason).ok_or_else(too_many)?;
        match tokio::time::timeout(self.inner.limits.backups.answer_within, answered).await {
            Ok(Ok(had)) => made(had),
            Ok(Err(_dropped)) => Err(later("the platform is stopping".to_owned())),
            Err(_elapsed) => {
                Err(later("the backup is still being made; the list shows it when it is done".to_owned()))
            }
        }
    }
}

fn made(had: super::asked::Had) -> Result<Option<Backup>, Error> {
    had.map_err(|why| match why {
        NotMade::Failed(what) => later(format!("the backup failed: {what}")),
        NotMade::Cancelled => Error::Cancelled,
    })
}

fn later(what: String) -> Error {
    Error::Unavailable { what, retry_after: Duration::from_secs(30) }
}

fn too_many() -> Error {
    later("many wait for a backup of this box already".to_owned())
}

pub(crate) fn nothing_to_save() -> Error {
    Error::Conflict {
        what: "there is nothing to save: the box was never started, or is archived".to_owned(),
        remedy: "start it first".to_owned(),
    }
}
