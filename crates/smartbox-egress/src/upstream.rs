//! Servers of models, and the way to them: the placeholder key off, the real key on.

mod failure;
mod headers;

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

pub(crate) use failure::{Failure, UpstreamFailure};
pub(crate) use headers::answered as answered_headers;

use crate::catalog::Model;
use crate::dialect::Dialect;
use crate::gateway::Endpoint;
use crate::limits::Limits;

/// How long an unused connection to an upstream is kept.
const IDLE_CONNECTION_TIMEOUT: Duration = Duration::from_secs(50);
/// Most unused connections to an upstream.
const IDLE_CONNECTIONS_MAX: usize = 32;

/// A server that speaks one dialect, and the key for it.
#[derive(Clone, Debug)]
pub struct ModelUpstream {
    /// Its name in logs and messages.
    pub id: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// The URL to which `/messages` or `/chat/completions` is added; no slash at its end.
    pub base_url: String,
    /// The real key; none for servers that want none.
    pub api_key: Option<SecretString>,
    /// The models it is known to have. Others may be asked for as well; it answers for itself.
    pub models: Vec<Model>,
}

/// A [`ModelUpstream`] with its key made ready.
#[derive(Debug)]
pub(crate) struct Upstream {
    config: ModelUpstream,
    key: Option<(HeaderName, HeaderValue)>,
}

/// A request on its way out.
pub(crate) struct Outgoing<'a> {
    pub(crate) endpoint: Endpoint,
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) streamed: bool,
}

/// The client for all upstreams of a gateway.
pub(crate) fn client(limits: &Limits) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(limits.connect_timeout)
        // A redirect would carry the key to a place that nobody configured.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // Proxies of the environment are not ours to read: settings come from one place.
        .no_proxy()
        .pool_idle_timeout(IDLE_CONNECTION_TIMEOUT)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .tcp_nodelay(true)
        .build()
}

impl Upstream {
    /// Makes the key ready. Fails if it cannot be put into a header.
    pub(crate) fn new(config: ModelUpstream) -> Result<Self, InvalidHeaderValue> {
        let key = match &config.api_key {
            None => None,
            Some(key) => Some(key_header(config.dialect, key.expose_secret())?),
        };
        Ok(Self { config, key })
    }

    pub(crate) fn id(&self) -> &str {
        &self.config.id
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.config.dialect
    }

    pub(crate) fn has(&self, model: &str) -> bool {
        self.config.models.iter().any(|known| known.id == model)
    }

    /// A failure of this upstream.
    pub(crate) fn failure(&self, what: Failure) -> UpstreamFailure {
        UpstreamFailure { upstream: self.config.id.clone(), dialect: self.config.dialect, what }
    }

    /// Whether a text from outside repeats the key.
    pub(crate) fn is_key_in(&self, text: &[u8]) -> bool {
        let key = self.config.api_key.as_ref().map(|key| key.expose_secret().as_bytes());
        key.is_some_and(|key| text.windows(key.len().max(1)).any(|window| window == key))
    }

    /// Whether this upstream is asked with a key at all.
    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Sends a request and waits for the head of the answer.
    pub(crate) async fn send(
        &self,
        client: &reqwest::Client,
        limits: &Limits,
        outgoing: Outgoing<'_>,
    ) -> Result<http::Response<reqwest::Body>, UpstreamFailure> {
        let request = client
            .post(self.url(outgoing.endpoint, outgoing.query))
            .headers(headers::sent(outgoing.headers, self.key.clone()))
            .body(outgoing.body);
        let patience =
            if outgoing.streamed { limits.first_byte_timeout } else { limits.whole_answer_timeout };
        match tokio::time::timeout(patience, request.send()).await {
            Ok(Ok(response)) => Ok(response.into()),
            Ok(Err(error)) => {
                // The chain may name addresses: it is for the operator's log, not for the box.
                let error = error.without_url();
                tracing::warn!(upstream = self.id(), error = ?error, "model provider cannot be reached");
                Err(self.failure(Failure::Unreachable(failure::why(&error))))
            }
            Err(_elapsed) => Err(self.failure(Failure::Silent(patience))),
        }
    }

    fn url(&self, endpoint: Endpoint, query: Option<&str>) -> String {
        let path = endpoint.path();
        let path = path.strip_prefix("/v1").unwrap_or(path);
        match query {
            None => format!("{}{path}", self.config.base_url),
            Some(query) => format!("{}{path}?{query}", self.config.base_url),
        }
    }
}

fn key_header(dialect: Dialect, key: &str) -> Result<(HeaderName, HeaderValue), InvalidHeaderValue> {
    let (name, mut value) = match dialect {
        Dialect::Anthropic => (HeaderName::from_static("x-api-key"), HeaderValue::from_str(key)?),
        Dialect::OpenAi => (AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {key}"))?),
    };
    value.set_sensitive(true);
    Ok((name, value))
}
