//! The AI gateway: takes a box's model calls and has them answered.

mod body;
mod relay;
mod route;

use std::sync::Arc;

use http::header::ORIGIN;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};
use smartbox_core::BoxId;
use tokio::sync::Semaphore;

pub(crate) use route::Endpoint;

use crate::call::{Call, CallNumbers, CallTotals, Outcome, ReplyBody};
use crate::catalog::{DEMO_ID, DEMO_NAME, ModelCatalog};
use crate::demo;
use crate::dialect::Dialect;
use crate::limits::Limits;
use crate::refusal::{Refusal, json_response};
use crate::settings::ModelPlan;
use crate::upstream::{self, Outgoing, Upstream};
use body::{Held, Room};
use route::Route;

/// The gateway cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The key holds characters that HTTP cannot carry.
    #[error(
        "the key of the model provider `{0}` cannot be sent; check it for characters that do not belong there"
    )]
    Key(String),
    /// Mostly: the machine has no certificate authorities.
    #[error("cannot make connections over TLS; install the package ca-certificates")]
    Client(#[source] reqwest::Error),
}

/// Answers the model calls of boxes. Cheap to clone; all clones share connections and bounds.
#[derive(Clone, Debug)]
pub struct AiGateway {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    upstreams: Vec<Upstream>,
    /// None when there is nobody to connect to.
    client: Option<reqwest::Client>,
    catalog: ModelCatalog,
    limits: Limits,
    room: Arc<Semaphore>,
    totals: Arc<CallTotals>,
}

/// The box that asks, and what of its requests is in memory.
#[derive(Debug)]
pub(crate) struct Caller {
    id: BoxId,
    room: Arc<Semaphore>,
}

/// What of a request the gateway itself looks at. Reading it also proves that the body is JSON.
#[derive(serde::Deserialize)]
struct Head {
    model: Option<String>,
    stream: Option<bool>,
}

impl AiGateway {
    /// A gateway for the plan.
    ///
    /// # Errors
    /// If a key cannot be sent, or the machine cannot verify TLS certificates.
    pub fn new(plan: ModelPlan, limits: Limits) -> Result<Self, GatewayError> {
        let (upstreams, catalog) = plan.into_parts();
        let client = match upstreams.is_empty() {
            true => None,
            false => Some(upstream::client(&limits).map_err(GatewayError::Client)?),
        };
        let upstreams = upstreams
            .into_iter()
            .map(|config| {
                let id = config.id.clone();
                Upstream::new(config).map_err(|_invalid| GatewayError::Key(id))
            })
            .collect::<Result<_, _>>()?;
        let room = body::room(limits.all_bodies_bytes_max);
        Ok(Self {
            inner: Arc::new(Inner { upstreams, client, catalog, limits, room, totals: Arc::default() }),
        })
    }

    /// What was done so far, all boxes together.
    pub fn numbers(&self) -> CallNumbers {
        self.inner.totals.read()
    }

    /// The bounds it was made with.
    pub(crate) fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// A box whose calls are to be answered.
    pub(crate) fn caller(&self, id: BoxId) -> Caller {
        Caller { id, room: body::room(self.inner.limits.box_bodies_bytes_max) }
    }

    /// Answers one request of a box.
    pub(crate) async fn handle(&self, caller: &Caller, request: Request<Incoming>) -> Response<ReplyBody> {
        let dialect = route::dialect(&request);
        match route::find(request.method(), request.uri().path()) {
            Ok(Route::Models) => json_response(StatusCode::OK, &self.models(dialect)),
            Ok(Route::Call(endpoint)) => self.call(caller, endpoint, request).await,
            Err(refusal) => {
                tracing::debug!(box_id = %caller.id, code = refusal.code(), "request of no model");
                refusal.into_response(dialect)
            }
        }
    }

    async fn call(
        &self,
        caller: &Caller,
        endpoint: Endpoint,
        request: Request<Incoming>,
    ) -> Response<ReplyBody> {
        let mut call =
            Call::begin(caller.id, endpoint.dialect(), endpoint.path()).counted_in(&self.inner.totals);
        let answer = match self.inner.client {
            Some(ref client) => self.ask_upstream(client, caller, endpoint, request, &mut call).await,
            None => self.ask_demo(caller, endpoint, request, &mut call).await,
        };
        match answer {
            Ok(Answer::Demo(demo::Answer { response, bytes })) => {
                call.answers(response.status());
                call.relays(bytes);
                call.ends(Outcome::Complete);
                response
            }
            Ok(Answer::Upstream(upstream, response)) => {
                relay::relay(upstream, response, call, &self.inner.limits).await
            }
            Err(refusal) => {
                call.answers(refusal.status());
                call.ends(Outcome::Refused(refusal.code()));
                refusal.into_response(endpoint.dialect())
            }
        }
    }

