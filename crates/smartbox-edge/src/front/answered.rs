//! What every answer says, whoever made it.

use http::header::{CONNECTION, HOST, STRICT_TRANSPORT_SECURITY, TRANSFER_ENCODING};
use http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::body::Body;
use crate::gate;
use crate::names::X_REQUEST_ID;
use crate::serve::Connection;

/// For half a year a browser that came over TLS comes back over TLS only (RFC 6797).
const STAY_ON_TLS: HeaderValue = HeaderValue::from_static("max-age=15552000");

/// What is remembered of a request for its answer.
pub(super) struct Remarks {
    method: Method,
    /// For the log, if it is told.
    path: Option<String>,
    is_chunked: bool,
    may_insist_on_tls: bool,
}

impl Remarks {
    pub(super) fn of(request: &Request<Body>, conn: &Connection) -> Self {
        let host = request.uri().authority().map(|authority| authority.as_str());
        let host = host.or_else(|| request.headers().get(HOST).and_then(|host| host.to_str().ok()));
        Self {
            method: request.method().clone(),
            path: tracing::enabled!(tracing::Level::DEBUG).then(|| request.uri().path().to_owned()),
            is_chunked: request.headers().contains_key(TRANSFER_ENCODING),
            may_insist_on_tls: conn.is_tls && host.is_some_and(gate::may_insist_on_tls),
        }
    }

    /// Completes the answer's head.
    pub(super) fn write(self, response: &mut Response<Body>, id: &str) {
        let status = response.status();
        let Self { method, path, .. } = &self;
        if let Some(path) = path {
            tracing::debug!(request.id = id, %method, path, status = status.as_u16(), "answered");
        }
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::try_from(id) {
            headers.insert(X_REQUEST_ID, id);
        }
        if self.may_insist_on_tls && status != StatusCode::MISDIRECTED_REQUEST {
            headers.insert(STRICT_TRANSPORT_SECURITY, STAY_ON_TLS);
        }
        if self.is_chunked && status != StatusCode::SWITCHING_PROTOCOLS {
            // A chunked request may have carried a `Content-Length` as well, which the parser has dropped: bytes behind
            // it are not to be taken for another request (RFC 9112 §6.3).
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}
