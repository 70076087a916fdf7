//! Upgrades of all boxes: what the loop puts down, step by step.

use std::collections::HashMap;

use jiff::Timestamp;
use smartbox_core::upgrade::UpgradeStage;
use smartbox_core::{BackupId, BoxId, Desired, OperationId, OrgId};

use crate::event::{self, NewEvent};
use crate::operation::{self, Outcome};
use crate::org::intent;
use crate::row::number;
use crate::smartbox::IntentChange;
use crate::upgrades::{self, Upgrade, UpgradeRow, select_upgrades};
use crate::{Error, FleetStore, RestoreFrom, backups, boxes};

impl FleetStore {
    /// Every upgrade that is under way, the oldest first.
    pub async fn open_upgrades(&self) -> Result<Vec<Upgrade>, Error> {
        let rows: Vec<UpgradeRow> =
            sqlx::query_as(select_upgrades!("where finished_at_ms is null order by id"))
                .fetch_all(&mut *self.store.database.read().await?)
                .await?;
        rows.into_iter().map(Upgrade::try_from).collect()
    }

    /// The upgrade of a box that is under way.
    pub async fn open_upgrade_of(&self, id: BoxId) -> Result<Option<Upgrade>, Error> {
        upgrades::open_of_box(&mut *self.store.database.read().await?, id).await
    }

    /// How many boxes are pinned to each version: those of one org, or all.
    pub async fn boxes_by_runtime(&self, org: Option<OrgId>) -> Result<HashMap<String, u32>, Error> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "select runtime_version, count(*) from boxes where $1 = '' or org_id = $1 group by runtime_version",
        )
        .bind(org.map(|id| id.to_string()).unwrap_or_default())
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(|(version, count)| Ok((version, number(count)?))).collect()
    }

    /// Goes on from the trial to the box itself: it is stopped, saved, and started in a new incarnation. Says whether it did.
    ///
    /// # Errors
    /// [`Error::TierFull`] when it did not run, and there is no place for it now.
    pub async fn begin_saving(
        &self,
        upgrade: &Upgrade,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let row = boxes::find(&mut tx, upgrade.box_id).await?;
        if row.is_none_or(|row| row.desired == Desired::Deleted) {
            return Ok(false);
        }
        let stages = (UpgradeStage::Trying, UpgradeStage::Saving);
        if !upgrades::advance(&mut tx, upgrade.id, stages, None, now).await? {
            return Ok(false);
        }
        let change = IntentChange { bump_generation: true, ..IntentChange::to(Desired::Running) };
        let mut smartbox = intent::write(&mut tx, upgrade.org, upgrade.box_id, change, None, now).await?;
        intent::forget_breaker(&mut tx, &mut smartbox).await?;
        event::append(&mut tx, Some(upgrade.org), Some(upgrade.box_id), &event, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Pins the box to the new version, now that its state is saved in `backup`, which stays from now on. `None`: it had none.
    /// Says whether it did: an upgrade that is over, or further, is left alone.
    pub async fn switch_runtime(
        &self,
        upgrade: &Upgrade,
        backup: Option<BackupId>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let stages = (UpgradeStage::Saving, UpgradeStage::Proving);
        if !upgrades::advance(&mut tx, upgrade.id, stages, None, now).await? {
            return Ok(false);
        }
        sqlx::query("update boxes set runtime_version = $2 where id = $1")
            .bind(upgrade.box_id.to_string())
            .bind(&upgrade.to)
            .execute(&mut *tx)
            .await?;
        if let Some(backup) = backup {
            sqlx::query("update upgrades set backup_id = $2 where id = $1")
                .bind(upgrade.id.to_string())
                .bind(backup.to_string())
                .execute(&mut *tx)
                .await?;
            sqlx::query("update backups set is_pinned = true where id = $1")
                .bind(backup.to_string())
                .execute(&mut *tx)
                .await?;
        }
        event::append(&mut tx, Some(upgrade.org), Some(upgrade.box_id), &event, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Wants the saved state back in the place of the disk, and with it the version that saved it. Says whether it did.
    pub async fn begin_going_back(
        &self,
        upgrade: &Upgrade,
        why: &str,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let Some(backup) = upgrade.backup else { return Ok(false) };
        let mut tx = self.store.database.write().await?;
        let row = boxes::find(&mut tx, upgrade.box_id).await?;
        if row.is_none_or(|row| row.desired != Desired::Running) {
            return Ok(false);
        }
        let stages = (UpgradeStage::Proving, UpgradeStage::GoingBack);
        if !upgrades::advance(&mut tx, upgrade.id, stages, Some(why), now).await? {
            return Ok(false);
        }
        let change = IntentChange { bump_generation: true, ..IntentChange::to(Desired::Running) };
        let mut smartbox = intent::write(&mut tx, upgrade.org, upgrade.box_id, change, None, now).await?;
        intent::forget_breaker(&mut tx, &mut smartbox).await?;
        backups::wish(&mut tx, upgrade.box_id, RestoreFrom::Backup(backup)).await?;
        event::append(&mut tx, Some(upgrade.org), Some(upgrade.box_id), &event, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Begins the time of the present stage anew: the box should not run for reasons of its own.
    pub async fn restart_upgrade_clock(&self, id: OperationId, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query("update upgrades set since_ms = $2 where id = $1 and finished_at_ms is null")
            .bind(id.to_string())
            .bind(now.as_millisecond())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Ends an upgrade and its operation; a box that was stopped before it is to stop again. Says whether it was under
    /// way, and as far as the caller has seen it.
    pub async fn finish_upgrade(
        &self,
        upgrade: &Upgrade,
        (outcome, why): (&Outcome, Option<&str>),
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let ended = sqlx::query(
            "update upgrades set finished_at_ms = $2, why = coalesce($3, why) where id = $1 and stage = $4
                    and finished_at_ms is null",
        )
        .bind(upgrade.id.to_string())
        .bind(now.as_millisecond())
        .bind(why)
        .bind(upgrade.stage.as_str())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if ended == 0 {
            return Ok(false);
        }
        operation::finish(&mut tx, upgrade.id, outcome, now).await?;
        let row = boxes::find(&mut tx, upgrade.box_id).await?;
        if upgrade.was_stopped && row.is_some_and(|row| row.desired == Desired::Running) {
            let change = IntentChange::to(Desired::Stopped);
            intent::write(&mut tx, upgrade.org, upgrade.box_id, change, None, now).await?;
        }
        event::append(&mut tx, Some(upgrade.org), Some(upgrade.box_id), &event, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}
