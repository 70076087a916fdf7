//! Hosts that boxes ask for, and patterns of them. One spelling each: what could be read in two ways is refused.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Longest DNS name (RFC 1035 §2.3.4, as text).
const NAME_BYTES_MAX: usize = 253;
/// Longest label of one.
const LABEL_BYTES_MAX: usize = 63;

/// A host: a name in lower case without the dot at its end, or an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A DNS name.
    Name(String),
    /// An address in its usual spelling.
    Address(IpAddr),
}

/// Why a text is no target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// `user@host`.
    #[error("it holds credentials, which are not for a proxy")]
    Credentials,
    /// Neither a name nor an address.
    #[error("its host is neither a name in ASCII nor an address (write an international name as `xn--…`)")]
    Host,
    /// `2130706433`, `0x7f.1`, `0177.0.0.1`, `127.1`.
    #[error(
        "its host is an address in an unusual spelling (write it as four numbers, or as IPv6 in brackets)"
    )]
    Disguised,
    /// No port, or none of 1 to 65535.
    #[error("its port is missing or none of 1 to 65535")]
    Port,
}

impl Host {
    /// The host of a URL's authority: IPv6 in brackets.
    ///
    /// # Errors
    /// It is none, or has more than one reading.
    pub fn parse(text: &str) -> Result<Self, BadTarget> {
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or(BadTarget::Host)?;
            return inner
                .parse::<Ipv6Addr>()
                .map(|address| Self::Address(address.into()))
                .map_err(|_no_address| BadTarget::Host);
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let fits = |label: &str| {
            (1..=LABEL_BYTES_MAX).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if name.len() > NAME_BYTES_MAX || !name.split('.').all(fits) {
            return Err(BadTarget::Host);
        }
        // Resolvers read numbers as addresses, in decimal, octal and hexadecimal. No top-level domain begins with a digit.
        if name.rsplit('.').next().is_some_and(|label| label.starts_with(|c: char| c.is_ascii_digit())) {
            return Err(BadTarget::Disguised);
        }
        Ok(Self::Name(name))
    }

    /// Host and port as in `CONNECT host:port` or in a URL; without a port the default, if there is one.
    ///
    /// # Errors
    /// It is none, or has more than one reading.
    pub fn parse_authority(text: &str, default_port: Option<u16>) -> Result<(Self, u16), BadTarget> {
        if text.contains('@') {
            return Err(BadTarget::Credentials);
        }
        // The colons within brackets are an address's own.
        let end = match (text.starts_with('['), text.rfind(']')) {
            (true, None) => return Err(BadTarget::Host),
            (true, Some(bracket)) => bracket + 1,
            (false, _) => text.find(':').unwrap_or(text.len()),
        };
        let (host, port) = (&text[..end], &text[end..]);
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => default_port,
            None => return Err(BadTarget::Host),
            Some(digits) if (1..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().ok().filter(|port| *port > 0)
            }
            Some(_) => None,
        };
        Ok((Self::parse(host)?, port.ok_or(BadTarget::Port)?))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Which hosts a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPattern {
    /// `*`: every host.
    Any,
    /// `*.example.com`: every name below `example.com`, not `example.com` itself.
    Below(String),
    /// This host.
    Exactly(Host),
}

impl HostPattern {
    /// Whether this is about the host.
    pub fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Exactly(wanted), host) => wanted == host,
            (Self::Below(domain), Host::Name(name)) => {
                name.strip_suffix(domain.as_str()).is_some_and(|front| front.ends_with('.'))
            }
            (Self::Below(_), Host::Address(_)) => false,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Below(domain) => write!(f, "*.{domain}"),
            Self::Exactly(host) => host.fmt(f),
        }
    }
}

impl FromStr for HostPattern {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        if text == "*" {
            return Ok(Self::Any);
        }
        match text.strip_prefix("*.") {
            None => Host::parse(text).map(Self::Exactly),
            Some(domain) => match Host::parse(domain)? {
                Host::Name(domain) => Ok(Self::Below(domain)),
                Host::Address(_) => Err(BadTarget::Host),
            },
        }
    }
}
