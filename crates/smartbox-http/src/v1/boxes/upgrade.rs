//! `POST /v1/boxes/{box}/upgrade`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{Launched, UpgradeBox};

use super::{BoxReference, launched};
use crate::HttpState;
use crate::body::OptionalJsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Upgrade the agent runtime of a box
///
/// The newest good backup is booted on the new version in a sealed box first: if it does not come up, the box is not touched. Then the box is stopped, its state is saved, and it starts on the new version. Only when its gateway has been well for a minute and its
/// state came through, the operation succeeds. If not, version and state go back to what they were, and the operation fails with the
/// reason. An older version is refused: it cannot read the state of a newer one.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/upgrade",
    tag = "boxes",
    operation_id = "upgradeBox",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the box that the decision rests on."),
    ),
    request_body = Option<UpgradeBox>,
    responses((status = ACCEPTED, description = "It is under way.", body = Launched)),
)]
pub(crate) async fn upgrade(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
    OptionalJsonBody(body): OptionalJsonBody<UpgradeBox>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    Ok(launched(&state.control().upgrade_box(&op, &reference, body.to.as_deref(), version).await?))
}
