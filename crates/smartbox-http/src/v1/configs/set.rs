//! `PUT /v1/boxes/{box}/config`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Map, Value};
use smartbox_api::ConfigChangeView;
use smartbox_control::ConfigWish;

use super::changed;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Replace the owner's part of a configuration
///
/// The body is the part itself, in the terms of the agent runtime. It is checked against the schema of the box's version. A gateway
/// that runs takes it over or starts again with it; when it is not well with it, the last version it was well with comes back, the
/// timeline says so, and the operation fails with the gateway's own words. A box that does not run gets it at its next start.
///
/// What the platform depends on is refused with its reason: how the gateway is reached, models, proxy, updates, heartbeats, the
/// terminal on its host. Everything is sealed at rest; values in it are readable by the agent, so keys of services are better given
/// as secrets.
#[utoipa::path(
    put,
    path = "/v1/boxes/{box}/config",
    tag = "boxes",
    operation_id = "setConfig",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the configuration that the decision rests on."),
    ),
    request_body = Object,
    responses(
        (status = OK, description = "It is kept, and nothing is to be waited for.", body = ConfigChangeView),
        (status = ACCEPTED, description = "It is kept, and the gateway gets it.", body = ConfigChangeView),
    ),
)]
pub(crate) async fn set(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let wish = ConfigWish::Set(Value::Object(body));
    Ok(changed(&state.control().change_config(&op, &reference, &wish, version).await?))
}
