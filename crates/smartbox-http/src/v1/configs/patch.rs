//! `PATCH /v1/boxes/{box}/config`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Map, Value};
use smartbox_api::ConfigChangeView;
use smartbox_control::ConfigWish;

use super::changed;
use crate::HttpState;
use crate::body::MergePatch;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Change the owner's part of a configuration
///
/// A merge patch (RFC 7396): objects merge, `null` removes, everything else, lists too, replaces. Otherwise as setting it. Without
/// If-Match the patch is made to whatever is there, also when somebody else changes it at the same time.
#[utoipa::path(
    patch,
    path = "/v1/boxes/{box}/config",
    tag = "boxes",
    operation_id = "patchConfig",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the configuration that the decision rests on."),
    ),
    request_body(content(
        (Object = "application/merge-patch+json"),
        (Object = "application/json"),
    )),
    responses(
        (status = OK, description = "It is kept, and nothing is to be waited for.", body = ConfigChangeView),
        (status = ACCEPTED, description = "It is kept, and the gateway gets it.", body = ConfigChangeView),
    ),
)]
pub(crate) async fn patch(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
    MergePatch(body): MergePatch<Map<String, Value>>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let wish = ConfigWish::Patch(Value::Object(body));
    Ok(changed(&state.control().change_config(&op, &reference, &wish, version).await?))
}
