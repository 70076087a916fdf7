//! `POST /agents/{agent}/vps`

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{SeedPlaceAgent, SeedVps};

use super::vps_view;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;

/// Give an agent a machine
///
/// It is started. What the agent had when its last machine was taken away is there again.
#[utoipa::path(
    post,
    path = "/agents/{agent}/vps",
    tag = "seeds",
    operation_id = "seedPlaceAgent",
    params(
        ("agent" = String, Path, description = "Id or name of the box."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours."),
    ),
    request_body = SeedPlaceAgent,
    responses((status = CREATED, description = "The machine, which is being provisioned.", body = SeedVps)),
)]
pub(crate) async fn place(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SeedPlaceAgent>,
) -> Result<Response, ApiError> {
    let (asked, caller, inner) = ((agent, body), op.clone(), state.clone());
    let (agent, tier) = (asked.0.clone(), asked.1.vps_config_id.clone());
    let work = async move {
        let row = inner.control().place_agent(&caller, &agent, &tier).await?;
        Ok((StatusCode::CREATED, vps_view(&inner, &row)))
    };
    once(&state, &op, &headers, "POST /agents/{agent}/vps", None, &asked, work).await
}
