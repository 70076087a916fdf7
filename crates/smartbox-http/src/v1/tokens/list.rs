//! `GET /v1/tokens`

use axum::Json;
use axum::extract::State;
use smartbox_api::{OrgPageQuery, TokenList};

use super::token_view;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::page;
use crate::problem::ApiError;

/// List service tokens
///
/// Those that have not ended.
#[utoipa::path(
    get,
    path = "/v1/tokens",
    tag = "people",
    operation_id = "listTokens",
    params(OrgPageQuery),
    responses((status = OK, description = "A page of tokens, oldest first.", body = TokenList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<OrgPageQuery>,
) -> Result<Json<TokenList>, ApiError> {
    let limit = page::limit(query.limit)?;
    let cursor = page::cursor(query.cursor.as_deref())?;
    let page = state.control().list_tokens(&op, query.org.as_deref(), cursor.as_ref(), limit).await?;
    Ok(Json(TokenList {
        items: page.items.iter().map(token_view).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}
