//! `POST /v1/boxes/{box}/exec/{exec}/resize`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{ExecView, TtySize};

use super::super::exec::{check_size, exec_id, exec_view};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Tell a command the size of its terminal
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/exec/{exec}/resize",
    tag = "boxes",
    operation_id = "resizeExec",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("exec" = String, Path, description = "Its id."),
    ),
    request_body = TtySize,
    responses((status = OK, description = "It was told.", body = ExecView)),
)]
pub(crate) async fn resize(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, id)): Path<(String, String)>,
    JsonBody(body): JsonBody<TtySize>,
) -> Result<Json<ExecView>, ApiError> {
    let smartbox = state.control().resolve(&op, smartbox_core::Permission::BoxesExec, &reference).await?;
    check_size(body)?;
    let (id, size) = (exec_id(&id)?, (body.cols, body.rows));
    let exec = state.control().resize_exec(&op, &smartbox.id.to_string(), id, size).await?;
    Ok(Json(exec_view(&exec, true)))
}
