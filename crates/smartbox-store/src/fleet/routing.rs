//! Routing flags: they belong to the platform, not to an org.

use jiff::Timestamp;
use smartbox_core::routing::RouteName;

use crate::event::{self, NewEvent};
use crate::routing::{self, RoutingChange, RoutingRow};
use crate::{Error, FleetStore};

impl FleetStore {
    /// Every routing flag, by name.
    pub async fn routing_flags(&self) -> Result<Vec<RoutingRow>, Error> {
        routing::list(&mut *self.store.database.read().await?).await
    }

    /// One routing flag.
    pub async fn routing_flag(&self, name: RouteName) -> Result<RoutingRow, Error> {
        routing::get(&mut *self.store.database.read().await?, name).await
    }

    /// Changes a routing flag and puts the event down, both or neither. The event's actor has changed it.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] when `if_version` is not its version any more.
    pub async fn change_routing_flag(
        &self,
        name: RouteName,
        change: RoutingChange,
        if_version: Option<i64>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<RoutingRow, Error> {
        let mut tx = self.store.database.write().await?;
        let before = routing::get(&mut tx, name).await?.flag;
        if if_version.is_some_and(|expected| expected != before.version) {
            return Err(Error::VersionMismatch { current: before.version });
        }
        routing::write(&mut tx, &before, change, &event.actor, now).await?;
        event::append(&mut tx, None, None, &event, now).await?;
        let after = routing::get(&mut tx, name).await?;
        tx.commit().await?;
        Ok(after)
    }

    /// Forgets which settings were applied last. The route itself stays as it is.
    pub async fn forget_routing_settings(&self, name: RouteName) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        routing::forget_settings(&mut tx, name).await?;
        Ok(tx.commit().await?)
    }
}
