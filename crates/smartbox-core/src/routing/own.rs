//! Telling an upstream that is this very platform from one that is not.

use std::net::{IpAddr, SocketAddr};

use super::BaseUrl;

/// Ports of whatever stands in front of a public host name.
const PUBLIC_PORTS: [u16; 2] = [80, 443];

/// Where this platform is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAddress {
    /// The address of its listener.
    pub listen: SocketAddr,
    /// Its public host names, in lower case.
    pub public_hosts: Vec<String>,
}

impl OwnAddress {
    /// Whether a request to `upstream` would come back here. What names alone do not show (another name of this machine,
    /// a proxy that leads here) is found by the edge when such a request arrives.
    pub fn is_reached_by(&self, upstream: &BaseUrl) -> bool {
        let is_own_port = upstream.port() == self.listen.port();
        if self.public_hosts.iter().any(|host| host == upstream.host()) {
            return is_own_port || PUBLIC_PORTS.contains(&upstream.port());
        }
        is_own_port && self.has(upstream.host())
    }

    fn has(&self, host: &str) -> bool {
        let own = self.listen.ip().to_canonical();
        let is_local = own.is_loopback() || own.is_unspecified();
        if host == "localhost" || host.ends_with(".localhost") {
            return is_local;
        }
        let Ok(address) = host.parse::<IpAddr>() else { return false };
        let address = address.to_canonical();
        // Connecting to the unspecified address means this machine.
        address == own
            || (is_local && address.is_unspecified())
            || (own.is_unspecified() && address.is_loopback())
    }
}
