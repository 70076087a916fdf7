//! The platform's services on a box's loopback: connections in, requests out to the service they are for.

use std::convert::Infallible;
use std::sync::Arc;

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use smartbox_core::BoxId;
use tokio_util::sync::CancellationToken;

use crate::accept::{Accept, Duplex};
use crate::activity::Activity;
use crate::call::ReplyBody;
use crate::gateway::{AiGateway, Caller};
use crate::refusal::json_response;
use crate::serving::{ServeError, serve_each};

/// Most headers of a request.
const HEADERS_MAX: usize = 100;

/// The box that asks.
type Asking = (Caller, Arc<Activity>);

/// Serves the platform's services to boxes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ServicesServer {
    gateway: AiGateway,
}

impl ServicesServer {
    /// A server of these services.
    pub fn new(gateway: AiGateway) -> Self {
        Self { gateway }
    }

    /// Serves one box on its listener until `stop`; then drops the listener and lets answers that are under way
    /// end, for as long as [`Limits::drain`](crate::Limits::drain) allows. Dropping the future ends everything at
    /// once.
    ///
    /// # Errors
    /// If the listener fails again and again.
    pub async fn serve(
        &self,
        box_id: BoxId,
        listener: impl Accept,
        activity: Arc<Activity>,
        stop: CancellationToken,
    ) -> Result<(), ServeError> {
        let caller = Arc::new((self.gateway.caller(box_id), activity));
        let limits = self.gateway.limits();
        serve_each(listener, limits.connections_max, limits.drain, stop, |stream, stop| {
            self.clone().connection(Arc::clone(&caller), stream, stop)
        })
        .await
    }

    /// Serves one connection to its end.
    async fn connection(self, caller: Arc<Asking>, stream: Box<dyn Duplex>, stop: CancellationToken) {
        let limits = self.gateway.limits().clone();
        let service = service_fn(|request| {
            let (server, caller) = (self.clone(), Arc::clone(&caller));
            async move { Ok::<_, Infallible>(server.answer(&caller, request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_headers(HEADERS_MAX)
            .max_header_size(limits.head_bytes_max)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            // Programs in the box may close their connections whenever they like.
            tracing::debug!(%error, "connection from a box ended early");
        }
    }

    /// Hands a request to the service it is for.
    async fn answer(&self, (caller, activity): &Asking, request: Request<Incoming>) -> Response<ReplyBody> {
        if request.uri().path() == "/healthz" && request.method() == Method::GET {
            return json_response(StatusCode::OK, &json!({ "ok": true }));
        }
        let _counted = activity.begin();
        self.gateway.handle(caller, request).await
    }
}
