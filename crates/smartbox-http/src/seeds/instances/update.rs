//! `PUT /api/v1/instances/{instance}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{SeedInstance, SeedUpdateInstance};
use smartbox_control::InstanceWish;
use smartbox_core::Permission;

use super::{ANTHROPIC, BRAVE, OPENAI, changes};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Change an instance
///
/// Keys of its own, which come before those of the settings, and its model. Keys of models count at once; every other is in the
/// environment from the next start on.
#[utoipa::path(
    put,
    path = "/api/v1/instances/{instance}",
    tag = "seeds",
    operation_id = "seedUpdateInstance",
    params(("instance" = String, Path, description = "Id or name of the box.")),
    request_body = SeedUpdateInstance,
    responses((status = OK, description = "The instance as it is now.", body = SeedInstance)),
)]
pub(crate) async fn update(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(reference): Path<String>,
    JsonBody(body): JsonBody<SeedUpdateInstance>,
) -> Result<Json<SeedInstance>, ApiError> {
    let control = state.control();
    let row = control.find_agent(&op, Permission::BoxesManage, &reference).await?;
    let keys = changes([(ANTHROPIC, None), (OPENAI, None), (BRAVE, body.brave_api_key)], body.api_keys);
    let wish = InstanceWish { keys, default_model: body.default_model.filter(|model| !model.is_empty()) };
    control.change_instance(&op, &row.id.to_string(), &wish).await?;
    let row = control.find_agent(&op, Permission::BoxesRead, &row.id.to_string()).await?;
    Ok(Json(super::instance(&state, &op, &row).await?))
}
