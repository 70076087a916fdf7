//! What the forward proxy tells of a box.

use smartbox_core::BoxId;
use smartbox_store::{EventOutcome, NewEvent, SystemActor};

use crate::{Control, Error};

/// Who acts here.
const ACTOR: &str = "egress";

impl Control {
    /// Puts a refused request of a box into its timeline. How many there can be is bounded by whoever calls this.
    pub async fn note_egress_refused(
        &self,
        id: BoxId,
        target: &str,
        reason: &str,
        message: &str,
    ) -> Result<(), Error> {
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        // A box that is gone has nobody to tell.
        let Some(smartbox) = fleet.find_box(id).await? else { return Ok(()) };
        let detail = serde_json::json!({ "target": target, "reason": reason });
        let event = NewEvent {
            outcome: EventOutcome::Refused,
            ..self.event(ACTOR, "egress.refused", &format!("{target} was not reached: {message}"), detail)
        };
        Ok(fleet.append_event(Some(smartbox.org), Some(id), event, self.inner.clock.now()).await?)
    }
}