    async fn ask_upstream(
        &self,
        client: &reqwest::Client,
        caller: &Caller,
        endpoint: Endpoint,
        request: Request<Incoming>,
        call: &mut Call,
    ) -> Result<Answer<'_>, Refusal> {
        let (parts, held, head) = self.read(caller, request, call).await?;
        let upstream = self.upstream(endpoint.dialect(), head.model.as_deref())?;
        call.goes_to(upstream.id());
        let outgoing = Outgoing {
            endpoint,
            query: parts.uri.query(),
            headers: &parts.headers,
            body: held.bytes(),
            streamed: head.stream == Some(true),
        };
        let response = upstream.send(client, &self.inner.limits, outgoing).await?;
        Ok(Answer::Upstream(upstream, response))
    }

    async fn ask_demo(
        &self,
        caller: &Caller,
        endpoint: Endpoint,
        request: Request<Incoming>,
        call: &mut Call,
    ) -> Result<Answer<'_>, Refusal> {
        call.goes_to(demo::NAME);
        let (_, held, _) = self.read(caller, request, call).await?;
        demo::answer(endpoint, &held.bytes()).map(Answer::Demo)
    }

    /// Reads a request to its end and the part of it that matters here.
    async fn read(
        &self,
        caller: &Caller,
        request: Request<Incoming>,
        call: &mut Call,
    ) -> Result<(Parts, Held, Head), Refusal> {
        let (parts, body) = request.into_parts();
        // Browsers name the page with every such request; programs do not. A page that the agent happens to look
        // at must not spend its owner's money.
        if parts.headers.contains_key(ORIGIN) {
            return Err(Refusal::FromWebPage);
        }
        let room = Room { of_box: &caller.room, of_all: &self.inner.room };
        let held = body::read(body, &self.inner.limits, room).await?;
        let head: Head =
            serde_json::from_slice(&held.bytes()).map_err(|error| Refusal::Malformed(error.to_string()))?;
        call.asks_for(head.model.as_deref().unwrap_or_default());
        Ok((parts, held, head))
    }

    /// The upstream of the dialect that has the model; else the first one, which answers for itself.
    fn upstream(&self, dialect: Dialect, model: Option<&str>) -> Result<&Upstream, Refusal> {
        let speaking = || self.inner.upstreams.iter().filter(|upstream| upstream.dialect() == dialect);
        let having = speaking().find(|upstream| model.is_some_and(|model| upstream.has(model)));
        having.or_else(|| speaking().next()).ok_or(Refusal::NoUpstream(dialect))
    }

    /// The models that callers of a dialect may ask for, as its vendor lists them.
    fn models(&self, dialect: Dialect) -> Value {
        let ours = self.inner.catalog.models().filter(|model| model.dialect == dialect);
        let mut models: Vec<(&str, &str)> =
            ours.map(|model| (model.id.as_str(), model.display_name.as_str())).collect();
        if self.inner.client.is_none() {
            // The demo model speaks every dialect.
            models = vec![(DEMO_ID, DEMO_NAME)];
        }
        match dialect {
            Dialect::Anthropic => json!({
                "data": models.iter().map(|(id, name)| json!({
                    // The vendor's own value for a date that is not known.
                    "type": "model", "id": id, "display_name": name, "created_at": "1970-01-01T00:00:00Z",
                })).collect::<Vec<_>>(),
                "first_id": models.first().map(|(id, _)| id),
                "last_id": models.last().map(|(id, _)| id),
                "has_more": false,
            }),
            Dialect::OpenAi => json!({
                "object": "list",
                "data": models.iter().map(|(id, _)| json!({
                    "id": id, "object": "model", "created": 0, "owned_by": "smartbox",
                })).collect::<Vec<_>>(),
            }),
        }
    }
}

/// Who answers, and with what.
enum Answer<'a> {
    Demo(demo::Answer),
    Upstream(&'a Upstream, Response<reqwest::Body>),
}
