//! One connection to a gateway: HTTP, or a WebSocket.

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use smartbox_core::BoxId;
use smartbox_provider::BoxStream;

use super::{GatewayDouble, session};

/// What the name of the header with the caller's identity starts with; the rest is a secret of the box.
const IDENTITY_HEADER_PREFIX: &str = "x-smartbox-user-";

#[derive(Clone)]
struct Served {
    double: GatewayDouble,
    id: BoxId,
}

pub(super) async fn connection(double: GatewayDouble, id: BoxId, stream: BoxStream) {
    let router = Router::new()
        .route("/healthz", get(|| async { axum::Json(json!({ "ok": true, "status": "live" })) }))
        .route("/readyz", get(|| async { axum::Json(json!({ "ready": true })) }))
        .fallback(anything)
        .with_state(Served { double, id });
    let service = TowerToHyperService::new(router);
    let serving = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A client that leaves in the middle is no matter.
    let _ = serving.with_upgrades().await;
}

type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

/// Every other path: the WebSocket, or the page of the web interface.
async fn anything(State(served): State<Served>, upgrade: Upgrade, request: Request) -> Response {
    let trusted = served.trusts(request.headers());
    match upgrade {
        Ok(upgrade) => {
            let Served { double, id } = served;
            upgrade.on_upgrade(move |socket| session::serve(double, id, trusted, socket))
        }
        Err(_) if trusted => {
            served.double.shared().heads.push(request.headers().clone());
            axum::response::Html("<!doctype html><title>gateway double</title>").into_response()
        }
        Err(_) => (StatusCode::UNAUTHORIZED, axum::Json(json!({ "error": { "type": "unauthorized" } })))
            .into_response(),
    }
}

impl Served {
    /// Whether the request vouches for its caller: an identity header of this box, and a client address.
    fn trusts(&self, headers: &HeaderMap) -> bool {
        let identity = headers.keys().find(|name| name.as_str().starts_with(IDENTITY_HEADER_PREFIX));
        let (Some(identity), true) = (identity, headers.contains_key("x-forwarded-for")) else {
            return false;
        };
        let mut shared = self.double.shared();
        let known = shared.identity_headers.entry(self.id).or_insert_with(|| identity.as_str().to_owned());
        known == identity.as_str()
    }
}
