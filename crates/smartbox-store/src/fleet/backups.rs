//! Backups of all boxes: what the loops put down.

use std::collections::HashMap;

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::{BackupId, BoxId};

use super::secrets;
use crate::backups::{self, Backup, BackupState, RestoreFrom, Restored, StateRow, select_states};
use crate::event::{self, NewEvent};
use crate::row::parsed;
use crate::{Error, FleetStore, archives, boxes};

impl FleetStore {
    /// The backups of a box that are shown, the newest first.
    pub async fn backups_of(&self, id: BoxId) -> Result<Vec<Backup>, Error> {
        backups::of_box(&mut *self.store.database.read().await?, id, backups::BACKUPS_MAX).await
    }

    /// All of them: what is not among these may be removed from the repository.
    pub async fn every_backup_of(&self, id: BoxId) -> Result<Vec<Backup>, Error> {
        backups::of_box(&mut *self.store.database.read().await?, id, backups::EVERY_MAX).await
    }

    /// How it goes with the backups of a box.
    pub async fn backup_state_of(&self, id: BoxId) -> Result<BackupState, Error> {
        backups::state_of(&mut *self.store.database.read().await?, id).await
    }

    /// How it goes with those of all boxes that were ever looked at.
    pub async fn backup_states(&self) -> Result<HashMap<BoxId, BackupState>, Error> {
        let rows: Vec<StateRow> = sqlx::query_as(select_states!("order by box_id"))
            .fetch_all(&mut *self.store.database.read().await?)
            .await?;
        rows.into_iter().map(|row| Ok((parsed(&row.box_id)?, BackupState::try_from(row)?))).collect()
    }

