//! Servers of models, and the way to them: the placeholder key off, the real key on.

mod failure;
mod guard;
mod headers;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};
use jiff::civil::Date;
use secrecy::{ExposeSecret as _, SecretString};
use smartbox_core::models::{Price, Tariff};

pub(crate) use failure::{Failure, UpstreamFailure};
pub(crate) use headers::answered as answered_headers;

use crate::catalog::Model;
use crate::dialect::Dialect;
use crate::gateway::Endpoint;
use crate::limits::Limits;
use crate::prices::PriceTable;
use crate::settings::base_url;

/// How long an unused connection to an upstream is kept.
const IDLE_CONNECTION_TIMEOUT: Duration = Duration::from_secs(50);
/// Most unused connections to an upstream.
const IDLE_CONNECTIONS_MAX: usize = 32;
/// How often a connection is tried.
const CONNECTS_MAX: u32 = 2;
/// Between two tries.
const CONNECT_PAUSE: Duration = Duration::from_millis(50);

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
    /// The models it is known to have; with none, it is taken to have all. Others may be asked for as well; it answers for
    /// itself.
    pub models: Vec<Model>,
    /// What its models cost, where that is not the vendor's list.
    pub price: Option<Price>,
    /// Whether it comes from the platform's settings, for messages that say where to look.
    pub is_of_settings: bool,
    /// Whether it may be at an address that is not public: only where the operator says so.
    pub may_be_inside: bool,
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

/// The clients for all upstreams of a gateway.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    /// For upstreams that the operator names.
    anywhere: reqwest::Client,
    /// For those that orgs name: it goes to public addresses and nowhere else.
    public: reqwest::Client,
}

impl Clients {
    /// Makes both.
    pub(crate) fn new(limits: &Limits) -> reqwest::Result<Self> {
        let public = builder(limits).dns_resolver(Arc::new(guard::PublicNames::default())).build()?;
        Ok(Self { anywhere: builder(limits).build()?, public })
    }
}

fn builder(limits: &Limits) -> reqwest::ClientBuilder {
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
        self.model(model).is_some()
    }

    /// Those it is known to have.
    pub(crate) fn models(&self) -> &[Model] {
        &self.config.models
    }

    /// What is known of a model.
    pub(crate) fn model(&self, id: &str) -> Option<&Model> {
        self.config.models.iter().find(|known| known.id == id)
    }

    /// Whether nobody has said which models it has.
    pub(crate) fn has_no_list(&self) -> bool {
        self.config.models.is_empty()
    }

    /// What a model costs here on a day.
    pub(crate) fn price(&self, model: &str, table: &PriceTable, date: Date) -> Tariff {
        let of_vendor = self.config.base_url == base_url::of_vendor(self.config.dialect);
        let listed = || table.find(model, date);
        let unknown = || match of_vendor {
            true => table.dearest(self.config.dialect, date),
            false => Tariff::default(),
        };
        self.config.price.map(Tariff::from).or_else(listed).unwrap_or_else(unknown)
    }

    /// A failure of this upstream.
    pub(crate) fn failure(&self, what: Failure) -> UpstreamFailure {
        UpstreamFailure {
            upstream: self.config.id.clone(),
            dialect: self.config.dialect,
            is_of_settings: self.config.is_of_settings,
            what,
        }
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
        clients: &Clients,
        limits: &Limits,
        outgoing: Outgoing<'_>,
    ) -> Result<http::Response<reqwest::Body>, UpstreamFailure> {
        if !self.config.may_be_inside && guard::is_literal_inside(&self.config.base_url) {
            return Err(self.failure(Failure::Inside));
        }
        let client = if self.config.may_be_inside { &clients.anywhere } else { &clients.public };
        let patience =
            if outgoing.streamed { limits.first_byte_timeout } else { limits.whole_answer_timeout };
        let url = self.url(outgoing.endpoint, outgoing.query);
        let headers = headers::sent(outgoing.headers, self.key.clone());
        let mut connects = 1;
        loop {
            let request = client.post(&url).headers(headers.clone()).body(outgoing.body.clone());
            match tokio::time::timeout(patience, request.send()).await {
                Ok(Ok(response)) => return Ok(response.into()),
                // Nothing was sent, so nothing is done twice.
                Ok(Err(error)) if error.is_connect() && connects < CONNECTS_MAX => {
                    connects += 1;
                    tokio::time::sleep(CONNECT_PAUSE).await;
                }
                Ok(Err(error)) => {
                    // The chain may name addresses: it is for the operator's log, not for the box.
                    let error = error.without_url();
                    tracing::warn!(upstream = self.id(), error = ?error, "model provider cannot be reached");
                    return Err(self.failure(Failure::Unreachable(failure::why(&error))));
                }
                Err(_elapsed) => return Err(self.failure(Failure::Silent(patience))),
            }
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
