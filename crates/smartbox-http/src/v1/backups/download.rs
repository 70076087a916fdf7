//! `GET /v1/boxes/{box}/backups/{backup}/download`

use std::path::PathBuf;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use smartbox_api::DownloadQuery;

use super::backup_id;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Longest name that a file is saved under.
const NAME_CHARS_MAX: usize = 100;

/// Take a backup along
///
/// An archive (tar, compressed with zstd) of the agent's home, or one file of it. Whoever has it has every secret that the
/// box had. An answer that breaks off is not complete.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/backups/{backup}/download",
    tag = "backups",
    operation_id = "downloadBackup",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("backup" = String, Path, description = "Id."),
        DownloadQuery,
    ),
    responses((status = OK, description = "The archive, or the file.", body = String, content_type = "application/octet-stream")),
)]
pub(crate) async fn download(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, backup)): Path<(String, String)>,
    QueryOf(query): QueryOf<DownloadQuery>,
) -> Result<Response, ApiError> {
    let path = query.path.map(PathBuf::from);
    let download = state.control().download_backup(&op, &reference, backup_id(&backup)?, path).await?;
    // Never shown as a page: its content is the box's.
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_DISPOSITION, disposition(&download.name)),
    ];
    Ok((headers, Body::from_stream(download.content)).into_response())
}

pub(in crate::v1) fn disposition(name: &str) -> HeaderValue {
    let plain: String = name
        .chars()
        .map(
            |character| {
                if character.is_ascii_alphanumeric() || ".-_".contains(character) { character } else { '_' }
            },
        )
        .take(NAME_CHARS_MAX)
        .collect();
    HeaderValue::try_from(format!("attachment; filename=\"{plain}\""))
        .unwrap_or_else(|_error| HeaderValue::from_static("attachment"))
}