    /// Puts a backup down, with its event if it has one. A good one covers everything that had changed until `looked_at`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the box is gone.
    pub async fn insert_backup(
        &self,
        new: &Backup,
        looked_at: Timestamp,
        event: Option<NewEvent>,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        boxes::find(&mut tx, new.box_id).await?.ok_or(Error::NotFound("box"))?;
        backups::insert(&mut tx, new).await?;
        backups::ensure_state(&mut tx, new.box_id).await?;
        sqlx::query(
            "update backup_states set looked_at_ms = $2, failures = 0, failure = null,
                    changed_since_ms = case when $3 then null else coalesce(changed_since_ms, $2) end,
                    is_overdue = case when $3 then false else is_overdue end
             where box_id = $1",
        )
        .bind(new.box_id.to_string())
        .bind(looked_at.as_millisecond())
        .bind(new.suspicion.is_none())
        .execute(&mut *tx)
        .await?;
        if let Some(event) = event {
            event::append(&mut tx, Some(new.org), Some(new.box_id), &event, new.made_at).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Puts down that a box was looked at and nothing had changed since its newest backup, which `is_good` or not.
    pub async fn note_unchanged(&self, id: BoxId, is_good: bool, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        if boxes::find(&mut tx, id).await?.is_none() {
            return Ok(());
        }
        backups::ensure_state(&mut tx, id).await?;
        sqlx::query(
            "update backup_states set looked_at_ms = $2, failures = 0, failure = null,
                    changed_since_ms = case when $3 then null else changed_since_ms end,
                    is_overdue = case when $3 then false else is_overdue end
             where box_id = $1",
        )
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .bind(is_good)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Puts down that an attempt failed, with its event if it has one.
    pub async fn note_backup_failure(
        &self,
        id: BoxId,
        what: &str,
        event: Option<NewEvent>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let Some(smartbox) = boxes::find(&mut tx, id).await? else { return Ok(()) };
        backups::ensure_state(&mut tx, id).await?;
        sqlx::query(
            "update backup_states set looked_at_ms = $2, failures = failures + 1, failure = $3,
                    changed_since_ms = coalesce(changed_since_ms, $2)
             where box_id = $1",
        )
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .bind(what)
        .execute(&mut *tx)
        .await?;
        if let Some(event) = event {
            event::append(&mut tx, Some(smartbox.org), Some(id), &event, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Puts down that people were told of a newest good backup that is too old. False: they had been told already.
    pub async fn note_overdue(&self, id: BoxId, event: NewEvent, now: Timestamp) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let Some(smartbox) = boxes::find(&mut tx, id).await? else { return Ok(false) };
        let told =
            sqlx::query("update backup_states set is_overdue = true where box_id = $1 and not is_overdue")
                .bind(id.to_string())
                .execute(&mut *tx)
                .await?
                .rows_affected();
        if told == 0 {
            return Ok(false);
        }
        event::append(&mut tx, Some(smartbox.org), Some(id), &event, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Forgets backups that nobody needs any more. What they held is removed from the repository afterwards.
    pub async fn forget_backups(&self, ids: &[BackupId]) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        for id in ids {
            sqlx::query("delete from backups where id = $1").bind(id.to_string()).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Puts down that a backup was read back, and what was found wrong.
    pub async fn note_verified(
        &self,
        id: BackupId,
        wrong: Option<&str>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let found: Option<String> = sqlx::query_scalar("select box_id from backups where id = $1")
            .bind(id.to_string())
            .fetch_optional(&mut *tx)
            .await?;
        let Some(box_id) = found else { return Err(Error::NotFound("backup")) };
        let box_id: BoxId = parsed(&box_id)?;
        sqlx::query("update backups set verified_at_ms = $2, verified_what = $3 where id = $1")
            .bind(id.to_string())
            .bind(now.as_millisecond())
            .bind(wrong)
            .execute(&mut *tx)
            .await?;
        let org = boxes::find(&mut tx, box_id).await?.map(|smartbox| smartbox.org);
        event::append(&mut tx, org, Some(box_id), &event, now).await?;
        Ok(tx.commit().await?)
    }

    /// Puts down that the disk of a box was replaced: the wish is fulfilled, and the box is pinned to the version of the agent
    /// runtime that belongs to its state now.
    pub async fn note_restored(
        &self,
        id: BoxId,
        restored: &Restored,
        runtime_version: &str,
        event: NewEvent,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let smartbox = boxes::find(&mut tx, id).await?.ok_or(Error::NotFound("box"))?;
        backups::ensure_state(&mut tx, id).await?;
        sqlx::query(
            "update backup_states set restore_from = null, restored_from = $2, restored_at_ms = $3, undo_until_ms = $4,
                    is_proven = $5, undo_version = $6
             where box_id = $1",
        )
        .bind(id.to_string())
        .bind(restored.from.to_string())
        .bind(restored.at.as_millisecond())
        .bind(restored.undo_until.map(Timestamp::as_millisecond))
        .bind(restored.is_proven)
        .bind(&smartbox.runtime_version)
        .execute(&mut *tx)
        .await?;
        // What was archived is back, from whatever backup.
        archives::end(&mut tx, id).await?;
        sqlx::query("update boxes set runtime_version = $2 where id = $1")
            .bind(id.to_string())
            .bind(runtime_version)
            .execute(&mut *tx)
            .await?;
        event::append(&mut tx, Some(smartbox.org), Some(id), &event, restored.at).await?;
        Ok(tx.commit().await?)
    }

    /// Gives up the wish to replace a box's disk, if it is still this one.
    pub async fn drop_restore(
        &self,
        id: BoxId,
        from: RestoreFrom,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let Some(smartbox) = boxes::find(&mut tx, id).await? else { return Ok(()) };
        sqlx::query("update backup_states set restore_from = null where box_id = $1 and restore_from = $2")
            .bind(id.to_string())
            .bind(from.to_string())
            .execute(&mut *tx)
            .await?;
        event::append(&mut tx, Some(smartbox.org), Some(id), &event, now).await?;
        Ok(tx.commit().await?)
    }

    /// Puts down that a box is well on the disk that was put there.
    pub async fn note_proven(&self, id: BoxId) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query("update backup_states set is_proven = true where box_id = $1")
            .bind(id.to_string())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Puts down that what was there before the last restore is gone.
    pub async fn note_undo_gone(&self, id: BoxId) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query("update backup_states set undo_until_ms = null where box_id = $1")
            .bind(id.to_string())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// The secret of this name, which becomes `fresh` where the box has none yet.
    pub async fn keep_secret(
        &self,
        id: BoxId,
        name: &str,
        fresh: &SecretString,
    ) -> Result<SecretString, Error> {
        if let Some(found) = self.secret(id, name).await? {
            return Ok(found);
        }
        let mut tx = self.store.database.write().await?;
        let is_taken: bool =
            sqlx::query_scalar("select count(*) > 0 from secrets where box_id = $1 and name = $2")
                .bind(id.to_string())
                .bind(name)
                .fetch_one(&mut *tx)
                .await?;
        if !is_taken {
            secrets::put(&mut tx, &self.store.sealer, id, name, fresh).await?;
            tx.commit().await?;
        }
        self.secret(id, name).await?.ok_or(Error::NotFound("box"))
    }
}
