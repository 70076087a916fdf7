//! Backups of the org's boxes.

use jiff::Timestamp;
use smartbox_core::{BackupId, BoxId, Desired};

use super::{OrgStore, intent};
use crate::backups::{self, Backup, BackupRow, BackupState, RestoreFrom, select_backups};
use crate::event::{self, NewEvent};
use crate::operation::{self, NewOperation, Operation};
use crate::smartbox::{IntentChange, Smartbox};
use crate::{Error, boxes};

impl OrgStore {
    /// The backups of a box, the newest first.
    pub async fn list_backups(&self, id: BoxId) -> Result<Vec<Backup>, Error> {
        let mut connection = self.store.database.read().await?;
        if boxes::find_of_org(&mut connection, self.org, id).await?.is_none() {
            return Ok(Vec::new());
        }
        backups::of_box(&mut connection, id, backups::BACKUPS_MAX).await
    }

    /// Finds a backup of a box.
    pub async fn find_backup(&self, smartbox: BoxId, id: BackupId) -> Result<Option<Backup>, Error> {
        let row: Option<BackupRow> =
            sqlx::query_as(select_backups!("where id = $1 and box_id = $2 and org_id = $3"))
                .bind(id.to_string())
                .bind(smartbox.to_string())
                .bind(self.org.to_string())
                .fetch_optional(&mut *self.store.database.read().await?)
                .await?;
        row.map(Backup::try_from).transpose()
    }

    /// How it goes with the backups of a box. Nothing is known of a box of another org.
    pub async fn backup_state(&self, id: BoxId) -> Result<BackupState, Error> {
        let mut connection = self.store.database.read().await?;
        if boxes::find_of_org(&mut connection, self.org, id).await?.is_none() {
            return Ok(BackupState::default());
        }
        backups::state_of(&mut connection, id).await
    }

    /// Forgets a backup, with the event that says who did. What it held is removed from the repository later.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn remove_backup(
        &self,
        smartbox: BoxId,
        id: BackupId,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let removed = sqlx::query("delete from backups where id = $1 and box_id = $2 and org_id = $3")
            .bind(id.to_string())
            .bind(smartbox.to_string())
            .bind(self.org.to_string())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if removed == 0 {
            return Err(Error::NotFound("backup"));
        }
        event::append(&mut tx, Some(self.org), Some(smartbox), &event, now).await?;
        Ok(tx.commit().await?)
    }

    /// Wants a new incarnation of the box with another disk. The disk is replaced before it starts, and not before.
    ///
    /// # Errors
    /// As [`OrgStore::change_intent`].
    pub async fn intend_restore(
        &self,
        id: BoxId,
        from: RestoreFrom,
        if_version: Option<i64>,
        (operation, event): (Option<NewOperation>, NewEvent),
        now: Timestamp,
    ) -> Result<(Smartbox, Option<Operation>), Error> {
        let mut tx = self.store.database.write().await?;
        let change = IntentChange { bump_generation: true, ..IntentChange::to(Desired::Running) };
        let mut smartbox = intent::write(&mut tx, self.org, id, change, if_version, now).await?;
        intent::forget_breaker(&mut tx, &mut smartbox).await?;
        backups::wish(&mut tx, id, from).await?;
        let operation = match operation {
            Some(operation) => Some(operation::begin(&mut tx, &smartbox, operation, now).await?),
            None => None,
        };
        event::append(&mut tx, Some(self.org), Some(id), &event, now).await?;
        tx.commit().await?;
        Ok((smartbox, operation))
    }
}
