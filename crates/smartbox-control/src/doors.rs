//! Port: the platform's services inside a box (`127.0.0.1:40001`, and the forward proxy at `127.0.0.1:3128`).

use smartbox_core::BoxId;

use crate::WorkSeen;

/// Opens and closes the platform's services on a box's loopback. Implemented by the composition root over egress.
#[async_trait::async_trait]
pub trait Doors: Send + Sync {
    /// Makes the services answer inside the box. Asking twice is asking once.
    ///
    /// # Errors
    /// A text for the box's timeline, when a port cannot be opened.
    async fn ensure_open(&self, id: BoxId) -> Result<(), String>;

    /// Closes them, if they are open.
    fn close(&self, id: BoxId);

    /// What the box asks of them.
    fn work(&self, id: BoxId) -> WorkSeen;
}
