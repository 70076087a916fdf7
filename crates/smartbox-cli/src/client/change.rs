//! Requests that change a thing, and those whose answer is empty.

use http::Method;
use http::header::{HeaderValue, IF_MATCH};
use reqwest::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Client, REQUEST_TIMEOUT, Route};
use crate::failure::Failure;

impl Client {
    /// Changes what the body names; the rest stays.
    pub(crate) async fn patch<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let request = self.with_body(Method::PATCH, &route, body)?;
        self.json(self.send(limited(request)).await?).await
    }

    /// The same, if it still has this version.
    pub(crate) async fn patch_version<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        body: &impl Serialize,
        version: i64,
    ) -> Result<T, Failure> {
        let mut request = self.with_body(Method::PATCH, &route, body)?;
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
            request.headers_mut().insert(IF_MATCH, tag);
        }
        self.json(self.send(limited(request)).await?).await
    }

    /// Sets a thing to the body; the answer is empty.
    pub(crate) async fn put(&self, route: Route<'_>, body: &impl Serialize) -> Result<(), Failure> {
        let request = self.with_body(Method::PUT, &route, body)?;
        self.send(limited(request)).await.map(drop)
    }

    /// Sets a thing to the body, and reads what it is then.
    pub(crate) async fn put_json<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let request = self.with_body(Method::PUT, &route, body)?;
        self.json(self.send(limited(request)).await?).await
    }

    /// A POST with a body that changes what is wanted: sending it twice wants the same.
    pub(crate) async fn post_with<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let request = self.with_body(Method::POST, &route, body)?;
        self.json(self.send(limited(request)).await?).await
    }

    /// Sets a thing to the body, if it still has this version; the answer is the thing.
    pub(crate) async fn replace<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        body: &impl Serialize,
        version: i64,
    ) -> Result<T, Failure> {
        let mut request = self.with_body(Method::PUT, &route, body)?;
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
            request.headers_mut().insert(IF_MATCH, tag);
        }
        self.json(self.send(limited(request)).await?).await
    }

    /// A POST without a body whose answer is empty, for what is the same when it is asked for twice.
    pub(crate) async fn order(&self, route: Route<'_>) -> Result<(), Failure> {
        let request = self.request(Method::POST, &route);
        self.send(limited(request)).await.map(drop)
    }

    /// Removes a thing that is gone at once; the answer is empty.
    pub(crate) async fn remove(&self, route: Route<'_>) -> Result<(), Failure> {
        let request = self.request(Method::DELETE, &route);
        self.send(limited(request)).await.map(drop)
    }
}

fn limited(mut request: Request) -> Request {
    *request.timeout_mut() = Some(REQUEST_TIMEOUT);
    request
}
