//! `GET /v1/support-sessions`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SupportQuery, SupportSessionList};
use smartbox_control::SupportQuery as Query;

use super::support_view;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::page;
use crate::problem::ApiError;

/// List support access
///
/// What is open and what was within 90 days: in one's own name, or in the name of anybody in the org with `people:manage`.
#[utoipa::path(
    get,
    path = "/v1/support-sessions",
    tag = "support",
    operation_id = "listSupport",
    params(SupportQuery),
    responses((status = OK, description = "A page of support sessions, newest first.", body = SupportSessionList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<SupportQuery>,
) -> Result<Json<SupportSessionList>, ApiError> {
    let limit = page::limit(query.limit)?;
    let cursor = page::cursor(query.cursor.as_deref())?;
    let wanted = Query {
        org: query.org.as_deref(),
        user: query.user.as_deref(),
        is_open: query.open.unwrap_or(false),
    };
    let page = state.control().list_support(&op, wanted, cursor.as_ref(), limit).await?;
    let now = state.control().clock().now();
    Ok(Json(SupportSessionList {
        items: page.items.iter().map(|session| support_view(session, now)).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}
