//! What the org's boxes may reach.

use jiff::Timestamp;
use smartbox_core::BoxId;
use smartbox_core::egress_policy::Rules;

use super::OrgStore;
use crate::Error;
use crate::event::NewEvent;
use crate::rules::{self, EgressRow};

impl OrgStore {
    /// The rules of the org, or of one of its boxes; `None` where there never were any.
    pub async fn egress_rules(&self, box_id: Option<BoxId>) -> Result<Option<EgressRow>, Error> {
        rules::find(&mut *self.store.database.read().await?, self.org, box_id).await
    }

    /// Replaces them and puts the event down, both or neither. The event's actor has changed them.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] when `if_version` is not their version any more (0 where there are none);
    /// [`Error::NotFound`] for a box of another org.
    pub async fn set_egress_rules(
        &self,
        box_id: Option<BoxId>,
        new: &Rules,
        if_version: Option<i64>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<EgressRow, Error> {
        let mut tx = self.store.database.write().await?;
        let row = rules::set(&mut tx, (self.org, box_id), new, if_version, (event, now)).await?;
        tx.commit().await?;
        Ok(row)
    }
}
