//! `POST /v1/boxes/{box}/backup-key`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use secrecy::ExposeSecret;
use smartbox_api::BackupKey;

use crate::HttpState;
use crate::body::json;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Show the key of a box's backups
///
/// For its owner: with it, `restic` lists, checks and restores them without the platform. That it was shown is in the audit log.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/backup-key",
    tag = "backups",
    operation_id = "showBackupKey",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((status = OK, description = "Address and key.", body = BackupKey)),
)]
pub(crate) async fn key(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Response, ApiError> {
    let access = state.control().backup_access(&op, &reference).await?;
    let view =
        BackupKey { repository: access.repository, password: access.password.expose_secret().to_owned() };
    let never_kept = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((never_kept, json(StatusCode::OK, &view)).into_response())
}
