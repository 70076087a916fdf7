//! Documents of a gateway: pages that a browser would run in the platform's own origin.
//!
//! Everything under one host shares the session cookie. The Control UI is the one document that may use it; it comes
//! with a policy that lets no foreign script in, and learns under which prefix it is served. Every other document may
//! hold whatever an agent wrote, and is put into a sandbox where it has no origin.

use bytes::{Bytes, BytesMut};
use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LAST_MODIFIED,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;
use smartbox_core::{Principal, Who};

use super::Inquiry;
use crate::body::{Body, failed, full, resumed};
use crate::ports::MountPage;

/// Larger documents are not the Control UI's, which has 18 KB.
const PAGE_BYTES_MAX: usize = 1024 * 1024;
/// The platform's script that shows support access.
const BANNER: &str = r#"<script src="/_smartbox/support/banner.js" defer></script>"#;
/// A browser runs the document without an origin: no cookies, no storage, no requests with the person's session.
const SANDBOX: &str = "sandbox allow-scripts allow-forms allow-popups allow-modals";
/// Stands for a prefix where only the question counts whether a page is the Control UI's.
const ANY_PREFIX: &str = "/b/any";
/// Sources of scripts that let in more than the gateway's own files.
const LOOSE_SOURCES: [&str; 7] =
    ["'unsafe-inline'", "'unsafe-eval'", "*", "data:", "blob:", "http:", "https:"];

/// Makes a response safe to open in the platform's origin, tells the Control UI its prefix, and has it show support access.
pub(crate) async fn secure(
    inquiry: &Inquiry<'_>,
    mount: MountPage,
    response: Response<Body>,
) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    head.headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !is_document(&head.headers) {
        return Response::from_parts(head, body);
    }
    if head.status != StatusCode::OK || !can_be_control_ui(&head.headers) {
        sandbox(&mut head.headers);
        return Response::from_parts(head, body);
    }
    if body.is_end_stream() {
        // The answer to a HEAD request: how long the page will be is not known.
        head.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(head, body);
    }
    let (page, rest) = collect(body).await;
    let prefix = if inquiry.target.is_mounted() { &inquiry.target.prefix } else { ANY_PREFIX };
    let whole = if rest.is_none() { std::str::from_utf8(&page).ok() } else { None };
    let Some(mounted) = whole.and_then(|page| mount(page, prefix)) else {
        sandbox(&mut head.headers);
        let body = match rest {
            Some(rest) => resumed(page, rest),
            None => full(page),
        };
        return Response::from_parts(head, body);
    };
    let document = if inquiry.target.is_mounted() { mounted } else { whole.unwrap_or_default().to_owned() };
    let shown = if shows_support(inquiry) { with_banner(&document) } else { None };
    if shown.is_none() && !inquiry.target.is_mounted() {
        return Response::from_parts(head, full(page));
    }
    let document = shown.unwrap_or(document);
    // These belong to the page as the gateway has it.
    head.headers.remove(ETAG);
    head.headers.remove(LAST_MODIFIED);
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(document.len()));
    Response::from_parts(head, full(document))
}

/// Whether the page may have to show that somebody acts in somebody's name: to people, and beside the platform's own pages, where the
/// API can be asked.
fn shows_support(inquiry: &Inquiry<'_>) -> bool {
    let is_for_people =
        matches!(inquiry.principal, Principal::Member { who: Who::User(_) | Who::Support(_), .. });
    is_for_people && inquiry.asked.addressed.label.is_none()
}

/// Adds the platform's script. The page's policy lets in scripts of its own origin, or the script does not run.
fn with_banner(page: &str) -> Option<String> {
    let (before, after) = page.split_once("</head>")?;
    Some(format!("{before}{BANNER}</head>{after}"))
}

/// The same for a page of another server. Its Control UI knows its prefix already; nothing is read.
pub(crate) fn secure_foreign(mut response: Response<Body>) -> Response<Body> {
    let status = response.status();
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let is_fit = status == StatusCode::OK && is_html(headers) && has_strict_policy(headers);
    if is_document(headers) && !is_fit {
        sandbox(headers);
    }
    response
}

/// Added to the gateway's own policies: all of them count.
fn sandbox(headers: &mut HeaderMap) {
    headers.append(CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX));
}

/// Whether a browser that opens this would run scripts in it. An unnamed type may be anything.
fn is_document(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().as_bytes();
    let has = |word: &[u8]| kind.windows(word.len()).any(|found| found.eq_ignore_ascii_case(word));
    kind.is_empty() || has(b"html") || has(b"xml")
}

/// Whether the headers are those of the Control UI: HTML that can be read, with a policy that names the scripts it
/// runs. A page that an agent wrote comes without one, whatever it says inside.
fn can_be_control_ui(headers: &HeaderMap) -> bool {
    is_html(headers) && !headers.contains_key(CONTENT_ENCODING) && has_strict_policy(headers)
}

fn is_html(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn has_strict_policy(headers: &HeaderMap) -> bool {
    let policies = headers.get_all(CONTENT_SECURITY_POLICY).iter().filter_map(|policy| policy.to_str().ok());
    policies.flat_map(|policy| policy.split(';')).any(|directive| {
        let mut sources = directive.split_ascii_whitespace();
        sources.next() == Some("script-src")
            && sources.all(|source| !LOOSE_SOURCES.contains(&source) && !source.contains("://"))
    })
}

/// Reads a page; with the rest of the body if that is too large or breaks off.
async fn collect(mut body: Body) -> (Bytes, Option<Body>) {
    let mut page = BytesMut::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => page.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Err(error) => return (page.freeze(), Some(failed(error))),
        }
        if page.len() > PAGE_BYTES_MAX {
            return (page.freeze(), Some(body));
        }
    }
    (page.freeze(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn what_a_browser_would_run_is_a_document() {
        for kind in [
            "text/html",
            "TEXT/HTML; charset=utf-8",
            "image/svg+xml",
            "application/xhtml+xml",
            "text/xml",
            "",
        ] {
            assert!(is_document(&headers(&[("content-type", kind)])), "{kind}");
        }
        assert!(is_document(&HeaderMap::new()));
        for kind in ["text/javascript", "application/json", "image/png", "text/event-stream", "text/plain"] {
            assert!(!is_document(&headers(&[("content-type", kind)])), "{kind}");
        }
    }

    #[test]
    fn only_a_policy_that_names_its_scripts_is_strict() {
        let strict = |policy| has_strict_policy(&headers(&[("content-security-policy", policy)]));
        assert!(strict("default-src 'self'; script-src 'self' 'sha256-abc='; style-src 'unsafe-inline'"));
        for loose in [
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline'",
            "script-src *",
            "script-src 'self' https:",
            "script-src https://evil.example",
            "style-src 'self'",
        ] {
            assert!(!strict(loose), "{loose}");
        }
        assert!(!has_strict_policy(&HeaderMap::new()));
    }
}
