//! What the org's people decide about a box that is neither its state nor its configuration.

use jiff::Timestamp;
use smartbox_core::{BoxId, Labels, SleepChange};

use super::OrgStore;
use crate::event::{self, NewEvent};
use crate::row::labels_column;
use crate::sleep::column;
use crate::smartbox::Smartbox;
use crate::{Error, boxes};

impl OrgStore {
    /// Changes how one box sleeps, and what labels it has. With the events that tell of it, all or nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::VersionMismatch`] when `if_version` is given and is not the box's version.
    pub async fn change_box(
        &self,
        id: BoxId,
        (sleep, labels): (&SleepChange, Option<&Labels>),
        if_version: Option<i64>,
        events: &[NewEvent],
        now: Timestamp,
    ) -> Result<Smartbox, Error> {
        let mut tx = self.store.database.write().await?;
        let before = boxes::find_of_org(&mut tx, self.org, id).await?.ok_or(Error::NotFound("box"))?;
        if if_version.is_some_and(|expected| expected != before.version) {
            return Err(Error::VersionMismatch { current: before.version });
        }
        let policy = before.sleep.with(sleep);
        sqlx::query(
            "update boxes set frozen_after_secs = $3, squeezed_after_secs = $4, stopped_after_secs = $5,
                    labels = coalesce($6, labels), version = version + 1
             where id = $1 and org_id = $2",
        )
        .bind(id.to_string())
        .bind(self.org.to_string())
        .bind(column(policy.frozen_after))
        .bind(column(policy.squeezed_after))
        .bind(column(policy.stopped_after))
        .bind(labels.map(labels_column))
        .execute(&mut *tx)
        .await?;
        let changed = boxes::find_of_org(&mut tx, self.org, id).await?.ok_or(Error::NotFound("box"))?;
        for event in events {
            event::append(&mut tx, Some(self.org), Some(id), event, now).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }
}
