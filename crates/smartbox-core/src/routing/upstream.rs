//! Where a request can go: this platform, or a server at a base URL.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

/// Longest DNS name (RFC 1035 §2.3.4, as text).
const HOST_BYTES_MAX: usize = 253;
/// Longest label of one.
const LABEL_BYTES_MAX: usize = 63;
/// How this platform is written.
const OWN: &str = "self";

/// Where the requests of one side go.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Upstream {
    /// This platform.
    Own,
    /// Another server. Shared, because every connection to it is remembered by it.
    Foreign(Arc<BaseUrl>),
}

/// Scheme, host and port of a server: `http://host:port` or `https://host`.
///
/// Nothing else of a URL: paths and queries are those of the requests, and credentials have no place in one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    is_tls: bool,
    /// Lower case, an IPv6 address without brackets.
    host: String,
    port: u16,
}

/// Why a text is no upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUpstream {
    /// Another scheme, or none.
    #[error("must be `self`, or begin with `http://` or `https://`")]
    Scheme,
    /// A user name or password.
    #[error("must not hold credentials")]
    Credentials,
    /// A path, query or fragment.
    #[error("must end with the host or its port: paths are those of the requests")]
    Path,
    /// No DNS name and no address.
    #[error("must name a host: a DNS name, an IPv4 address, or an IPv6 address in brackets")]
    Host,
    /// No port number.
    #[error("must name a port from 1 to 65535, or none")]
    Port,
}

impl BaseUrl {
    /// Whether TLS is spoken.
    pub const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The host to connect to and to find in a certificate.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port to connect to.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What stands in a `Host` header: the port only if it is not the scheme's.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == default_port(self.is_tls) { host } else { format!("{host}:{}", self.port) }
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.is_tls { "https" } else { "http" }, self.authority())
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str(OWN),
            Self::Foreign(base) => base.fmt(f),
        }
    }
}

impl FromStr for Upstream {
    type Err = BadUpstream;

    fn from_str(text: &str) -> Result<Self, BadUpstream> {
        if text == OWN { Ok(Self::Own) } else { Ok(Self::Foreign(Arc::new(text.parse()?))) }
    }
}

impl FromStr for BaseUrl {
    type Err = BadUpstream;

    fn from_str(text: &str) -> Result<Self, BadUpstream> {
        let (scheme, rest) = text.split_once("://").ok_or(BadUpstream::Scheme)?;
        let is_tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(BadUpstream::Scheme),
        };
        // The root alone is what browsers and people add.
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains('@') {
            return Err(BadUpstream::Credentials);
        }
        if authority.contains(['/', '\\', '?', '#']) {
            return Err(BadUpstream::Path);
        }
        let (host, port) = split_port(authority)?;
        Ok(Self { is_tls, host: parse_host(host)?, port: port.unwrap_or_else(|| default_port(is_tls)) })
    }
}

const fn default_port(is_tls: bool) -> u16 {
    if is_tls { 443 } else { 80 }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), BadUpstream> {
    // The colons within brackets are an address's own; a bracket that is never closed is no host.
    let end = match (authority.starts_with('['), authority.rfind(']')) {
        (true, None) => return Err(BadUpstream::Host),
        (_, bracket) => bracket.map_or(0, |bracket| bracket + 1),
    };
    let Some(colon) = authority[end..].find(':').map(|colon| colon + end) else {
        return Ok((authority, None));
    };
    let digits = &authority[colon + 1..];
    let port = digits.parse().ok().filter(|port| *port > 0 && digits.bytes().all(|b| b.is_ascii_digit()));
    Ok((&authority[..colon], Some(port.ok_or(BadUpstream::Port)?)))
}

fn parse_host(host: &str) -> Result<String, BadUpstream> {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').and_then(|address| address.parse::<Ipv6Addr>().ok());
        return address.map(|address| IpAddr::from(address).to_string()).ok_or(BadUpstream::Host);
    }
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Ok(address.to_string());
    }
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let fits = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    // Resolvers read `127.1`, `2130706433` and `0x7f.1` as addresses. No top-level domain begins with a digit.
    let is_address_in_disguise =
        name.rsplit('.').next().is_some_and(|label| label.starts_with(|c: char| c.is_ascii_digit()));
    if name.len() > HOST_BYTES_MAX || !name.split('.').all(fits) || is_address_in_disguise {
        return Err(BadUpstream::Host);
    }
    Ok(name)
}
