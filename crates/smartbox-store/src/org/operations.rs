//! Taking back what somebody wanted, while it is under way.

use jiff::Timestamp;
use smartbox_core::{Desired, OperationId};

use super::{OrgStore, intent};
use crate::event::{self, NewEvent};
use crate::operation::{self, Operation, Outcome};
use crate::smartbox::{IntentChange, Smartbox};
use crate::{Error, boxes};

impl OrgStore {
    /// Ends an operation as cancelled and wants its box to be as `back` says, all or nothing. `None`: it has ended meanwhile, or somebody
    /// wants something else.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::TierFull`] when the box should run and every place of its tier is taken.
    pub async fn cancel_operation(
        &self,
        id: OperationId,
        back: Desired,
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
        if open.finished_at.is_some() || !is_wanted {
            return Ok(None);
        }
        operation::finish(&mut tx, id, &Outcome::Cancelled, now).await?;
        let change = IntentChange::to(back);
        let smartbox = intent::write(&mut tx, self.org, open.box_id, change, None, now).await?;
        event::append(&mut tx, Some(self.org), Some(open.box_id), &event, now).await?;
        let ended = operation::find(&mut tx, id).await?.ok_or(Error::NotFound("operation"))?;
        tx.commit().await?;
        Ok(Some((smartbox, ended)))
    }
}
