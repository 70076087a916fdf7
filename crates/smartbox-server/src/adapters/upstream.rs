//! Connections to other servers that a routing flag names.

use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::ConfigVerifierExt;
use smartbox_core::routing::BaseUrl;
use smartbox_edge::ports::Duplex;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// What is spoken over TLS (RFC 7301).
const ALPN: &[u8] = b"http/1.1";

/// Connects, over TLS where the address says so.
pub(crate) struct UpstreamDial {
    tls: TlsConnector,
}

impl UpstreamDial {
    /// Believes the certificate authorities of this machine. The process's crypto provider must be installed.
    ///
    /// # Errors
    /// The machine's certificates cannot be used.
    pub(crate) fn new() -> Result<Self, rustls::Error> {
        Ok(Self::with(ClientConfig::with_platform_verifier()?))
    }

    fn with(mut config: ClientConfig) -> Self {
        config.alpn_protocols = vec![ALPN.to_vec()];
        Self { tls: TlsConnector::from(Arc::new(config)) }
    }

    /// Connects. How long that may take is for the edge to say.
    pub(crate) async fn dial(&self, upstream: &BaseUrl) -> io::Result<Box<dyn Duplex>> {
        let stream = TcpStream::connect((upstream.host(), upstream.port())).await?;
        // Small frames of a chat must not wait for each other.
        stream.set_nodelay(true)?;
        if !upstream.is_tls() {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(upstream.host().to_owned())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        Ok(Box::new(self.tls.connect(name, stream).await?))
    }
}

#[cfg(test)]
mod tests;
