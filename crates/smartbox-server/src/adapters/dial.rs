//! The edge reaches gateways over the provider's link, and other upstreams over the network.

use std::io;
use std::sync::Arc;

use smartbox_core::BoxId;
use smartbox_core::routing::BaseUrl;
use smartbox_edge::ports::{Dial, Duplex};
use smartbox_provider::{Link, LinkError};

use super::upstream::UpstreamDial;

/// Dials over a [`Link`], or out.
pub(crate) struct EdgeDial {
    /// Towards boxes.
    pub(crate) link: Arc<dyn Link>,
    /// Towards other servers.
    pub(crate) upstreams: UpstreamDial,
}

#[async_trait::async_trait]
impl Dial for EdgeDial {
    async fn dial(&self, id: BoxId, port: u16) -> io::Result<Box<dyn Duplex>> {
        let stream = self.link.dial(id, port).await.map_err(|error| match error {
            LinkError::Io(error) => error,
            LinkError::Refused { .. } | LinkError::NoBox | LinkError::Asleep => {
                io::Error::new(io::ErrorKind::ConnectionRefused, error)
            }
            LinkError::PortTaken { .. } => io::Error::other(error),
        })?;
        Ok(Box::new(stream))
    }

    async fn dial_upstream(&self, upstream: &BaseUrl) -> io::Result<Box<dyn Duplex>> {
        self.upstreams.dial(upstream).await
    }
}
