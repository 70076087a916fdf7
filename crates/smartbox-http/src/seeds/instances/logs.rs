//! `GET /api/v1/instances/{instance}/logs`

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::LogsQuery;
use smartbox_core::Permission;

use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Listener;
use crate::problem::ApiError;
use crate::request::Instance;
use crate::v1::boxes::stream_logs;

/// Read the log of an instance
///
/// As `GET /v1/boxes/{box}/logs`; it goes on with what is written later unless `follow=false` is said.
#[utoipa::path(
    get,
    path = "/api/v1/instances/{instance}/logs",
    tag = "seeds",
    operation_id = "seedInstanceLogs",
    params(
        ("instance" = String, Path, description = "Id or name of the box."),
        LogsQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "Goes on behind the event with this id."),
    ),
    responses((status = OK, description = "Lines, as server-sent events.", body = String, content_type = "text/event-stream")),
)]
pub(crate) async fn logs(
    State(state): State<HttpState>,
    listener: Listener,
    Path(reference): Path<String>,
    QueryOf(query): QueryOf<LogsQuery>,
    Instance(instance): Instance,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let row = state.control().find_agent(&listener.0, Permission::BoxesRead, &reference).await?;
    let query = LogsQuery { follow: Some(query.follow.unwrap_or(true)), ..query };
    stream_logs(&state, listener, &row.id.to_string(), &query, (instance, &headers)).await
}
