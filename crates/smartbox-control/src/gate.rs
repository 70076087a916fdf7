//! The one way to wake a box: collects the facts and asks [`smartbox_core::wake::may_wake`].

use smartbox_core::wake::{WakeFacts, may_wake};
use smartbox_store::{Smartbox, SystemActor};

use crate::{Control, Error};

impl Control {
    /// Whether `smartbox` may run now. Everything that starts a box asks here first.
    pub(crate) async fn wake_gate(&self, smartbox: &Smartbox) -> Result<(), Error> {
        self.require_no_maintenance().await?;
        let fleet = self.inner.store.fleet(SystemActor::new("wake gate"));
        let tier = fleet.tier(&smartbox.tier).await?.ok_or(Error::NotFound("tier"))?;
        let tier_running = fleet.running_in_tier(&smartbox.tier, Some(smartbox.id)).await?;
        let holds = self.inner.store.org(smartbox.org).wake_holds().await?;
        let own = self.inner.store.org(smartbox.org).box_hold(smartbox.id).await?;
        let holds: Vec<_> = holds.into_iter().chain(own).map(|hold| hold.kind).collect();
        may_wake(&WakeFacts {
            desired: smartbox.desired,
            is_outdated: self.too_old(&smartbox.runtime_version).is_some(),
            holds: &holds,
            tier_running,
            tier_boxes_max: tier.boxes_max,
        })?;
        self.require_room(smartbox, &tier).await
    }
}
