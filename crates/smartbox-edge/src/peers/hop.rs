//! What one platform tells another about a request that it passes on, in one sealed header.
//!
//! `1 {milliseconds since 1970} {client} {address it came to} {scheme} {request id} {seal}`. The seal is over all of that, and over
//! method, target and host, so it is good for this request, and for a minute.

use std::fmt::Write as _;
use std::net::SocketAddr;

use http::header::HOST;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;

use crate::config::Scheme;
use crate::ports::{SEAL_BYTES, Seal};

/// The header. Clients cannot set it: it is read where platforms come in, and nowhere else.
pub(crate) const HOP: HeaderName = HeaderName::from_static("x-smartbox-hop");
/// The clocks of two platforms may differ by so much.
const AGE_MS_MAX: u64 = 60_000;
/// Longest request id.
const ID_BYTES_MAX: usize = 128;

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hop {
    /// Who asks.
    pub(crate) client: SocketAddr,
    /// The address to which they came.
    pub(crate) local: SocketAddr,
    /// How.
    pub(crate) scheme: Scheme,
    /// The id of the request.
    pub(crate) id: String,
}

impl Hop {
    /// The header of a request with this head.
    pub(crate) fn seal(&self, seal: &dyn Seal, head: &Parts, now: Timestamp) -> Option<HeaderValue> {
        let Self { client, local, scheme, id } = self;
        let told = format!("1 {} {client} {local} {} {id}", now.as_millisecond(), scheme.as_str());
        let mac = hex(&seal.seal(text(&told, head).as_bytes()));
        HeaderValue::try_from(format!("{told} {mac}")).ok()
    }

    /// What the header of a request says, if a platform has sealed it for this very request within the last minute.
    pub(crate) fn open(seal: &dyn Seal, head: &Parts, now: Timestamp) -> Option<Self> {
        let mut values = head.headers.get_all(HOP).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let (told, mac) = value.to_str().ok()?.rsplit_once(' ')?;
        if !seal.is_sealed(text(told, head).as_bytes(), &unhex(mac)?) {
            return None;
        }
        let mut words = told.split(' ');
        let mut word = || words.next();
        let (version, at, client, local, scheme, id) = (word()?, word()?, word()?, word()?, word()?, word()?);
        let scheme = match scheme {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let age = now.as_millisecond().abs_diff(at.parse().ok()?);
        let is_good =
            version == "1" && age <= AGE_MS_MAX && id.len() <= ID_BYTES_MAX && words.next().is_none();
        is_good.then_some(Self {
            client: client.parse().ok()?,
            local: local.parse().ok()?,
            scheme,
            id: id.to_owned(),
        })
    }
}

/// What is sealed. No part of it can hold a line break.
fn text(told: &str, head: &Parts) -> String {
    let host = head.headers.get(HOST).map(HeaderValue::as_bytes).unwrap_or_default();
    let target = head.uri.path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default();
    format!("smartbox-hop\n{told}\n{}\n{target}\n{}", head.method, String::from_utf8_lossy(host))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<[u8; SEAL_BYTES]> {
    let mut bytes = [0; SEAL_BYTES];
    if text.len() != SEAL_BYTES * 2 || !text.is_ascii() {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
