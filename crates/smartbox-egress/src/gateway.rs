//! The AI gateway: takes a box's model calls and has them answered.

mod answer;
mod body;
mod cache;
mod choose;
mod models;
mod prompt;
mod rate;
mod relay;
mod request;
mod reserve;
mod rooms;
mod route;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Body;
use jiff::Timestamp;
use smartbox_core::BoxId;
use smartbox_core::models::ModelRules;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use rate::TooFast;
pub(crate) use route::Endpoint;

use crate::call::{CallNumbers, CallTotals, Ended, EndedCalls, ReplyBody};
use crate::catalog::ModelCatalog;
use crate::limits::Limits;
use crate::models::{ModelRoutes, Shelf};
use crate::ports::{JoinTrace, ModelPorts};
use crate::refusal::{Refusal, json_response};
use crate::settings::ModelPlan;
use crate::upstream::Clients;
use cache::Cache;
use rate::Rates;
use rooms::Rooms;
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
    routes: watch::Receiver<Arc<ModelRoutes>>,
    /// None where nothing is counted and kept.
    ports: Option<ModelPorts>,
    ended: EndedCalls,
    /// None when no connections can be made; then only the demo model answers.
    clients: Option<Clients>,
    catalog: ModelCatalog,
    limits: Limits,
    room: Arc<Semaphore>,
    rooms: Rooms,
    rates: Rates,
    cache: Cache,
    began: Instant,
    totals: Arc<CallTotals>,
}

/// Who asks, and what of their box's requests is in memory.
#[derive(Debug)]
pub(crate) struct Caller {
    id: BoxId,
    /// The token of a program outside the box.
    via: Option<String>,
    room: Arc<Semaphore>,
}

impl AiGateway {
    /// A gateway for the plan that counts and keeps nothing.
    ///
    /// # Errors
    /// If a key cannot be sent, or the machine cannot verify TLS certificates.
    pub fn new(plan: ModelPlan, limits: Limits) -> Result<Self, GatewayError> {
        let (upstreams, catalog) = plan.into_parts();
        let clients = match upstreams.is_empty() {
            true => None,
            false => Some(Clients::new(&limits).map_err(GatewayError::Client)?),
        };
        let platform = Arc::new(Shelf::new(upstreams, ModelRules::default())?);
        let routes = ModelRoutes::new(platform, Default::default(), Default::default());
        // The sender goes, the picture stays.
        let (_sender, routes) = watch::channel(Arc::new(routes));
        Ok(Self::of(routes, None, clients, catalog, limits))
    }

    /// A gateway that goes by pictures, asks for room before it spends, and tells what was spent. `catalog` is what boxes are
    /// offered that have nothing of their own; [`AiGateway::run`] has to run beside it.
    ///
    /// # Errors
    /// [`GatewayError::Client`] where somebody is to be asked already.
    pub fn with_ports(
        catalog: ModelCatalog,
        ports: ModelPorts,
        limits: Limits,
    ) -> Result<Self, GatewayError> {
        let clients = match Clients::new(&limits) {
            Ok(clients) => Some(clients),
            // The demo model needs no connections.
            Err(_error) if catalog.is_demo() => None,
            Err(error) => return Err(GatewayError::Client(error)),
        };
        Ok(Self::of(ports.routes.clone(), Some(ports), clients, catalog, limits))
    }

    fn of(
        routes: watch::Receiver<Arc<ModelRoutes>>,
        ports: Option<ModelPorts>,
        clients: Option<Clients>,
        catalog: ModelCatalog,
        limits: Limits,
    ) -> Self {
        let room = body::room(limits.all_bodies_bytes_max);
        let inner = Inner {
            routes,
            ports,
            ended: EndedCalls::new(),
            clients,
            catalog,
            room,
            rooms: Rooms::default(),
            rates: Rates::default(),
            cache: Cache::default(),
            began: Instant::now(),
            totals: Arc::default(),
            limits,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Puts down what calls have cost, until told to stop. Without ports there is nothing to do.
    pub async fn run(&self, stop: CancellationToken) {
        let Some(ports) = &self.inner.ports else { return };
        self.inner.ended.run(ports, stop, |ended| self.settle_rate(ended)).await;
    }

    /// Puts down what is left, when no call is under way any more.
    pub async fn flush(&self) {
        let Some(ports) = &self.inner.ports else { return };
        self.inner.ended.flush(ports, |ended| self.settle_rate(ended)).await;
    }

    fn settle_rate(&self, ended: &Ended) {
        if let Some(taken) = ended.taken {
            self.inner.rates.settle(ended.record.box_id, taken, ended.record.tokens.total());
        }
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
        let room = self.inner.rooms.of(id, self.inner.limits.box_bodies_bytes_max);
        Caller { id, via: None, room }
    }

    /// Answers a request of a program outside, which acts for a box with this token.
    pub async fn answer_for<B>(&self, id: BoxId, token: String, request: Request<B>) -> Response<ReplyBody>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let caller = Caller { via: Some(token), ..self.caller(id) };
        self.handle(&caller, request).await
    }

    /// Answers a request of nobody who is known, in the shape that its client expects.
    pub fn refuse_stranger<B>(&self, request: &Request<B>, why: &'static str) -> Response<ReplyBody> {
        Refusal::Stranger(why).into_response(route::dialect(request))
    }

    /// Answers a request for which there is no room, in the shape that its client expects.
    pub fn refuse_for_now<B>(&self, request: &Request<B>) -> Response<ReplyBody> {
        Refusal::Busy.into_response(route::dialect(request))
    }

    /// Answers one request of a box.
    pub(crate) async fn handle<B>(&self, caller: &Caller, request: Request<B>) -> Response<ReplyBody>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let dialect = route::dialect(&request);
        match route::find(request.method(), request.uri().path()) {
            Ok(Route::Models) => json_response(
                StatusCode::OK,
                &models::list(&self.shelves(caller.id), &self.inner.catalog, dialect),
            ),
            Ok(Route::Call(endpoint)) => self.call(caller, endpoint, request).await,
            Err(refusal) => {
                tracing::debug!(box_id = %caller.id, code = refusal.code(), "request of no model");
                refusal.into_response(dialect)
            }
        }
    }

    fn shelves(&self, id: BoxId) -> crate::models::Shelves {
        self.inner.routes.borrow().of(id)
    }

    fn traces(&self) -> Option<&JoinTrace> {
        self.inner.ports.as_ref()?.traces.as_ref()
    }

    fn now(&self) -> Timestamp {
        self.inner.ports.as_ref().map_or(Timestamp::UNIX_EPOCH, |ports| (ports.clock)())
    }

    /// Milliseconds since the gateway was made: a clock that nobody turns back.
    fn now_ms(&self) -> u64 {
        u64::try_from(self.inner.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
