//! `POST /api/super/users/{id}/files/batch`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedBoxQuery, SeedFileBatch, SeedFileOp, SeedFileResult, SeedFileResults};
use smartbox_control::{Control, Error};

use super::files::{path_of, read, write};
use super::target::Target;
use crate::HttpState;
use crate::body::JsonBody;
use crate::problem::ApiError;
use crate::request::Instance;

/// Most things of one batch.
const OPERATIONS_MAX: usize = 50;

/// Do many things with files, in the older shape
///
/// One after the other. What fails does not undo what was done before it.
#[utoipa::path(
    post,
    path = "/api/super/users/{id}/files/batch",
    tag = "seeds",
    operation_id = "seedFileBatch",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    request_body = SeedFileBatch,
    responses((status = OK, description = "What came of each.", body = SeedFileResults)),
)]
pub(crate) async fn file_batch(
    State(state): State<HttpState>,
    target: Target,
    Instance(instance): Instance,
    JsonBody(body): JsonBody<SeedFileBatch>,
) -> Result<Json<SeedFileResults>, ApiError> {
    if !(1..=OPERATIONS_MAX).contains(&body.operations.len()) {
        return Err(ApiError::field("operations", format!("must be 1 to {OPERATIONS_MAX}")));
    }
    let mut results = Vec::with_capacity(body.operations.len());
    for asked in body.operations {
        let mut result = SeedFileResult {
            op: asked.op.clone(),
            path: asked.path.clone(),
            success: true,
            content: None,
            exists: None,
            error: None,
        };
        if let Err(error) = carry_out(state.control(), &target, asked, &mut result).await {
            let problem = error.report(&instance);
            result.success = false;
            result.error = Some(problem.detail.unwrap_or(problem.title));
        }
        results.push(result);
    }
    Ok(Json(SeedFileResults { results }))
}

async fn carry_out(
    control: &Control,
    target: &Target,
    asked: SeedFileOp,
    result: &mut SeedFileResult,
) -> Result<(), ApiError> {
    let (path, reference) = (path_of(&asked.path)?, target.reference());
    match asked.op.as_str() {
        "read" => result.content = Some(read(control, &target.op, &reference, &path).await?.1),
        "write" => {
            let content = asked.content.ok_or_else(|| ApiError::field("content", "says what to write"))?;
            write(control, &target.op, &reference, &path, content.into()).await?;
        }
        "delete" => drop(control.remove_file(&target.op, &reference, &path, false).await?),
        "exists" => {
            result.exists = Some(match control.stat_file(&target.op, &reference, &path).await {
                Ok(_entry) => true,
                Err(Error::NotFound("box file")) => false,
                Err(error) => return Err(error.into()),
            });
        }
        _ => return Err(ApiError::field("op", "is one of `read`, `write`, `delete`, `exists`")),
    }
    Ok(())
}
