//! `PUT /v1/orgs/{org}/holds/{kind}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{HoldOrg, HoldView};

use super::hold_view;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Keep every box of an org from waking
///
/// Whoever asks: a request, the API, a schedule. What runs is not ended by this. One of the same kind is replaced. Only the
/// platform's admin may.
#[utoipa::path(
    put,
    path = "/v1/orgs/{org}/holds/{kind}",
    tag = "orgs",
    operation_id = "holdOrg",
    params(
        ("org" = String, Path, description = "Id or name."),
        ("kind" = String, Path, description = "`account`, `abuse`, `plan` or `budget`."),
    ),
    request_body = HoldOrg,
    responses((status = OK, description = "The hold.", body = HoldView)),
)]
pub(crate) async fn hold(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((org, kind)): Path<(String, String)>,
    JsonBody(body): JsonBody<HoldOrg>,
) -> Result<Json<HoldView>, ApiError> {
    Ok(Json(hold_view(&state.control().hold_org(&op, &org, &kind, &body.reason).await?)))
}
