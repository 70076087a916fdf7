//! `GET /v1/boxes/{box}/config/history`

use axum::Json;
use axum::extract::State;
use smartbox_api::{ConfigHistory, ConfigVersionView};

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// List the versions of a configuration
///
/// The newest thirty are kept, and the last one that a gateway was well with.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/config/history",
    tag = "boxes",
    operation_id = "listConfigVersions",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((status = OK, description = "The versions, the newest first.", body = ConfigHistory)),
)]
pub(crate) async fn history(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Json<ConfigHistory>, ApiError> {
    let versions = state.control().config_history(&op, &reference).await?;
    let view = |version: smartbox_control::ConfigVersion| ConfigVersionView {
        version: version.version,
        standing: version.standing.as_str().to_owned(),
        why: version.why,
        origin: version.origin,
        created_at: version.created_at.to_string(),
        created_by: version.created_by,
    };
    Ok(Json(ConfigHistory { items: versions.into_iter().map(view).collect() }))
}
