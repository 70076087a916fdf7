//! Where connections come from.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

/// A connection: bytes both ways.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Accepts the connections that programs of one box make to the platform's services.
///
/// The port of this crate: the composition root adapts the listeners of its provider to it.
#[async_trait::async_trait]
pub trait Accept: Send {
    /// Waits for the next connection. An error is taken as passing until it repeats.
    async fn accept(&mut self) -> io::Result<Box<dyn Duplex>>;
}

#[async_trait::async_trait]
impl<A: Accept + ?Sized> Accept for &mut A {
    async fn accept(&mut self) -> io::Result<Box<dyn Duplex>> {
        (**self).accept().await
    }
}
