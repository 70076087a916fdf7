//! `GET /v1/webhooks`

use axum::Json;
use axum::extract::State;
use smartbox_api::{OrgQuery, WebhookList};

use super::webhook_view;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List webhooks
#[utoipa::path(
    get,
    path = "/v1/webhooks",
    tag = "webhooks",
    operation_id = "listWebhooks",
    params(OrgQuery),
    responses((status = OK, description = "Every webhook of the org, oldest first.", body = WebhookList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<OrgQuery>,
) -> Result<Json<WebhookList>, ApiError> {
    let webhooks = state.control().list_webhooks(&op, query.org.as_deref()).await?;
    Ok(Json(WebhookList { items: webhooks.iter().map(webhook_view).collect() }))
}
