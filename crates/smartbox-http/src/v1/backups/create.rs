//! `POST /v1/boxes/{box}/backups`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use smartbox_api::{BackupView, OperationView};
use smartbox_control::CreatedBackup;

use super::backup_view;
use crate::HttpState;
use crate::body::json;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;
use crate::v1::operations::operation_view;

/// Back a box up now
///
/// Answers when it is made, or after 55 seconds with the operation, which goes on and tells how far it is. A running box stands still
/// for some milliseconds. The backup stays until somebody removes it.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/backups",
    tag = "backups",
    operation_id = "createBackup",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses(
        (status = CREATED, description = "It is made.", body = BackupView),
        (
            status = ACCEPTED,
            description = "It takes longer, and goes on. The list shows it when the operation has ended.",
            body = OperationView,
            headers(("Location" = String, description = "Path of the operation.")),
        ),
    ),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Response, ApiError> {
    Ok(match state.control().create_backup(&op, &reference).await? {
        CreatedBackup::Made(backup) => json(StatusCode::CREATED, &backup_view(&backup)),
        CreatedBackup::UnderWay(operation) => {
            let path = format!("/v1/operations/{}", operation.id);
            ([(LOCATION, path)], json(StatusCode::ACCEPTED, &operation_view(&operation))).into_response()
        }
    })
}
