//! Asks a router without a socket, as somebody.

mod events;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST as HOST_HEADER, ORIGIN as ORIGIN_HEADER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use smartbox_api::{ADMIN_SECRET_HEADER, PROBLEM_CONTENT_TYPE, Problem, SESSION_COOKIE};
use tower::ServiceExt;

pub use events::{EventStream, StreamEvent};

/// The address that requests are sent to.
pub const HOST: &str = "smartbox.test";
/// The origin of that address.
pub const ORIGIN: &str = "http://smartbox.test";
/// Largest answer that is read as a whole.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Somebody who asks. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    router: Router,
    headers: HeaderMap,
}

impl Client {
    /// Somebody whom nobody knows.
    pub fn anonymous(router: Router) -> Self {
        Self { router, headers: HeaderMap::from_iter([(HOST_HEADER, HeaderValue::from_static(HOST))]) }
    }

    /// Adds a header to every request.
    ///
    /// # Panics
    /// When the value cannot stand in a header.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test's own text")]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
        self
    }

    /// The same, without a header.
    #[must_use]
    pub fn without(mut self, name: &HeaderName) -> Self {
        self.headers.remove(name);
        self
    }

    /// Somebody with this admin secret.
    #[must_use]
    pub fn with_admin_secret(self, secret: &str) -> Self {
        self.with(HeaderName::from_static(ADMIN_SECRET_HEADER), secret)
    }

    /// A browser with this session, on a page of the server.
    #[must_use]
    pub fn with_session(self, token: &str) -> Self {
        self.with(COOKIE, &format!("{SESSION_COOKIE}={token}")).with(ORIGIN_HEADER, ORIGIN)
    }

    /// A program with this token.
    #[must_use]
    pub fn with_bearer(self, token: &str) -> Self {
        self.with(AUTHORIZATION, &format!("Bearer {token}"))
    }

    /// The headers of every request.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path, Body::empty())).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path, Body::empty())).await
    }

    /// `POST` without a body.
    pub async fn post(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path, Body::empty())).await
    }

    /// `POST` with JSON.
    pub async fn post_json(&self, path: &str, body: &impl Serialize) -> Answer {
        self.send(self.json_request(path, body)).await
    }

    /// `PATCH` or `PUT` with JSON.
    pub async fn change_json(&self, method: Method, path: &str, body: &impl Serialize) -> Answer {
        let mut request = self.json_request(path, body);
        *request.method_mut() = method;
        self.send(request).await
    }

    /// `GET` of a stream of events.
    pub async fn events(&self, path: &str) -> EventStream {
        EventStream::new(self.raw(self.request(Method::GET, path, Body::empty())).await)
    }

    /// `POST` with JSON that is answered with a stream of events.
    pub async fn post_events(&self, path: &str, body: &impl Serialize) -> EventStream {
        EventStream::new(self.raw(self.json_request(path, body)).await)
    }

    /// A request with this client's headers.
    ///
    /// # Panics
    /// When the path is none.
    #[expect(clippy::expect_used, reason = "a test's own text")]
    pub fn request(&self, method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
        let mut request = Request::new(body.into());
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().expect("a path");
        request.headers_mut().clone_from(&self.headers);
        request
    }

    /// A POST with JSON and this client's headers.
    pub fn json_request(&self, path: &str, body: &impl Serialize) -> Request<Body> {
        let text = serde_json::to_vec(body).unwrap_or_default();
        let mut request = self.request(Method::POST, path, text);
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request
    }

    /// Sends any request and reads the whole answer.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.raw(request).await).await
    }

    /// Sends any request; the answer's body is not read yet.
    pub async fn raw(&self, request: Request<Body>) -> Response<Body> {
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    #[expect(clippy::expect_used, reason = "a body that breaks off or is huge fails the test")]
    async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let mut bytes = Vec::new();
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            bytes.extend_from_slice(&piece.expect("the body does not break off"));
            assert!(bytes.len() <= BODY_BYTES_MAX, "the body has an end");
        }
        Self { status: parts.status, headers: parts.headers, body: bytes.into() }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header as text; empty without it.
    pub fn header(&self, name: impl AsRef<str>) -> &str {
        self.headers.get(name.as_ref()).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body of a success.
    ///
    /// # Panics
    /// When the status or the body is another one; the message holds both.
    #[expect(clippy::panic, reason = "that is how a test fails")]
    pub fn json<T: DeserializeOwned>(&self, status: StatusCode) -> T {
        assert_eq!(self.status, status, "{}", self.text());
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The problem of a refusal, which must be one in every respect.
    ///
    /// # Panics
    /// When it is not.
    #[expect(clippy::panic, reason = "that is how a test fails")]
    pub fn problem(&self) -> Problem {
        assert_eq!(self.header(CONTENT_TYPE), PROBLEM_CONTENT_TYPE, "{} {}", self.status, self.text());
        let problem: Problem =
            serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()));
        assert_eq!(problem.status, self.status.as_u16());
        assert_eq!(problem.kind, format!("/docs/errors/{}", problem.code));
        assert_eq!(problem.instance.as_deref(), Some(self.header("x-request-id")), "the request's id");
        problem
    }
}
