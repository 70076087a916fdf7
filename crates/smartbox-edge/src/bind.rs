//! Opening the listener, and saying who holds the port when it is taken.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::tls::Tls;

mod port_owner;

/// A bound listener. Nothing is accepted before [`crate::Edge::serve`].
#[derive(Debug)]
pub struct EdgeListener {
    pub(crate) socket: TcpListener,
    pub(crate) tls: Option<Tls>,
    address: SocketAddr,
}

/// Why the listener cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program has the port.
    #[error("{address} is taken{}", by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default())]
    Taken {
        /// The wanted address.
        address: SocketAddr,
        /// Name and process id of the program, if they can be found.
        by: Option<String>,
    },
    /// Ports below 1024 need root.
    #[error("{address} needs root")]
    Forbidden {
        /// The wanted address.
        address: SocketAddr,
    },
    /// Anything else, such as an address that this machine does not have.
    #[error("cannot listen on {address}")]
    Other {
        /// The wanted address.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl EdgeListener {
    /// Listens on `address`; port 0 takes any free one.
    ///
    /// # Errors
    /// See [`BindError`].
    pub async fn bind(address: SocketAddr) -> Result<Self, BindError> {
        let other = |source| BindError::Other { address, source };
        match TcpListener::bind(address).await {
            Ok(socket) => {
                let address = socket.local_addr().map_err(other)?;
                Ok(Self { socket, tls: None, address })
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                let search = tokio::task::spawn_blocking(move || port_owner::find(address.port()));
                Err(BindError::Taken { address, by: search.await.ok().flatten() })
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err(BindError::Forbidden { address })
            }
            Err(error) => Err(other(error)),
        }
    }

    /// Speaks TLS, and nothing in clear text.
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// The address with the port that was chosen.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }
}
