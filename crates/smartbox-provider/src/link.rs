//! Connections to a box and from it, on its loopback.

use std::any::Any;

use smartbox_core::BoxId;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::LinkError;

/// A connection: bytes both ways. What it really is can be asked: the bytes of a plain socket may stay in the kernel.
pub trait Duplex: Any + AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: Any + AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection to a port of a box.
pub type BoxStream = Box<dyn Duplex>;

/// Accepts connections that programs of one box make to a platform service on their loopback.
///
/// Who connects is known by the listener: it exists in that box's network only.
#[async_trait::async_trait]
pub trait BoxListener: Send {
    /// Waits for the next connection.
    async fn accept(&mut self) -> std::io::Result<BoxStream>;
}

/// Opens connections to and inside boxes.
#[async_trait::async_trait]
pub trait Link: Send + Sync {
    /// Connects to `127.0.0.1:port` of the box.
    ///
    /// A box that sleeps is [`LinkError::Asleep`] at once. One that falls asleep afterwards keeps its connections,
    /// and they are silent until it wakes.
    async fn dial(&self, id: BoxId, port: u16) -> Result<BoxStream, LinkError>;

    /// Listens on `127.0.0.1:port` of the box on behalf of the platform. Dropping the listener closes the port.
    async fn listen(&self, id: BoxId, port: u16) -> Result<Box<dyn BoxListener>, LinkError>;
}
