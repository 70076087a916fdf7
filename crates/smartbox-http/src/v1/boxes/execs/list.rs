//! `GET /v1/boxes/{box}/exec`

use axum::Json;
use axum::extract::State;
use smartbox_api::{ExecList, PageQuery};

use super::super::BoxReference;
use super::super::exec::exec_view;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::page;
use crate::problem::ApiError;

/// List the commands of a box
///
/// Those that run by themselves, and those that ended within 24 hours; without what they printed.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/exec",
    tag = "boxes",
    operation_id = "listExecs",
    params(("box" = String, Path, description = "Id, name or `default`."), PageQuery),
    responses((status = OK, description = "A page of commands, the newest first.", body = ExecList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<ExecList>, ApiError> {
    let limit = page::limit(query.limit)?;
    let cursor = page::cursor(query.cursor.as_deref())?;
    let page = state.control().list_execs(&op, &reference, cursor.as_ref(), limit).await?;
    Ok(Json(ExecList {
        items: page.items.iter().map(|exec| exec_view(exec, false)).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}
