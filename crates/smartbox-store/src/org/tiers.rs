//! Sizes of the org's boxes.

use jiff::Timestamp;
use smartbox_core::{BoxId, Desired};

use super::OrgStore;
use crate::event::{self, NewEvent};
use crate::smartbox::Smartbox;
use crate::{Error, boxes};

impl OrgStore {
    /// Gives a stopped box another size, which its next start has.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::UnknownTier`], [`Error::VersionMismatch`], [`Error::InUse`] when it is not stopped.
    pub async fn set_tier(
        &self,
        id: BoxId,
        tier: &str,
        if_version: i64,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<Smartbox, Error> {
        let mut tx = self.store.database.write().await?;
        let before = boxes::find_of_org(&mut tx, self.org, id).await?.ok_or(Error::NotFound("box"))?;
        if before.version != if_version {
            return Err(Error::VersionMismatch { current: before.version });
        }
        if before.desired != Desired::Stopped {
            return Err(Error::InUse("not stopped"));
        }
        boxes::require_tier(&mut tx, tier).await?;
        sqlx::query("update boxes set tier = $3, version = version + 1 where id = $1 and org_id = $2")
            .bind(id.to_string())
            .bind(self.org.to_string())
            .bind(tier)
            .execute(&mut *tx)
            .await?;
        event::append(&mut tx, Some(self.org), Some(id), &event, now).await?;
        let after = boxes::find_of_org(&mut tx, self.org, id).await?.ok_or(Error::NotFound("box"))?;
        tx.commit().await?;
        Ok(after)
    }
}
