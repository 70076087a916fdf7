//! The edge reaches gateways over the provider's link.

use std::io;
use std::sync::Arc;

use smartbox_core::BoxId;
use smartbox_edge::ports::{Dial, Duplex};
use smartbox_provider::{Link, LinkError};

/// Dials over a [`Link`].
pub(crate) struct LinkDial(pub(crate) Arc<dyn Link>);

#[async_trait::async_trait]
impl Dial for LinkDial {
    async fn dial(&self, id: BoxId, port: u16) -> io::Result<Box<dyn Duplex>> {
        let stream = self.0.dial(id, port).await.map_err(|error| match error {
            LinkError::Io(error) => error,
            LinkError::Refused { .. } | LinkError::NoBox => {
                io::Error::new(io::ErrorKind::ConnectionRefused, error)
            }
            LinkError::PortTaken { .. } => io::Error::other(error),
        })?;
        Ok(Box::new(stream))
    }
}
