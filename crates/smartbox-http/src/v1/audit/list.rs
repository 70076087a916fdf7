//! `GET /v1/audit`

use axum::Json;
use axum::extract::State;
use smartbox_api::{AuditLine, AuditList, OrgPageQuery};
use smartbox_control::AuditEvent;

use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::page;
use crate::problem::ApiError;

/// Read the audit log
///
/// The org's lines; for the platform's admin who names no org, all of them. `smartbox audit verify` checks the chain.
#[utoipa::path(
    get,
    path = "/v1/audit",
    tag = "audit",
    operation_id = "listAudit",
    params(OrgPageQuery),
    responses((status = OK, description = "A page of lines, oldest first.", body = AuditList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<OrgPageQuery>,
) -> Result<Json<AuditList>, ApiError> {
    let limit = page::limit(query.limit)?;
    let cursor = page::cursor(query.cursor.as_deref())?;
    let page = state.control().audit_log(&op, query.org.as_deref(), cursor.as_ref(), limit).await?;
    Ok(Json(AuditList {
        items: page.items.into_iter().map(line).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}

pub(in crate::v1) fn line(event: AuditEvent) -> AuditLine {
    AuditLine {
        seq: event.seq,
        id: event.id,
        org: event.org_id,
        box_id: event.box_id,
        at_ms: event.at_ms,
        actor: event.actor,
        action: event.action,
        reason: event.reason,
        detail: event.detail,
        address: event.address,
        outcome: event.outcome,
        previous_hash: event.previous_hash,
        hash: event.hash,
    }
}
