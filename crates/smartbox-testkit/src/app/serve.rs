//! A real socket, for what needs one.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::TestApp;

/// A server on a loopback port. Dropping it closes the port and every connection.
pub struct Served {
    /// Where it listens.
    pub address: SocketAddr,
    _server: JoinSet<()>,
}

impl TestApp {
    /// Serves the platform on a free loopback port.
    ///
    /// # Panics
    /// When there is none.
    #[expect(clippy::expect_used, reason = "that is how a test fails")]
    pub async fn serve(&self) -> Served {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("the port has a number");
        let router = self.router.clone();
        let mut server = JoinSet::new();
        server.spawn(async move {
            // It ends with its set; an error would show itself in the test's requests.
            let _ = axum::serve(listener, router).await;
        });
        Served { address, _server: server }
    }
}
