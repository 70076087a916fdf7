//! Boxes that begin with the state of others, which may be another org's: whoever asks has shown the rights on both.

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::{BackupId, BoxId, Desired, OrgId};

use super::secrets;
use crate::backups::{self, Backup, BackupRow, RestoreFrom, select_backups};
use crate::event::{self, NewEvent};
use crate::operation::{self, NewOperation, Operation};
use crate::org::{create, intent};
use crate::origins::{self, Origin};
use crate::row::parsed;
use crate::smartbox::{IntentChange, NewSmartbox, Smartbox};
use crate::{Error, FleetStore, boxes};

/// A box that begins with a state that was not its own.
pub struct NewFrom<'a> {
    /// Whose it will be.
    pub org: OrgId,
    /// The box.
    pub smartbox: NewSmartbox,
    /// Its own secrets.
    pub secrets: &'a [(&'a str, &'a SecretString)],
    /// Where its state comes from.
    pub origin: Origin,
    /// What tells of it.
    pub event: NewEvent,
    /// What tells of it in the other box's timeline.
    pub told: Option<(OrgId, BoxId, NewEvent)>,
}

impl FleetStore {
    /// Makes a box that begins with a saved state: the state takes the place of its disk before it starts first, and it does not start
    /// before. All or nothing, with the events of both boxes.
    ///
    /// # Errors
    /// As [`crate::OrgStore::create_box`].
    pub async fn create_box_from(
        &self,
        new: NewFrom<'_>,
        operation: Option<NewOperation>,
        now: Timestamp,
    ) -> Result<(Smartbox, Option<Operation>), Error> {
        let mut tx = self.store.database.write().await?;
        let id = new.smartbox.id;
        let smartbox = create::insert(&mut tx, new.org, &new.smartbox, now).await?;
        for (name, secret) in new.secrets {
            secrets::put(&mut tx, &self.store.sealer, id, name, secret).await?;
        }
        origins::insert(&mut tx, id, &new.origin).await?;
        if let Some(backup) = new.origin.backup {
            backups::wish(&mut tx, id, RestoreFrom::Backup(backup)).await?;
        }
        let operation = match operation {
            Some(operation) => Some(operation::begin(&mut tx, &smartbox, operation, now).await?),
            None => None,
        };
        event::append(&mut tx, Some(new.org), Some(id), &new.event, now).await?;
        if let Some((org, source, event)) = &new.told {
            event::append(&mut tx, Some(*org), Some(*source), event, now).await?;
        }
        tx.commit().await?;
        Ok((smartbox, operation))
    }

    /// Puts down what was taken in from elsewhere as the first backup of its box, which is to begin with it and to run.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the box is gone, or does not wait for it; as [`crate::OrgStore::change_intent`].
    pub async fn complete_import(
        &self,
        backup: &Backup,
        (operation, event): (NewOperation, NewEvent),
        now: Timestamp,
    ) -> Result<(Smartbox, Operation), Error> {
        let mut tx = self.store.database.write().await?;
        let id = backup.box_id;
        let awaited =
            sqlx::query("update origins set backup_id = $2 where box_id = $1 and backup_id is null")
                .bind(id.to_string())
                .bind(backup.id.to_string())
                .execute(&mut *tx)
                .await?
                .rows_affected();
        if awaited == 0 {
            return Err(Error::NotFound("box"));
        }
        backups::insert(&mut tx, backup).await?;
        backups::wish(&mut tx, id, RestoreFrom::Backup(backup.id)).await?;
        let change = IntentChange::to(Desired::Running);
        let smartbox = intent::write(&mut tx, backup.org, id, change, None, now).await?;
        let operation = operation::begin(&mut tx, &smartbox, operation, now).await?;
        event::append(&mut tx, Some(backup.org), Some(id), &event, now).await?;
        tx.commit().await?;
        Ok((smartbox, operation))
    }

    /// Where the first state of a box comes from; `None`: it began empty.
    pub async fn origin_of(&self, id: BoxId) -> Result<Option<Origin>, Error> {
        origins::of_box(&mut *self.store.database.read().await?, id).await
    }

    /// A backup of any box, with its box as far as that is still there.
    pub async fn find_backup(&self, id: BackupId) -> Result<Option<(Backup, Smartbox)>, Error> {
        let mut connection = self.store.database.read().await?;
        let row: Option<BackupRow> = sqlx::query_as(select_backups!("where id = $1"))
            .bind(id.to_string())
            .fetch_optional(&mut *connection)
            .await?;
        let Some(backup) = row.map(Backup::try_from).transpose()? else { return Ok(None) };
        let smartbox = boxes::find(&mut connection, backup.box_id).await?;
        Ok(smartbox.map(|smartbox| (backup, smartbox)))
    }

    /// Backups of a box that other boxes wait for, to begin with them.
    pub async fn awaited_backups(&self, id: BoxId) -> Result<Vec<BackupId>, Error> {
        let found: Vec<String> = sqlx::query_scalar(
            "select backups.id from backups
             join origins on origins.backup_id = backups.id
             join backup_states on backup_states.box_id = origins.box_id
                  and backup_states.restore_from = backups.id
             where backups.box_id = $1",
        )
        .bind(id.to_string())
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        found.iter().map(|id| parsed(id)).collect()
    }
}
