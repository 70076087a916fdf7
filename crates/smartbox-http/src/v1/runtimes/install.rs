//! `POST /v1/runtimes`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use smartbox_api::{InstallRuntime, RuntimeView};

use super::runtime_view;
use crate::HttpState;
use crate::body::{JsonBody, json};
use crate::caller::Caller;
use crate::problem::ApiError;

/// Install a version of the agent runtime
///
/// It is fetched from npm's registry, checked against the integrity hashes that this release of the platform pins, and warmed up. That
/// takes a minute or more; `GET /v1/runtimes` tells when it is there. Asking twice is asking once.
#[utoipa::path(
    post,
    path = "/v1/runtimes",
    tag = "runtimes",
    operation_id = "installRuntime",
    request_body = InstallRuntime,
    responses((status = ACCEPTED, description = "How it stands.", body = RuntimeView)),
)]
pub(crate) async fn install(
    State(state): State<HttpState>,
    Caller(op): Caller,
    JsonBody(body): JsonBody<InstallRuntime>,
) -> Result<Response, ApiError> {
    let info = state.control().install_runtime(&op, &body.version).await?;
    Ok(json(StatusCode::ACCEPTED, &runtime_view(info)))
}
