//! Channels and jobs of a box: off in a clone until somebody confirms that they may run.

use smartbox_core::{Desired, Permission};
use smartbox_store::OperationKind;

use super::Intended;
use crate::{Control, Error, Op};

impl Control {
    /// Lets the channels of a box, and the jobs that its gateway begins by itself, run or not. It takes a new incarnation; a box that sleeps
    /// or is stopped begins it when it is needed.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is so already, or the box is being deleted or upgraded; [`Error::VersionMismatch`].
    pub async fn set_channels(
        &self,
        op: &Op,
        reference: &str,
        are_on: bool,
        if_version: Option<i64>,
    ) -> Result<Intended, Error> {
        let smartbox = self.resolve(op, Permission::BoxesManage, reference).await?;
        if smartbox.desired == Desired::Deleted {
            return Err(smartbox_core::wake::WakeRefusal::Deleted.into());
        }
        crate::upgrades::require_none(&smartbox)?;
        if smartbox.is_quiet != are_on {
            return Err(Error::Conflict {
                what: format!("its channels are {} already", if are_on { "on" } else { "off" }),
                remedy: "there is nothing to do".to_owned(),
            });
        }
        let (action, reason) = if are_on {
            ("box.channels-on", "its channels and jobs run from its next start on")
        } else {
            ("box.channels-off", "neither channels nor jobs run from its next start on")
        };
        let event = self.event_by(op, action, reason);
        let operation = self.new_operation(OperationKind::Restart);
        let now = self.inner.clock.now();
        let org = self.inner.store.org(smartbox.org);
        let written = org.set_quiet(smartbox.id, !are_on, if_version, (operation, event), now).await?;
        self.inner.uses.call(smartbox.id);
        self.inner.changes.intent(smartbox.id);
        Ok(Intended { smartbox: written.0, operation: written.1 })
    }
}
