//! `PUT /agents/{agent}/workspace/{filename}`

use axum::extract::{Path, State};
use http::StatusCode;
use smartbox_api::SeedWorkspaceFile;
use smartbox_core::Permission;
use smartbox_files::{Condition, FilePath, WriteOptions};

use crate::HttpState;
use crate::body::{BODY_BYTES_MAX, JsonBody};
use crate::caller::Caller;
use crate::problem::ApiError;

/// What an agent is told of itself: the files that OpenClaw reads at the beginning of a session
/// (<https://docs.openclaw.ai/concepts/agent-workspace>).
const FILES: [&str; 7] =
    ["AGENTS.md", "SOUL.md", "IDENTITY.md", "TOOLS.md", "USER.md", "MEMORY.md", "BOOTSTRAP.md"];

/// Write a file of an agent's workspace
///
/// One of `AGENTS.md`, `SOUL.md`, `IDENTITY.md`, `TOOLS.md`, `USER.md`, `MEMORY.md` and `BOOTSTRAP.md`, as a whole. Works on an agent that
/// sleeps or is stopped, and wakes none. `PUT /v1/boxes/{box}/files/{path}` writes every other.
#[utoipa::path(
    put,
    path = "/agents/{agent}/workspace/{filename}",
    tag = "seeds",
    operation_id = "seedSetWorkspaceFile",
    params(
        ("agent" = String, Path, description = "Id or name of the box."),
        ("filename" = String, Path, description = "One of the seven."),
    ),
    request_body = SeedWorkspaceFile,
    responses((status = NO_CONTENT, description = "It is written.")),
)]
pub(crate) async fn set_workspace(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((agent, filename)): Path<(String, String)>,
    JsonBody(body): JsonBody<SeedWorkspaceFile>,
) -> Result<StatusCode, ApiError> {
    let row = state.control().find_agent(&op, Permission::BoxesExec, &agent).await?;
    let Some(name) = FILES.into_iter().find(|name| *name == filename) else {
        return Err(ApiError::field("filename", format!("is one of {}", FILES.join(", "))));
    };
    let options =
        WriteOptions { condition: Condition::None, parents: true, bytes_max: BODY_BYTES_MAX as u64 };
    let path = FilePath::from_url(&format!("workspace/{name}"));
    let path = path.map_err(|error| ApiError::field("filename", error.to_string()))?;
    let mut writing = state.control().write_file(&op, &row.id.to_string(), &path, options).await?;
    writing.write(body.content.into_bytes().into()).await?;
    writing.finish().await?;
    Ok(StatusCode::NO_CONTENT)
}
