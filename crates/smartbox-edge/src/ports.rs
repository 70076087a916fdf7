//! What the edge needs of the rest of the platform. The composition root implements it.

use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use smartbox_core::routing::BaseUrl;
use smartbox_core::{BoxId, Principal, Tie, Who};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tower::{Service, ServiceExt};
use tracing::Span;

use crate::{Body, BoxError, Peers, RouteTable, Routing};

/// A connection: bytes both ways.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Says who asks.
#[async_trait::async_trait]
pub trait Identity: Send + Sync {
    /// The caller of a request, from its cookie, secret or ticket; `None` without valid credentials.
    ///
    /// # Errors
    /// Somebody who is known and whose device is not approved.
    async fn identify(
        &self,
        head: &http::request::Parts,
        peer: SocketAddr,
    ) -> Result<Option<Caller>, DeviceNotApproved>;
}

/// Somebody is known, and is not let in with the device that they use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceNotApproved;

/// The page of another site that sends a request, an extension of its head. Only a ticket for that very page lets it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignOrigin(pub String);

/// Who asks, and until when they may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who it is and what they may do.
    pub principal: Principal,
    /// What their right hangs on. Whoever ends one of these calls [`Sockets::close`](crate::Sockets::close); the box and
    /// its org are added by the edge.
    pub ties: Vec<Tie>,
    /// When their right ends by itself.
    pub expires_at: Option<Timestamp>,
    /// What the gateway sees in place of the request's query, when that is what they were recognised by.
    pub query: Option<String>,
    /// Whether they came with a ticket, which is good for the page that sent it.
    pub by_ticket: bool,
}

impl Caller {
    /// A caller whose right hangs on themselves alone.
    pub fn new(principal: Principal) -> Self {
        let tie = match &principal {
            Principal::Admin => None,
            Principal::Member { who: Who::User(user), .. } => Some(Tie::User(*user)),
            Principal::Member { who: Who::Token(token), .. } => Some(Tie::Token(*token)),
            Principal::Member { who: Who::Support(support), .. } => Some(Tie::Support(support.session)),
        };
        Self { principal, ties: tie.into_iter().collect(), expires_at: None, query: None, by_ticket: false }
    }
}

/// Length of a seal.
pub const SEAL_BYTES: usize = 32;

/// A key that all platforms of one database have.
pub trait Seal: Send + Sync {
    /// Seals a text.
    fn seal(&self, text: &[u8]) -> [u8; SEAL_BYTES];

    /// Whether somebody with the key has sealed this text. How long that takes must say nothing of the key.
    fn is_sealed(&self, text: &[u8], seal: &[u8; SEAL_BYTES]) -> bool;
}

/// Starts boxes that requests have reached.
#[async_trait::async_trait]
pub trait Wake: Send + Sync {
    /// Asks for the box to run. Returns when that is decided and recorded, not when the box is ready.
    ///
    /// # Errors
    /// The box may not wake.
    async fn wake(&self, id: BoxId, principal: &Principal) -> Result<(), WakeRefused>;
}

/// Why a box may not wake, fit for the caller's eyes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WakeRefused {
    /// Status of the answer.
    pub status: StatusCode,
    /// Stable code of the problem.
    pub code: &'static str,
    /// One line.
    pub title: String,
    /// What happened this time.
    pub detail: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

/// Opens connections to ports of boxes and to upstreams.
#[async_trait::async_trait]
pub trait Dial: Send + Sync {
    /// Connects to `127.0.0.1:port` of the box.
    async fn dial(&self, id: BoxId, port: u16) -> io::Result<Box<dyn Duplex>>;

    /// Connects to another server, over TLS if its address says so, and makes sure that it is the one named.
    async fn dial_upstream(&self, upstream: &BaseUrl) -> io::Result<Box<dyn Duplex>>;
}

/// Serves the platform's own paths. Made by [`platform_service`].
pub type PlatformService = tower::util::BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// Makes a [`PlatformService`] of any cloneable service, such as an axum router.
pub fn platform_service<S, B>(service: S) -> PlatformService
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let mapped = service.map_response(|response: Response<B>| {
        response.map(|body| body.map_err(Into::into).boxed_unsync()) //
    });
    PlatformService::new(mapped)
}

/// Asks the platform. Boxed, because the compiler cannot see through the service's own future that it is `Send`.
pub(crate) fn call_platform(
    mut service: PlatformService,
    request: Request<Body>,
) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
    Box::pin(async move {
        let Ok(()) = poll_fn(|cx| service.poll_ready(cx)).await;
        let answer: Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>> =
            service.call(request);
        let Ok(response) = answer.await;
        response
    })
}

/// Puts spans of requests into the traces of whoever asks, and tells others where they are in them (W3C Trace Context). Which spans
/// there are is for the edge to say.
pub trait Traces: Send + Sync {
    /// Makes a span that has just begun part of the trace that a request's headers name. False: they name none, or not in a form
    /// that everybody reads alike, and the span begins a trace of its own.
    fn join(&self, span: &Span, headers: &HeaderMap) -> bool;

    /// The header `traceparent` for whoever is asked within this span; `None` for one that is in no trace.
    fn tell(&self, span: &Span) -> Option<HeaderValue>;
}

/// The pattern of the path that the platform's service found for a request, such as `/v1/boxes/{box}`. An extension of its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutePattern(pub Arc<str>);

/// A request comes from a program on this machine itself, as far as can be seen: both ends of its connection are loopback, and
/// nothing in it says that somebody passed it on. An extension of requests to the platform's service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FromThisMachine;

/// Rewrites an HTML page of a gateway for a prefix such as `/b/home`; `None` if it needs no change.
pub type MountPage = fn(page: &str, prefix: &str) -> Option<String>;

/// Everything the edge needs of the platform.
#[derive(Clone)]
pub struct EdgePorts {
    /// The latest route table.
    pub routes: watch::Receiver<Arc<RouteTable>>,
    /// Says who asks.
    pub identity: Arc<dyn Identity>,
    /// Starts boxes.
    pub wake: Arc<dyn Wake>,
    /// Reaches gateways and upstreams.
    pub dial: Arc<dyn Dial>,
    /// Serves the platform's own paths.
    pub platform: PlatformService,
    /// Where else requests may go.
    pub routing: Routing,
    /// Other platforms on the same database.
    pub peers: Peers,
    /// Where requests belong in traces; `None` where nobody traces.
    pub traces: Option<Arc<dyn Traces>>,
    /// Tells the pages of a gateway under which prefix they are served.
    pub mount: MountPage,
    /// Makes request ids: unguessable, of letters, digits, `-` and `_`.
    pub request_ids: Arc<dyn Fn() -> String + Send + Sync>,
    /// The wall clock, for what people see.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// The client's address, an extension of requests to the platform's service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddr(pub SocketAddr);

/// The request's id, an extension of requests to the platform's service. Every answer carries it as `x-request-id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
