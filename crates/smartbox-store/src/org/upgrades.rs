//! Upgrades of the org's boxes.

use jiff::Timestamp;
use smartbox_core::upgrade::UpgradeStage;
use smartbox_core::{BoxId, Desired};

use super::OrgStore;
use crate::event::{self, NewEvent};
use crate::operation::{self, NewOperation, Operation};
use crate::smartbox::Smartbox;
use crate::upgrades::{self, Upgrade};
use crate::{Error, boxes};

impl OrgStore {
    /// The newest upgrade of a box, over or not.
    pub async fn newest_upgrade(&self, id: BoxId) -> Result<Option<Upgrade>, Error> {
        let mut connection = self.store.database.read().await?;
        if boxes::find_of_org(&mut connection, self.org, id).await?.is_none() {
            return Ok(None);
        }
        upgrades::newest_of_box(&mut connection, id).await
    }

    /// Wants the box on another version of the agent runtime. Nothing is asked of the box itself before the version was tried, and the
    /// version is changed when the state is saved, and not before.
    ///
    /// # Errors
    /// As [`OrgStore::change_intent`]. The caller has seen the box without an upgrade under way, in version `if_version`.
    pub async fn intend_upgrade(
        &self,
        id: BoxId,
        to: &str,
        if_version: i64,
        (operation, event): (NewOperation, NewEvent),
        now: Timestamp,
    ) -> Result<(Smartbox, Operation), Error> {
        let mut tx = self.store.database.write().await?;
        let before = boxes::find_of_org(&mut tx, self.org, id).await?.ok_or(Error::NotFound("box"))?;
        if before.version != if_version {
            return Err(Error::VersionMismatch { current: before.version });
        }
        // It is a change of what its owner wants, of which nothing is seen yet.
        sqlx::query("update boxes set version = version + 1 where id = $1")
            .bind(id.to_string())
            .execute(&mut *tx)
            .await?;
        let operation = operation::begin(&mut tx, &before, operation, now).await?;
        let upgrade = Upgrade {
            id: operation.id,
            org: self.org,
            box_id: id,
            from: before.runtime_version,
            to: to.to_owned(),
            stage: UpgradeStage::Trying,
            since: now,
            backup: None,
            was_stopped: before.desired == Desired::Stopped,
            why: None,
            finished_at: None,
        };
        upgrades::insert(&mut tx, &upgrade).await?;
        event::append(&mut tx, Some(self.org), Some(id), &event, now).await?;
        let smartbox = boxes::find(&mut tx, id).await?.ok_or(Error::NotFound("box"))?;
        tx.commit().await?;
        Ok((smartbox, operation))
    }
}
