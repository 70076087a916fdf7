//! Where connections come from.

use std::any::Any;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A connection: bytes both ways.
pub trait Duplex: Any + AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: Any + AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// The socket behind a connection, if it is nothing but one: its bytes need not pass through the program.
///
/// # Errors
/// It is something else, and is given back.
pub(crate) fn into_socket(stream: Box<dyn Duplex>) -> Result<TcpStream, Box<dyn Duplex>> {
    let any: &dyn Any = &*stream;
    if !any.is::<TcpStream>() {
        return Err(stream);
    }
    let any: Box<dyn Any> = stream;
    match any.downcast() {
        Ok(socket) => Ok(*socket),
        Err(_other) => unreachable!("its type was just looked at"),
    }
}

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
