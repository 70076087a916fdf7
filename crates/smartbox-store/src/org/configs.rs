//! What the org's people add to the configurations of their boxes.

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::config_change::ConfigStage;
use smartbox_core::{BoxId, Desired};

use super::{OrgStore, intent};
use crate::configs::{self, ConfigState, ConfigVersion, NewConfig};
use crate::event::{self, NewEvent};
use crate::operation::{self, NewOperation, Operation, Outcome};
use crate::smartbox::{IntentChange, Smartbox};
use crate::{Error, boxes};

impl OrgStore {
    /// Which version a box should have; `None`: its owner never added anything.
    pub async fn config_state(&self, id: BoxId) -> Result<Option<ConfigState>, Error> {
        let mut connection = self.store.database.read().await?;
        if boxes::find_of_org(&mut connection, self.org, id).await?.is_none() {
            return Ok(None);
        }
        configs::state(&mut connection, id).await
    }

    /// The versions that are kept of a box, the newest first.
    pub async fn config_versions(&self, id: BoxId) -> Result<Vec<ConfigVersion>, Error> {
        let mut connection = self.store.database.read().await?;
        if boxes::find_of_org(&mut connection, self.org, id).await?.is_none() {
            return Ok(Vec::new());
        }
        configs::versions(&mut connection, id).await
    }

    /// What a version of a box says, as JSON.
    pub async fn config_text(&self, id: BoxId, version: i64) -> Result<Option<SecretString>, Error> {
        let mut connection = self.store.database.read().await?;
        if boxes::find_of_org(&mut connection, self.org, id).await?.is_none() {
            return Ok(None);
        }
        configs::text(&mut connection, &self.store.sealer, (id, version)).await
    }

    /// Puts a version down that the box should have from now on, or, without one, wants the present one applied again. With the
    /// operation somebody waits for it; what they waited for before ends as superseded. The event's actor has made it.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] when `if_version` is not the present version (0 where there is none); [`Error::NotFound`].
    pub async fn change_config(
        &self,
        id: BoxId,
        new: Option<NewConfig<'_>>,
        if_version: i64,
        (operation, event): (Option<NewOperation>, NewEvent),
        now: Timestamp,
    ) -> Result<(Smartbox, ConfigState, Option<Operation>), Error> {
        let mut tx = self.store.database.write().await?;
        let mut smartbox = boxes::find_of_org(&mut tx, self.org, id).await?.ok_or(Error::NotFound("box"))?;
        let before = configs::state(&mut tx, id).await?;
        let current = before.as_ref().map_or(0, |state| state.version);
        if if_version != current {
            return Err(Error::VersionMismatch { current });
        }
        let version = if new.is_some() { current + 1 } else { current };
        if let Some(new) = new {
            let row = (self.org, id, version);
            configs::insert(&mut tx, &self.store.sealer, row, new, (&event.actor, now)).await?;
        }
        if let Some(earlier) = before.and_then(|state| state.operation) {
            operation::finish(&mut tx, earlier, &Outcome::Superseded, now).await?;
        }
        // A box that failed is tried afresh: with what it had, it is not well.
        if smartbox.desired == Desired::Running && smartbox.last_error.is_some() {
            let change = IntentChange { bump_generation: true, ..IntentChange::to(Desired::Running) };
            smartbox = intent::write(&mut tx, self.org, id, change, None, now).await?;
            intent::forget_breaker(&mut tx, &mut smartbox).await?;
        }
        let operation = match operation {
            Some(new) => Some(operation::begin(&mut tx, &smartbox, new, now).await?),
            None => None,
        };
        let wanted = ConfigState {
            box_id: id,
            org: self.org,
            version,
            stage: Some(ConfigStage::Applying),
            since: now,
            operation: operation.as_ref().map(|operation| operation.id),
            failed_version: None,
            why: None,
            rendered: None,
        };
        configs::want(&mut tx, &wanted).await?;
        if new.is_none() {
            // Given again, whatever it was given before.
            sqlx::query("update config_states set rendered_version = null where box_id = $1")
                .bind(id.to_string())
                .execute(&mut *tx)
                .await?;
        }
        event::append(&mut tx, Some(self.org), Some(id), &event, now).await?;
        let state = configs::state(&mut tx, id).await?.ok_or(Error::NotFound("box"))?;
        tx.commit().await?;
        Ok((smartbox, state, operation))
    }
}
