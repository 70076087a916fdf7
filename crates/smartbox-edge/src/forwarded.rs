//! Which client is behind a connection: the peer itself, or whoever trusted proxies say.
//!
//! Each proxy appends to `X-Forwarded-For` whom it got the request from, so the list is read from its end: an entry counts
//! as long as the one who wrote it is trusted. Whatever a client put in front is never reached.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

use crate::config::Scheme;
use crate::names::{X_FORWARDED_FOR, X_FORWARDED_PROTO};

/// Most entries that are looked at. Nobody has more proxies in a row.
const HOPS_MAX: usize = 32;

/// Who asks, and how they reached the first of the trusted proxies, if one says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) scheme: Option<Scheme>,
}

/// Whether an address is one of a trusted proxy. Loopback is not, unless it is listed.
pub(crate) fn is_trusted(trusted: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|network| network.contains(&address))
}

/// The client behind `peer`. What a peer says that is not trusted does not count.
pub(crate) fn client(trusted: &[IpNet], peer: SocketAddr, headers: &HeaderMap) -> Client {
    if !is_trusted(trusted, peer.ip()) {
        return Client { address: peer, scheme: None };
    }
    let found = walk(trusted, peer.ip(), headers);
    // The port of a client is not told; the proxy's own would be a lie.
    let address = if found == peer.ip() { peer } else { SocketAddr::new(found, 0) };
    Client { address, scheme: scheme(headers) }
}

fn walk(trusted: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let lines: Vec<_> = headers.get_all(X_FORWARDED_FOR).iter().collect();
    let entries = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    let mut found = peer;
    for entry in entries.take(HOPS_MAX) {
        // Something that is no address: whoever wrote it is the last who is known.
        let Some(address) = address(entry) else { break };
        found = address;
        if !is_trusted(trusted, address) {
            break;
        }
    }
    found
}

/// An address, in brackets or with a port as some proxies write it.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address =
        bare.parse().or_else(|_no_address| text.parse().map(|with_port: SocketAddr| with_port.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// One word that is a scheme; a list or anything else says nothing.
fn scheme(headers: &HeaderMap) -> Option<Scheme> {
    let mut said = headers.get_all(X_FORWARDED_PROTO).iter();
    let (Some(only), None) = (said.next(), said.next()) else { return None };
    match only.as_bytes() {
        word if word.eq_ignore_ascii_case(b"https") => Some(Scheme::Https),
        word if word.eq_ignore_ascii_case(b"http") => Some(Scheme::Http),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
