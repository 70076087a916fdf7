//! Channels and jobs of the org's boxes, which may be off until somebody confirms them.

use jiff::Timestamp;
use smartbox_core::{BoxId, Desired};

use super::{OrgStore, intent};
use crate::event::{self, NewEvent};
use crate::operation::{self, NewOperation, Operation};
use crate::smartbox::{IntentChange, Smartbox};
use crate::{Error, boxes};

impl OrgStore {
    /// Lets the channels and jobs of a box run, or not, from its next incarnation on, which is wanted in the same transaction. What
    /// its owner wants of it stays.
    ///
    /// # Errors
    /// As [`OrgStore::change_intent`]; [`Error::NotFound`] for a box that is being deleted.
    pub async fn set_quiet(
        &self,
        id: BoxId,
        is_quiet: bool,
        if_version: Option<i64>,
        (operation, event): (NewOperation, NewEvent),
        now: Timestamp,
    ) -> Result<(Smartbox, Operation), Error> {
        let mut tx = self.store.database.write().await?;
        let before = boxes::find_of_org(&mut tx, self.org, id).await?.ok_or(Error::NotFound("box"))?;
        if before.desired == Desired::Deleted {
            return Err(Error::NotFound("box"));
        }
        let change = IntentChange {
            bump_generation: true,
            asleep: (before.desired == Desired::Asleep)
                .then(|| (before.asleep, before.idle_since.unwrap_or(now))),
            ..IntentChange::to(before.desired)
        };
        intent::write(&mut tx, self.org, id, change, if_version, now).await?;
        sqlx::query("update boxes set is_quiet = $3 where id = $1 and org_id = $2")
            .bind(id.to_string())
            .bind(self.org.to_string())
            .bind(is_quiet)
            .execute(&mut *tx)
            .await?;
        let smartbox = boxes::find_of_org(&mut tx, self.org, id).await?.ok_or(Error::NotFound("box"))?;
        let operation = operation::begin(&mut tx, &smartbox, operation, now).await?;
        event::append(&mut tx, Some(self.org), Some(id), &event, now).await?;
        tx.commit().await?;
        Ok((smartbox, operation))
    }
}
