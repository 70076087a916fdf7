//! Backups and restores that somebody waits for: begun, and taken back.

use jiff::Timestamp;
use smartbox_core::{BoxId, OperationId};

use super::{OrgStore, intent};
use crate::event::{self, NewEvent};
use crate::operation::{self, NewOperation, Operation, OperationKind, Outcome};
use crate::smartbox::{IntentChange, Smartbox};
use crate::{Error, boxes};

impl OrgStore {
    /// Begins an operation that ends with the next backup that is made because somebody asked. One that is under way is joined: there
    /// is one of a box at a time.
    ///
    /// # Errors
    /// [`Error::NotFound`] without such a box.
    pub async fn begin_backup(
        &self,
        id: BoxId,
        (new, event): (NewOperation, NewEvent),
        now: Timestamp,
    ) -> Result<Operation, Error> {
        let mut tx = self.store.database.write().await?;
        let smartbox = boxes::find_of_org(&mut tx, self.org, id).await?.ok_or(Error::NotFound("box"))?;
        let mut open = operation::open_of_box(&mut tx, id).await?.into_iter();
        if let Some(joined) = open.find(|open| open.kind == OperationKind::Backup) {
            return Ok(joined);
        }
        let begun = operation::begin(&mut tx, &smartbox, new, now).await?;
        event::append(&mut tx, Some(self.org), Some(id), &event, now).await?;
        tx.commit().await?;
        Ok(begun)
    }

    /// Ends a backup that is under way as cancelled. `None`: it has ended meanwhile.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn cancel_backup(
        &self,
        id: OperationId,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<Option<Operation>, Error> {
        let mut tx = self.store.database.write().await?;
        let open =
            operation::find_of_org(&mut tx, self.org, id).await?.ok_or(Error::NotFound("operation"))?;
        if open.finished_at.is_some() || open.kind != OperationKind::Backup {
            return Ok(None);
        }
        operation::finish(&mut tx, id, &Outcome::Cancelled, now).await?;
        event::append(&mut tx, Some(self.org), Some(open.box_id), &event, now).await?;
        let ended = operation::find(&mut tx, id).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Ends a restore as cancelled and forgets its wish: the box starts with the disk it has. `None`: it has ended meanwhile, or somebody
    /// wants something else.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn cancel_restore(
        &self,
        id: OperationId,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<Option<(Smartbox, Operation)>, Error> {
        let mut tx = self.store.database.write().await?;
        let open =
            operation::find_of_org(&mut tx, self.org, id).await?.ok_or(Error::NotFound("operation"))?;
        let smartbox =
            boxes::find_of_org(&mut tx, self.org, open.box_id).await?.ok_or(Error::NotFound("box"))?;
        let is_wanted =
            smartbox.desired == open.target.desired && smartbox.generation == open.target.generation;
        if open.finished_at.is_some() || open.kind != OperationKind::Restore || !is_wanted {
            return Ok(None);
        }
        let forgotten = sqlx::query(
            "update backup_states set restore_from = null where box_id = $1 and restore_from is not null",
        )
        .bind(open.box_id.to_string())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if forgotten == 0 {
            return Ok(None);
        }
        operation::finish(&mut tx, id, &Outcome::Cancelled, now).await?;
        // The same intent in a newer version: what was begun for the older one counts no more.
        let change = IntentChange::to(smartbox.desired);
        let smartbox = intent::write(&mut tx, self.org, open.box_id, change, None, now).await?;
        event::append(&mut tx, Some(self.org), Some(open.box_id), &event, now).await?;
        let ended = operation::find(&mut tx, id).await?.ok_or(Error::NotFound("operation"))?;
        tx.commit().await?;
        Ok(Some((smartbox, ended)))
    }
}
