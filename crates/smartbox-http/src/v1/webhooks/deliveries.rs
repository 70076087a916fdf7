//! `GET /v1/webhooks/{webhook}/deliveries`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{DeliveryList, DeliveryQuery};
use smartbox_control::DeliveryState;

use super::delivery_view;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::page;
use crate::problem::ApiError;

/// List what a webhook was sent
///
/// Of the last 30 days.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{webhook}/deliveries",
    tag = "webhooks",
    operation_id = "listDeliveries",
    params(("webhook" = String, Path, description = "Id."), DeliveryQuery),
    responses((status = OK, description = "A page of deliveries, the newest event first.", body = DeliveryList)),
)]
pub(crate) async fn deliveries(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(webhook): Path<String>,
    QueryOf(query): QueryOf<DeliveryQuery>,
) -> Result<Json<DeliveryList>, ApiError> {
    let limit = page::limit(query.limit)?;
    let cursor = page::cursor(query.cursor.as_deref())?;
    let wrong = || ApiError::field("state", "is `waiting`, `delivered` or `failed`");
    let state_of = |word: &str| DeliveryState::from_word(word).ok_or_else(wrong);
    let only = query.state.as_deref().map(state_of).transpose()?;
    let page = state.control().list_deliveries(&op, &webhook, only, cursor.as_ref(), limit).await?;
    Ok(Json(DeliveryList {
        items: page.items.iter().map(delivery_view).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}
