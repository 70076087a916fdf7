//! `PUT /api/super/users/{id}/config`

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};
use smartbox_api::{SeedBoxQuery, SeedConfigSaved};
use smartbox_control::ConfigWish;

use super::config::change;
use super::target::Target;
use crate::HttpState;
use crate::body::JsonBody;
use crate::problem::ApiError;

/// Set a configuration, in the older shape
#[utoipa::path(
    put,
    path = "/api/super/users/{id}/config",
    tag = "seeds",
    operation_id = "seedSetConfig",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    request_body = Object,
    responses((status = OK, description = "It is kept, and the gateway gets it.", body = SeedConfigSaved)),
)]
pub(crate) async fn config_set(
    State(state): State<HttpState>,
    target: Target,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<SeedConfigSaved>, ApiError> {
    change(&state, &target, &ConfigWish::Set(Value::Object(body))).await
}
