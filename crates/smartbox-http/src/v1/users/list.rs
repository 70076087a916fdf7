//! `GET /v1/users`

use axum::Json;
use axum::extract::State;
use smartbox_api::{OrgPageQuery, UserList};

use super::user_view;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::page;
use crate::problem::ApiError;

/// List the people of an org
#[utoipa::path(
    get,
    path = "/v1/users",
    tag = "people",
    operation_id = "listUsers",
    params(OrgPageQuery),
    responses((status = OK, description = "A page of people, oldest first.", body = UserList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<OrgPageQuery>,
) -> Result<Json<UserList>, ApiError> {
    let limit = page::limit(query.limit)?;
    let cursor = page::cursor(query.cursor.as_deref())?;
    let page = state.control().list_users(&op, query.org.as_deref(), cursor.as_ref(), limit).await?;
    Ok(Json(UserList {
        items: page.items.iter().map(user_view).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}
