//! `GET /v1/boxes`

use axum::Json;
use axum::extract::State;
use smartbox_api::{BoxList, ListQuery};
use smartbox_core::{Phase, Selector};

use super::box_view;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::page;
use crate::problem::ApiError;

/// List boxes
///
/// A user sees the boxes of their org, an admin those of every org.
#[utoipa::path(
    get,
    path = "/v1/boxes",
    tag = "boxes",
    operation_id = "listBoxes",
    params(ListQuery),
    responses((status = OK, description = "A page of boxes, oldest first.", body = BoxList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<BoxList>, ApiError> {
    let phase = query.state.as_deref().map(phase).transpose()?;
    let selector = query.label.as_deref().map(selector).transpose()?;
    let limit = page::limit(query.limit)?;
    let cursor = page::cursor(query.cursor.as_deref())?;
    let page = state.control().list_boxes(&op, (None, phase, selector), cursor.as_ref(), limit).await?;
    Ok(Json(BoxList {
        items: page.items.iter().map(|row| box_view(row, Vec::new())).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}

/// The selector that a query holds.
pub(crate) fn selector(text: &str) -> Result<Selector, ApiError> {
    text.parse().map_err(|bad: smartbox_core::label::BadSelector| ApiError::field("label", bad.to_string()))
}

fn phase(text: &str) -> Result<Phase, ApiError> {
    Phase::ALL.into_iter().find(|phase| phase.as_str() == text).ok_or_else(|| {
        let known: Vec<_> = Phase::ALL.iter().map(|phase| format!("`{}`", phase.as_str())).collect();
        ApiError::field("state", format!("is one of {}", known.join(", ")))
    })
}
