//! What `fuzz/` reaches of the readers of foreign bytes. No part of the crate's interface.

use std::sync::Arc;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use smartbox_core::Permission::{BoxesRead, BoxesTalk};
use smartbox_core::Role;
use tokio::sync::Semaphore;

use crate::path;
use crate::policy::{Handshake, Policy};
use crate::relay::{scoped_cookie, without_platform_cookies};
use crate::routes::Grant;
use crate::tunnel::{self, Rules};

/// The one method that [`inspect`] lets its caller use after the handshake.
pub const ALLOWED_METHOD: &str = "health";
/// The one scope that [`inspect`] grants.
pub const GRANTED_SCOPE: &str = "read";
/// The cookie that [`cookies`] and [`set_cookie`] keep from boxes.
pub const PLATFORM_COOKIE: &str = "smartbox_session";

/// What came of a client's frames.
#[derive(Debug, PartialEq, Eq)]
pub struct Inspected {
    /// For the gateway.
    pub relayed: Vec<u8>,
    /// The edge's own messages.
    pub answers: Vec<String>,
    /// The close code, if the socket is closed.
    pub close_code: Option<u16>,
}

/// Lets a viewer send these bytes over a socket, in pieces of these sizes again and again.
pub fn inspect(bytes: &[u8], sizes: &[u8]) -> Inspected {
    let handshake = Handshake { method: "connect", kept_auth: &[], signed_auth: &[] };
    let policy = Policy::new(handshake, &[(BoxesRead, &[ALLOWED_METHOD]), (BoxesTalk, &["chat.send"])], &[]);
    let rules = Rules {
        policy: Arc::new(policy),
        may: Role::Viewer.permissions(),
        grant: Grant { headers: Vec::new(), role: "operator", scopes: &[GRANTED_SCOPE] },
        first_bytes_max: 1000,
        bytes_max: 200_000,
        memory: Arc::new(Semaphore::new(2)),
    };
    let (relayed, answers, close_code) = tunnel::inspect_pieces(rules, pieces(bytes, sizes));
    Inspected { relayed, answers, close_code }
}

/// Behind which bytes of a gateway's frames the edge could say something: places it saw when they came in these pieces.
pub fn places(bytes: &[u8], sizes: &[u8]) -> (Vec<usize>, bool) {
    tunnel::places_in_pieces(pieces(bytes, sizes))
}

fn pieces<'a>(bytes: &'a [u8], sizes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut sizes = sizes.iter().cycle();
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let size = sizes.next().map_or(rest.len(), |size| usize::from(*size).max(1)).min(rest.len());
        let (piece, more) = rest.split_at(size);
        rest = more;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The one way to read a path; `None` if there are several.
pub fn plain_path(path: &str) -> Option<String> {
    path::plain(path).ok()
}

/// Whether a query is let through.
pub fn is_clean_query(query: &str) -> bool {
    path::refuse_credentials(Some(query)).is_ok()
}

/// What a box sees of these `Cookie` headers.
pub fn cookies(values: &[&[u8]]) -> Option<Vec<u8>> {
    let mut headers = HeaderMap::new();
    for value in values.iter().filter_map(|value| HeaderValue::from_bytes(value).ok()) {
        headers.append(COOKIE, value);
    }
    let seen = without_platform_cookies(&headers, &[PLATFORM_COOKIE.to_owned()])?;
    Some(seen.as_bytes().to_vec())
}

/// What a browser sees of a box's `Set-Cookie`.
pub fn set_cookie(value: &[u8], prefix: &str) -> Option<Vec<u8>> {
    let value = HeaderValue::from_bytes(value).ok()?;
    let set = scoped_cookie(&value, &[PLATFORM_COOKIE.to_owned()], prefix)?;
    Some(set.as_bytes().to_vec())
}
