//! What `fuzz/` reaches of the readers of foreign bytes. No part of the crate's interface.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue, Method};
use smartbox_core::Permission::{BoxesRead, BoxesTalk};
use smartbox_core::Role;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Semaphore;

use crate::line::{Asking, Line};
use crate::path;
use crate::policy::{Handshake, Policy};
use crate::relay::{scoped_cookie, without_platform_cookies};
use crate::routes::Grant;
use crate::tunnel::{self, Rules};
use crate::wire::Lines;
use crate::wire::request::{self, Scan};
use crate::wire::response::Head;

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

/// A request that was read without hyper, and what is left behind it.
#[derive(Debug)]
pub struct PlainRequest {
    /// Its head.
    pub head: http::request::Parts,
    /// Its body.
    pub body: Vec<u8>,
    /// What comes behind it.
    pub rest: Vec<u8>,
}

/// Reads a client's bytes as far as they come in pieces of these sizes; `None` where hyper is asked.
pub fn plain_request(bytes: &[u8], sizes: &[u8]) -> Option<PlainRequest> {
    let (mut scan, mut come) = (Scan::default(), 0);
    for piece in pieces(bytes, sizes) {
        come += piece.len();
        match request::read(&bytes[..come], &mut scan) {
            request::Read::More => {}
            request::Read::Other => return None,
            request::Read::Plain(plain) => {
                let end = plain.head_bytes.checked_add(usize::try_from(plain.body_bytes).ok()?)?;
                let body = bytes.get(plain.head_bytes..end)?.to_vec();
                return Some(PlainRequest { head: plain.head, body, rest: bytes[end..].to_vec() });
            }
        }
    }
    None
}

/// A gateway's answer as the edge reads it on a connection that it drives itself.
#[derive(Debug)]
pub struct GatewayAnswer {
    /// Its head.
    pub head: http::response::Parts,
    /// Its body, as far as it came.
    pub body: Vec<u8>,
    /// Whether that is all of it.
    pub is_whole: bool,
    /// Whether the connection is used again.
    pub is_kept: bool,
}

/// Asks with GET or HEAD, and reads these bytes as the answer; they come in pieces of these sizes and end. `None` where they
/// are no answer.
pub async fn gateway_answer(bytes: &[u8], sizes: &[u8], is_head: bool) -> Option<GatewayAnswer> {
    let come: VecDeque<Vec<u8>> = pieces(bytes, sizes).map(<[u8]>::to_vec).collect();
    let mut line = Line::new(Box::new(Scripted(come)));
    let method = if is_head { Method::HEAD } else { Method::GET };
    let (headers, body, timeout) = (Lines::with_capacity(0), Bytes::new(), Duration::from_secs(60));
    let asking = Asking { method: &method, target: "/", headers: &headers, body: &body, timeout };
    let Head { parts, mut framing, keeps } = line.ask(&asking, || ()).await.ok()?;
    let mut body = Vec::new();
    let is_whole = loop {
        match poll_fn(|cx| line.poll_body(cx, &mut framing)).await {
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            Ok(None) => break true,
            Err(_broken) => break false,
        }
    };
    Some(GatewayAnswer { head: parts, body, is_whole, is_kept: is_whole && keeps && line.is_free() })
}

/// A connection that takes everything and says what it has to say.
struct Scripted(VecDeque<Vec<u8>>);

impl AsyncRead for Scripted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(piece) = self.0.front_mut() {
            let rest = piece.split_off(piece.len().min(buf.remaining()));
            buf.put_slice(piece);
            *piece = rest;
            if piece.is_empty() {
                self.0.pop_front();
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Scripted {
    fn poll_write(self: Pin<&mut Self>, _cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
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
