//! What the org's boxes may reach.

use jiff::Timestamp;
use smartbox_core::BoxId;
use smartbox_core::egress_policy::Rules;

use super::OrgStore;
use crate::egress::{self, EgressRow};
use crate::event::{self, NewEvent};
use crate::{Error, boxes};

impl OrgStore {
    /// The rules of the org, or of one of its boxes; `None` where there never were any.
    pub async fn egress_rules(&self, box_id: Option<BoxId>) -> Result<Option<EgressRow>, Error> {
        egress::find(&mut *self.store.database.read().await?, self.org, box_id).await
    }

    /// Replaces them and puts the event down, both or neither. The event's actor has changed them.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] when `if_version` is not their version any more (0 where there are none);
    /// [`Error::NotFound`] for a box of another org.
    pub async fn set_egress_rules(
        &self,
        box_id: Option<BoxId>,
        rules: &Rules,
        if_version: Option<i64>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<EgressRow, Error> {
        let mut tx = self.store.database.write().await?;
        if let Some(id) = box_id {
            let found = boxes::find_of_org(&mut tx, self.org, id).await?;
            found.ok_or(Error::NotFound("box"))?;
        }
        let current = egress::find(&mut tx, self.org, box_id).await?.map_or(0, |row| row.version);
        if if_version.is_some_and(|expected| expected != current) {
            return Err(Error::VersionMismatch { current });
        }
        sqlx::query(
            "insert into egress_rules (subject, org_id, box_id, rules, version, changed_at_ms, changed_by)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (subject) do update set rules = $4, version = $5, changed_at_ms = $6, changed_by = $7",
        )
        .bind(egress::subject(self.org, box_id))
        .bind(self.org.to_string())
        .bind(box_id.map(|id| id.to_string()))
        .bind(rules.to_string())
        .bind(current + 1)
        .bind(now.as_millisecond())
        .bind(&event.actor)
        .execute(&mut *tx)
        .await?;
        event::append(&mut tx, Some(self.org), box_id, &event, now).await?;
        let row = egress::find(&mut tx, self.org, box_id).await?.ok_or(Error::NotFound("box"))?;
        tx.commit().await?;
        Ok(row)
    }
}
