//! `PATCH /api/super/users/{id}/config`, and what the routes of configurations share.

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};
use smartbox_api::{SeedBoxQuery, SeedConfigSaved};
use smartbox_control::{ConfigChanged, ConfigWish};

use super::target::Target;
use crate::HttpState;
use crate::body::MergePatch;
use crate::problem::ApiError;

/// Change a configuration, in the older shape
///
/// A merge patch (RFC 7396): objects merge, `null` removes, everything else, lists too, replaces.
#[utoipa::path(
    patch,
    path = "/api/super/users/{id}/config",
    tag = "seeds",
    operation_id = "seedPatchConfig",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    request_body(content((Object = "application/json"), (Object = "application/merge-patch+json"))),
    responses((status = OK, description = "It is kept, and the gateway gets it.", body = SeedConfigSaved)),
)]
pub(crate) async fn config_patch(
    State(state): State<HttpState>,
    target: Target,
    MergePatch(body): MergePatch<Map<String, Value>>,
) -> Result<Json<SeedConfigSaved>, ApiError> {
    change(&state, &target, &ConfigWish::Patch(Value::Object(body))).await
}

pub(super) async fn change(
    state: &HttpState,
    target: &Target,
    wish: &ConfigWish,
) -> Result<Json<SeedConfigSaved>, ApiError> {
    let changed = state.control().change_config(&target.op, &target.reference(), wish, None).await?;
    let ConfigChanged { config, operation, applies } = changed;
    Ok(Json(SeedConfigSaved {
        success: true,
        user_id: target.user.clone(),
        version: config.version,
        applies: applies.as_str().to_owned(),
        operation_id: operation.map(|operation| operation.id.to_string()),
        config: object(&config.owner),
    }))
}

pub(super) fn object(document: &Value) -> Map<String, Value> {
    document.as_object().cloned().unwrap_or_default()
}
