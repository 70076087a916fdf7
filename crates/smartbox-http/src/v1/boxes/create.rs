//! `POST /v1/boxes`

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{CreateBox, CreatedBox};
use smartbox_control::NewBox;

use super::box_view;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;
use crate::v1::operations::operation_view;

/// Create a box
///
/// The first box of an org becomes its default box. Unless asked otherwise the box starts at once; the operation
/// ends when its gateway answers.
#[utoipa::path(
    post,
    path = "/v1/boxes",
    tag = "boxes",
    operation_id = "createBox",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours.")),
    request_body = CreateBox,
    responses((status = ACCEPTED, description = "The box exists and is being started.", body = CreatedBox)),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    Caller(op): Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<CreateBox>,
) -> Result<Response, ApiError> {
    let new = NewBox {
        name: body.name.clone(),
        kind: body.kind.clone(),
        tier: body.tier.clone(),
        org: body.org.clone(),
        start: body.start,
        runtime_version: body.runtime_version.clone(),
        labels: body.labels.clone(),
    };
    let (control, caller) = (state.control().clone(), op.clone());
    let work = async move {
        let created = control.create_box(&caller, &new).await?;
        let smartbox = box_view(&created.smartbox, Vec::new());
        Ok((StatusCode::ACCEPTED, CreatedBox { smartbox, operation: operation_view(&created.operation) }))
    };
    once(&state, &op, &headers, "POST /v1/boxes", body.org.as_deref(), &body, work).await
}
