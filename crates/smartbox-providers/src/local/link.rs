//! Connections to and inside boxes: sockets made in the box's network namespace.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream as StdStream};

use rustix::io::Errno;
use smartbox_core::BoxId;
use smartbox_provider::{BoxListener, BoxStream, Link, LinkError};
use tokio::net::{TcpListener, TcpSocket};

use super::LocalProvider;
use super::host::Doing;

/// Connections of one box that may wait to be accepted by a platform service.
const BACKLOG: u32 = 256;

#[async_trait::async_trait]
impl Link for LocalProvider {
    async fn dial(&self, id: BoxId, port: u16) -> Result<BoxStream, LinkError> {
        // Some microseconds: a file of the kernel, no disk.
        // A box that is copied from goes on in some milliseconds; the kernel takes the connection meanwhile.
        if self.host.cgroups.is_frozen(id) && self.host.what_is_done(id) != Some(Doing::Copying) {
            return Err(LinkError::Asleep);
        }
        let socket = self.socket_in(id).await?;
        let connected = socket.connect(loopback(port)).await;
        let stream = connected.map_err(|error| match error.kind() {
            io::ErrorKind::ConnectionRefused => LinkError::Refused { port },
            _ => LinkError::Io(error),
        })?;
        stream.set_nodelay(true).map_err(LinkError::Io)?;
        Ok(Box::new(stream))
    }

    async fn listen(&self, id: BoxId, port: u16) -> Result<Box<dyn BoxListener>, LinkError> {
        let socket = self.socket_in(id).await?;
        // A listener that was just dropped leaves connections in TIME_WAIT; they must not keep the port.
        socket.set_reuseaddr(true).map_err(LinkError::Io)?;
        let taken = |error: io::Error| match error.kind() {
            io::ErrorKind::AddrInUse => LinkError::PortTaken { port },
            _ => LinkError::Io(error),
        };
        socket.bind(loopback(port)).map_err(taken)?;
        let listener = socket.listen(BACKLOG).map_err(taken)?;
        Ok(Box::new(LocalListener { listener }))
    }
}

impl LocalProvider {
    async fn socket_in(&self, id: BoxId) -> Result<TcpSocket, LinkError> {
        let made = self.host.namespaces.socket(&self.host.paths.netns(id)).await;
        let socket = made.map_err(|error| match error.raw_os_error().map(Errno::from_raw_os_error) {
            // INVAL: the file is there, and no namespace is mounted on it (after a reboot).
            Some(Errno::NOENT | Errno::INVAL) => LinkError::NoBox,
            _ => LinkError::Io(error),
        })?;
        Ok(TcpSocket::from_std_stream(StdStream::from(socket)))
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

struct LocalListener {
    listener: TcpListener,
}

#[async_trait::async_trait]
impl BoxListener for LocalListener {
    async fn accept(&mut self) -> io::Result<BoxStream> {
        let (stream, _address) = self.listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}
