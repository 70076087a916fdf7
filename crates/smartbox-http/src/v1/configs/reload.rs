//! `POST /v1/boxes/{box}/config/reload`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::ConfigChangeView;
use smartbox_control::ConfigWish;

use super::changed;
use crate::HttpState;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Give a gateway its configuration again
///
/// The file is rendered anew, with what the platform says now, and given to the gateway. Nothing of the owner's part changes.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/config/reload",
    tag = "boxes",
    operation_id = "reloadConfig",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the configuration that the decision rests on."),
    ),
    responses(
        (status = OK, description = "The box does not run: it happens at its next start.", body = ConfigChangeView),
        (status = ACCEPTED, description = "The gateway gets it.", body = ConfigChangeView),
    ),
)]
pub(crate) async fn reload(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    Ok(changed(&state.control().change_config(&op, &reference, &ConfigWish::Reload, version).await?))
}
