//! `POST /v1/orgs`

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{CreateOrg, OrgView};

use super::org_view;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;

/// Create an org
///
/// It gets one user, its owner. Only an admin may.
#[utoipa::path(
    post,
    path = "/v1/orgs",
    tag = "orgs",
    operation_id = "createOrg",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours.")),
    request_body = CreateOrg,
    responses((status = CREATED, description = "The org exists.", body = OrgView)),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    Caller(op): Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<CreateOrg>,
) -> Result<Response, ApiError> {
    let (control, caller, name) = (state.control().clone(), op.clone(), body.name.clone());
    let work = async move {
        let created = control.create_org(&caller, &name).await?;
        Ok((StatusCode::CREATED, org_view(&created)))
    };
    once(&state, &op, &headers, "POST /v1/orgs", None, &body, work).await
}
