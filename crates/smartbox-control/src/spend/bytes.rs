//! Bytes of boxes that have a limit on them: set aside in chunks before they move.

use smartbox_core::BoxId;
use smartbox_core::ledger::Ask;
use smartbox_store::SystemActor;

use super::{ACTOR, SpendRefused, refused};
use crate::{Control, Error};

impl Control {
    /// Sets the next bytes aside for the traffic of a box, beside those that are already: how many; `None` where nothing limits
    /// them. What [`Control::record_egress_usage`] records is taken off.
    ///
    /// # Errors
    /// [`SpendRefused::Over`] when nothing is left, [`SpendRefused::Unavailable`] when the database does not answer.
    pub async fn set_bytes_aside(&self, id: BoxId) -> Result<Option<u64>, SpendRefused> {
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        match fleet.set_bytes_aside(id, self.inner.clock.now()).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(block)) => Err(refused(&block, &Ask { bytes: 1, ..Ask::default() })),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "no bytes could be set aside");
                Err(SpendRefused::Unavailable)
            }
        }
    }

    /// Gives back what is set aside for the traffic of a box, all but this many bytes.
    pub async fn give_bytes_back(&self, id: BoxId, kept: u64) -> Result<(), Error> {
        Ok(self.inner.store.fleet(SystemActor::new(ACTOR)).give_bytes_back(id, kept).await?)
    }

    /// Gives back what a platform that has ended has left set aside. To be called once, before boxes are served.
    pub async fn give_all_bytes_back(&self) -> Result<(), Error> {
        let boxes = self.inner.store.fleet(SystemActor::new(ACTOR)).give_all_bytes_back().await?;
        if boxes > 0 {
            tracing::info!(boxes, "bytes that the last platform had set aside are free again");
        }
        Ok(())
    }
}
