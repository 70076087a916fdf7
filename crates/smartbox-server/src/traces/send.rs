//! One request to the collector, over the platform's own way to other servers.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST, HeaderValue};
use http::uri::PathAndQuery;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use opentelemetry_http::{HttpClient, HttpError};
use smartbox_core::routing::BaseUrl;
use tokio::task::JoinSet;

use crate::adapters::upstream::UpstreamDial;

/// Longest time for one request.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer that is read; a collector says next to nothing.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// A collector of spans.
pub(super) struct Collector {
    address: BaseUrl,
    dial: UpstreamDial,
    authorization: Option<HeaderValue>,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Collector({})", self.address)
    }
}

impl Collector {
    /// A collector at this address, which `authorization` opens.
    ///
    /// # Errors
    /// This machine's certificates cannot be used.
    pub(super) fn new(address: BaseUrl, authorization: Option<&str>) -> Result<Self> {
        let mut authorization = authorization.map(HeaderValue::from_str).transpose()?;
        authorization.iter_mut().for_each(|value| value.set_sensitive(true));
        Ok(Self { address, dial: UpstreamDial::new().context("TLS cannot be used")?, authorization })
    }

    async fn post(&self, request: Request<Bytes>) -> Result<Response<Bytes>> {
        let (mut head, body) = request.into_parts();
        head.uri = head.uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/")).into();
        head.headers.insert(HOST, HeaderValue::try_from(self.address.authority())?);
        if let Some(authorization) = &self.authorization {
            head.headers.insert(AUTHORIZATION, authorization.clone());
        }
        let stream = self.dial.dial(&self.address).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Ends with this request, however it ends.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let answer = sender.send_request(Request::from_parts(head, Full::new(body))).await?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(|error| anyhow!(error))?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

#[async_trait::async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = tokio::time::timeout(TIMEOUT, self.post(request)).await;
        let answer = answer.map_err(|_elapsed| anyhow!("no answer within {} s", TIMEOUT.as_secs()))??;
        if !answer.status().is_success() {
            return Err(anyhow!("it answered {}", answer.status()).into());
        }
        Ok(answer)
    }
}
