//! The HTTP client of the API.

mod answer;
mod change;
mod connection;
mod credential;
mod download;
mod events;
mod mcp;
mod pages;
mod pinned;
mod proof;
mod socket;
pub(crate) mod sse;
mod upload;

use std::time::Duration;

use http::{HeaderValue, Method, StatusCode};
use reqwest::{Request, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use smartbox_api::IDEMPOTENCY_KEY_HEADER;

pub(crate) use download::Download;
pub(crate) use pages::PAGE_ITEMS;
pub(crate) use socket::Socket;
pub(crate) use upload::Condition;

use credential::Credential;

use crate::device::DeviceKey;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::platform::{Platform, WrittenBy};

/// Longest time for the whole of a plain request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Speaks to one platform.
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    credential: Option<Credential>,
    device: Option<DeviceKey>,
    written_by: Option<WrittenBy>,
}

impl Client {
    /// A client for this platform. Nothing is sent yet.
    pub(crate) fn new(platform: Platform) -> Result<Self, Failure> {
        let http = connection::http_client(&platform.url, platform.pinned)?;
        let credential = platform.token.as_ref().map(Credential::new).transpose()?;
        Ok(Self { http, base: platform.url, credential, device: None, written_by: platform.written_by })
    }

    /// The platform's address with a path of its own; the path comes from the server and is checked.
    pub(crate) fn address(&self, path: &str) -> Result<Url, Failure> {
        let here = format!("{}{}", self.base.as_str().trim_end_matches('/'), path);
        let is_here = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
        match Url::parse(&here) {
            Ok(url) if is_here && url.origin() == self.base.origin() => Ok(url),
            _ => Err(self.not_understood("it names a path outside of the server")),
        }
    }

    /// The platform's address as people write it.
    pub(crate) fn shown_base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, route: Route<'_>) -> Result<T, Failure> {
        self.get_within(route, REQUEST_TIMEOUT).await
    }

    /// Like [`Self::get`], with a time limit of its own.
    pub(crate) async fn get_within<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        timeout: Duration,
    ) -> Result<T, Failure> {
        let mut request = self.request(Method::GET, &route);
        *request.timeout_mut() = Some(timeout);
        self.json(self.send(request).await?).await
    }

    pub(crate) async fn delete<T: DeserializeOwned>(&self, route: Route<'_>) -> Result<T, Failure> {
        let mut request = self.request(Method::DELETE, &route);
        *request.timeout_mut() = Some(REQUEST_TIMEOUT);
        self.json(self.send(request).await?).await
    }

    /// A POST without a body that changes what is wanted: sending it twice wants the same.
    pub(crate) async fn post<T: DeserializeOwned>(&self, route: Route<'_>) -> Result<T, Failure> {
        self.post_within(route, REQUEST_TIMEOUT).await
    }

    /// Like [`Self::post`], with a time limit of its own.
    pub(crate) async fn post_within<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        timeout: Duration,
    ) -> Result<T, Failure> {
        let mut request = self.request(Method::POST, &route);
        *request.timeout_mut() = Some(timeout);
        self.json(self.send(request).await?).await
    }

    pub(crate) async fn post_json<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        body: &impl Serialize,
        timeout: Duration,
    ) -> Result<T, Failure> {
        let mut request = self.with_body(Method::POST, &route, body)?;
        *request.timeout_mut() = Some(timeout);
        self.json(self.send(request).await?).await
    }

    /// Creates something exactly once: the request carries a key, and is sent once more with the same key if the
    /// connection was lost and nobody knows whether it had arrived.
    pub(crate) async fn create<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        self.create_within(route, body, REQUEST_TIMEOUT).await
    }

    /// Like [`Self::create`], with a time limit of its own.
    pub(crate) async fn create_within<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        body: &impl Serialize,
        timeout: Duration,
    ) -> Result<T, Failure> {
        let key = idempotency_key()?;
        let attempt = async || -> Result<T, Failure> {
            let mut request = self.with_body(Method::POST, &route, body)?;
            *request.timeout_mut() = Some(timeout);
            request.headers_mut().insert(IDEMPOTENCY_KEY_HEADER, key.clone());
            self.json(self.send(request).await?).await
        };
        match attempt().await {
            Err(failure) if failure.exit() == Exit::Unreachable => attempt().await,
            first => first,
        }
    }

    /// Sends a request and gives back the answer if it is a success; otherwise its problem.
    async fn send(&self, mut request: Request) -> Result<Response, Failure> {
        self.prove(&mut request)?;
        let response = self.http.execute(request).await.map_err(|error| self.not_reached(&error))?;
        let status = response.status();
        if status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(response);
        }
        Err(self.refused(response).await)
    }

    fn request(&self, method: Method, route: &Route<'_>) -> Request {
        let mut request = Request::new(method, route.on(&self.base));
        if let Some(credential) = &self.credential {
            credential.put(request.headers_mut());
        }
        request
    }

    fn with_body(
        &self,
        method: Method,
        route: &Route<'_>,
        body: &impl Serialize,
    ) -> Result<Request, Failure> {
        let body = serde_json::to_vec(body).map_err(|error| {
            Failure::new(Exit::Usage, "The request cannot be written as JSON.").detail(error.to_string())
        })?;
        let mut request = self.request(method, route);
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(http::header::CONTENT_TYPE, json);
        *request.body_mut() = Some(body.into());
        Ok(request)
    }
}

/// A path and query of the API. Every segment and value is encoded: nothing a user types can leave its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route<'a> {
    is_versioned: bool,
    segments: &'a [&'a str],
    query: &'a [(&'a str, &'a str)],
}

impl<'a> Route<'a> {
    /// `/v1/` and these segments.
    pub(crate) const fn v1(segments: &'a [&'a str]) -> Self {
        Self { is_versioned: true, segments, query: &[] }
    }

    /// These segments, outside of `/v1/`.
    pub(crate) const fn root(segments: &'a [&'a str]) -> Self {
        Self { is_versioned: false, segments, query: &[] }
    }

    /// Adds a query.
    #[must_use]
    pub(crate) const fn query(mut self, query: &'a [(&'a str, &'a str)]) -> Self {
        self.query = query;
        self
    }

    fn on(&self, base: &Url) -> Url {
        let mut url = base.clone();
        // Only a URL that cannot be a base has no segments; ours begin with http.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(self.is_versioned.then_some("v1")).extend(self.segments);
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(self.query);
        }
        url
    }
}

/// A key that no other request has.
fn idempotency_key() -> Result<HeaderValue, Failure> {
    HeaderValue::try_from(random_hex()?)
        .map_err(|_error| Failure::new(Exit::Failed, "The idempotency key cannot be sent."))
}

/// 128 random bits in hex.
fn random_hex() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_error| Failure::new(Exit::Failed, "The system gave no random bytes."))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests;
