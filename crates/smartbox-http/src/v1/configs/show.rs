//! `GET /v1/boxes/{box}/config`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::ETAG;
use smartbox_api::ConfigView;

use super::config_view;
use crate::HttpState;
use crate::body::json;
use crate::caller::Caller;
use crate::precondition::etag;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Show the configuration of a box
///
/// What its owner added, and what the gateway is given. No secret is shown.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/config",
    tag = "boxes",
    operation_id = "showConfig",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((
        status = OK,
        description = "The configuration.",
        body = ConfigView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Response, ApiError> {
    let config = state.control().box_config(&op, &reference).await?;
    Ok(([(ETAG, etag(config.version))], json(StatusCode::OK, &config_view(&config))).into_response())
}
