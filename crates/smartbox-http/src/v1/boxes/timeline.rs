//! `GET /v1/boxes/{box}/timeline`

use axum::Json;
use axum::extract::State;
use smartbox_api::{EventList, EventView, PageQuery};
use smartbox_control::Event;

use super::BoxReference;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::page;
use crate::problem::ApiError;

/// What happened to a box
///
/// Every change of its state, with who or what changed it and why.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/timeline",
    tag = "boxes",
    operation_id = "boxTimeline",
    params(("box" = String, Path, description = "Id, name or `default`."), PageQuery),
    responses((status = OK, description = "A page of events, newest first.", body = EventList)),
)]
pub(crate) async fn timeline(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<EventList>, ApiError> {
    let limit = page::limit(query.limit)?;
    let cursor = page::cursor(query.cursor.as_deref())?;
    let page = state.control().timeline(&op, &reference, cursor.as_ref(), limit).await?;
    Ok(Json(EventList {
        items: page.items.iter().map(event_view).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}

fn event_view(event: &Event) -> EventView {
    EventView {
        id: event.id.to_string(),
        box_id: event.box_id.map(|id| id.to_string()).unwrap_or_default(),
        at: event.at.to_string(),
        actor: event.actor.clone(),
        action: event.action.clone(),
        reason: event.reason.clone(),
        detail: event.detail.clone(),
    }
}
