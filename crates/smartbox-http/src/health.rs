//! Health, readiness and status. Nobody needs to sign in for them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use smartbox_api::{DefaultBoxStatus, Health, PlatformStatus, Readiness};
use smartbox_control::{Error, phase_of};
use smartbox_core::Permission;
use smartbox_core::routing::RouteName;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::body::json;
use crate::caller::MaybeCaller;
use crate::problem::ApiError;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(status))
}

/// Whether the router is alive
#[utoipa::path(
    get,
    path = "/health",
    tag = "health",
    operation_id = "health",
    security(()),
    responses((status = OK, description = "It is.", body = Health)),
)]
async fn health(State(state): State<HttpState>) -> Json<Health> {
    let published = state.control().routing_flags();
    let flags = Arc::clone(&published.borrow());
    let flags = RouteName::ALL.map(|name| (name.as_str().to_owned(), flags.get(name).percentage));
    Json(Health { status: "ok".to_owned(), version: state.version().to_owned(), flags: flags.into() })
}

/// Whether the process is alive
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "health",
    operation_id = "healthz",
    security(()),
    responses((status = OK, description = "It is.", body = String, content_type = "text/plain")),
)]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the platform can do its work
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    operation_id = "readyz",
    security(()),
    responses(
        (status = OK, description = "It can.", body = Readiness),
        (status = SERVICE_UNAVAILABLE, description = "It cannot; the reasons say why.", body = Readiness),
    ),
)]
async fn readyz(State(state): State<HttpState>) -> Response {
    let reasons = state.ready().missing().await;
    if reasons.is_empty() {
        return json(StatusCode::OK, &Readiness { status: "ready".to_owned(), reasons });
    }
    json(StatusCode::SERVICE_UNAVAILABLE, &Readiness { status: "not-ready".to_owned(), reasons })
}

/// The platform and the default box
///
/// The box is shown to who may see it.
#[utoipa::path(
    get,
    path = "/api/status",
    tag = "health",
    operation_id = "status",
    security((), ("admin_secret" = []), ("bearer" = []), ("session" = [])),
    responses((status = OK, description = "The state of both in short.", body = PlatformStatus)),
)]
async fn status(
    State(state): State<HttpState>,
    MaybeCaller(op): MaybeCaller,
) -> Result<Json<PlatformStatus>, ApiError> {
    let default_box = match op {
        Some(op) => match state.control().resolve(&op, Permission::BoxesRead, "default").await {
            Ok(row) => Some(DefaultBoxStatus {
                id: row.id.to_string(),
                name: row.name.to_string(),
                phase: phase_of(&row).as_str().to_owned(),
            }),
            Err(Error::NotFound(_) | Error::Ambiguous(_) | Error::Lacks(_)) => None,
            Err(error) => return Err(error.into()),
        },
        None => None,
    };
    Ok(Json(PlatformStatus { status: "ok".to_owned(), version: state.version().to_owned(), default_box }))
}
