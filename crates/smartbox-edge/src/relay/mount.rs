//! A page of a gateway that is served under a prefix learns its base.

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LAST_MODIFIED};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;

use super::Inquiry;
use super::request::accepts_html;
use crate::body::{Body, full, resumed};
use crate::ports::MountPage;

/// Larger pages are passed on as they are. The Control UI's is 18 KB.
const PAGE_BYTES_MAX: usize = 1024 * 1024;

/// Rewrites a page with `mount`, if it is one.
pub(crate) async fn remount(
    inquiry: &Inquiry<'_>,
    mount: MountPage,
    response: Response<Body>,
) -> Response<Body> {
    let can_hold_page = response.status() == StatusCode::OK && is_html(response.headers());
    if !can_hold_page || !inquiry.target.is_mounted() || !accepts_html(&inquiry.head.headers) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    if body.is_end_stream() {
        // The answer to a HEAD request: how long the page will be is not known.
        head.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(head, body);
    }
    let (page, rest) = match collect(body).await {
        Ok(collected) => collected,
        // The client sees the same broken body as without us.
        Err(broken) => return Response::from_parts(head, broken),
    };
    let whole = if rest.is_none() { std::str::from_utf8(&page).ok() } else { None };
    let mounted = whole.and_then(|page| mount(page, &inquiry.target.prefix));
    let Some(mounted) = mounted else {
        let body = match rest {
            Some(rest) => resumed(page, rest),
            None => full(page),
        };
        return Response::from_parts(head, body);
    };
    // These belong to the page as the gateway has it.
    head.headers.remove(ETAG);
    head.headers.remove(LAST_MODIFIED);
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(mounted.len()));
    Response::from_parts(head, full(mounted))
}

/// Reads a page; with the rest of the body if it is too large.
async fn collect(mut body: Body) -> Result<(Bytes, Option<Body>), Body> {
    let mut page = BytesMut::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => page.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Err(error) => return Err(resumed(page.freeze(), crate::body::failed(error))),
        }
        if page.len() > PAGE_BYTES_MAX {
            return Ok((page.freeze(), Some(body)));
        }
    }
    Ok((page.freeze(), None))
}

fn is_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html")) && !headers.contains_key(CONTENT_ENCODING)
}
