//! `GET /v1/orgs/{org}/export`

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

use super::{Driven, contents};
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::backups::disposition;

/// Take along everything of an org
///
/// For its owners alone. A `.tar.zst` that is written as it is read: people, tokens, devices and secrets by their names, rules,
/// budgets, usage and the audit log as JSON, in the shapes of this API, and of each box its settings, its schedules and everything
/// of its newest good backup. Whoever has it has every secret that the agents have. `export.json` comes last: without it the
/// archive is not complete.
#[utoipa::path(
    get,
    path = "/v1/orgs/{org}/export",
    tag = "orgs",
    operation_id = "exportOrg",
    params(("org" = String, Path, description = "Your own: `me`, its id or name.")),
    responses((
        status = OK,
        description = "The archive.",
        content_type = "application/octet-stream",
        body = String,
    )),
)]
pub(crate) async fn of_org(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(org): Path<String>,
) -> Result<Response, ApiError> {
    let (org, sink, download) = state.control().begin_export(&op, &org).await?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (CONTENT_DISPOSITION, disposition(&download.name)),
    ];
    let work = async move {
        if let Err(error) = contents::write(&state, &op, sink).await {
            // Who reads it is told by the archive, which has no end.
            tracing::warn!(%org, error = &error as &dyn std::error::Error, "an export broke off");
        }
    };
    Ok((headers, Body::from_stream(Driven::new(work, download))).into_response())
}
