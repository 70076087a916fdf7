//! `PATCH /v1/boxes/{box}`

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{BoxView, UpdateBox};
use smartbox_control::BoxWish;

use super::{BoxReference, box_view, tagged};
use crate::HttpState;
use crate::body::{JsonBody, json};
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;
use crate::v1::sleep::{effective_view, wish};

/// Change a box
///
/// Its sleep policy: what is left out stays, `null` leaves it to the org, the tier, the platform. Its labels: what is left out stays,
/// `null` removes.
#[utoipa::path(
    patch,
    path = "/v1/boxes/{box}",
    tag = "boxes",
    operation_id = "updateBox",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the box that the decision rests on."),
    ),
    request_body = UpdateBox,
    responses((
        status = OK,
        description = "The box as it is now.",
        body = BoxView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn update(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
    JsonBody(body): JsonBody<UpdateBox>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let wish = BoxWish { sleep: body.sleep.map(wish), labels: body.labels };
    let row = state.control().change_box(&op, &reference, &wish, version).await?;
    let effective = state.control().effective_sleep(&row).await?;
    let view = BoxView { sleep_after: Some(effective_view(&effective)), ..box_view(&row, Vec::new()) };
    Ok(tagged(json(StatusCode::OK, &view), &row))
}
