//! Wake a box before anybody asks for it.

use smartbox_core::{BoxId, Desired, OrgId};
use smartbox_store::{IntentChange, SystemActor};

use crate::{Control, Error};

/// Who writes the timeline lines.
const ACTOR: &str = "prewarm";

impl Control {
    /// Wants a box to run because it is about to be needed. It passes the one gate, and whatever stands against it is
    /// no error: the box is then woken by whoever needs it, or told to them as it is.
    ///
    /// Says whether it was asked for. A box that runs, is deleted or failed is left alone.
    ///
    /// # Errors
    /// The database fails.
    pub async fn prewarm(&self, id: BoxId, reason: &str) -> Result<bool, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let Some(smartbox) = fleet.find_box(id).await? else { return Ok(false) };
        let is_at_rest = matches!(smartbox.desired, Desired::Asleep | Desired::Stopped);
        if !is_at_rest || smartbox.breaker.open.is_some() {
            return Ok(false);
        }
        match self.wake_gate(&smartbox).await {
            Ok(()) => {}
            Err(Error::WakeRefused(_) | Error::HostFull { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
        let change = IntentChange::to(Desired::Running);
        let event = self.event(ACTOR, "box.prewarmed", reason, serde_json::json!({}));
        // Whoever changed it meanwhile wants something newer.
        match self.write_intent(&smartbox, change, Some(smartbox.version), None, event).await {
            Ok(_) => Ok(true),
            Err(Error::VersionMismatch | Error::NotFound(_) | Error::WakeRefused(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Somebody of the org signs in, and will look at its default box. Never stands in their way.
    pub(crate) async fn prewarm_for(&self, org: OrgId) {
        if !self.inner.limits.prewarm_on_sign_in {
            return;
        }
        let warmed = match self.inner.store.org(org).default_box().await {
            Ok(Some(smartbox)) => self.prewarm(smartbox.id, "somebody signed in").await.map(drop),
            Ok(None) => Ok(()),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = warmed {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a box could not be woken ahead of time"
            );
        }
    }
}
