//! `POST /v1/boxes/{box}/config/rollback`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{ConfigChangeView, RollBackConfig};
use smartbox_control::ConfigWish;

use super::changed;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Go back to an earlier version of a configuration
///
/// What it said becomes a new version, and is checked and applied as any other.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/config/rollback",
    tag = "boxes",
    operation_id = "rollBackConfig",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the configuration that the decision rests on."),
    ),
    request_body = RollBackConfig,
    responses(
        (status = OK, description = "It is kept, and nothing is to be waited for.", body = ConfigChangeView),
        (status = ACCEPTED, description = "It is kept, and the gateway gets it.", body = ConfigChangeView),
    ),
)]
pub(crate) async fn roll_back(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
    JsonBody(body): JsonBody<RollBackConfig>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let wish = ConfigWish::RollBack(body.version);
    Ok(changed(&state.control().change_config(&op, &reference, &wish, version).await?))
}
