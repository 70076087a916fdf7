//! `PUT /api/v1/instances/{instance}/config`

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value};
use smartbox_api::{SeedInstanceConfig, SeedInstanceConfigSet};
use smartbox_control::{Applies, ConfigWish};
use smartbox_core::Permission;

use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Replace the configuration of an instance
///
/// The owner's part, as `PUT /v1/boxes/{box}/config` takes it: checked first, kept in versions, given to the gateway, and taken back if it is
/// not well with it. A text that is no JSON object is refused, and nothing changes.
#[utoipa::path(
    put,
    path = "/api/v1/instances/{instance}/config",
    tag = "seeds",
    operation_id = "seedSetInstanceConfig",
    params(("instance" = String, Path, description = "Id or name of the box.")),
    request_body = SeedInstanceConfig,
    responses((status = OK, description = "It is kept.", body = SeedInstanceConfigSet)),
)]
pub(crate) async fn set_config(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(reference): Path<String>,
    JsonBody(body): JsonBody<SeedInstanceConfig>,
) -> Result<Json<SeedInstanceConfigSet>, ApiError> {
    let row = state.control().find_agent(&op, Permission::BoxesManage, &reference).await?;
    let document: Map<String, Value> = serde_json::from_str(&body.config).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        ApiError::field("config", format!("is no JSON object: line {line}, column {column}"))
    })?;
    let wish = ConfigWish::Set(Value::Object(document));
    let changed = state.control().change_config(&op, &row.id.to_string(), &wish, None).await?;
    let config = format!("{:#}", changed.config.owner);
    Ok(Json(SeedInstanceConfigSet { config, restarted: changed.applies == Applies::Now }))
}
