//! `POST /v1/boxes/{box}/files:batch`

use axum::extract::State;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use smartbox_api::{FileBatch, FileBatchOp, FileBatchResult, FileBatchResults, FileText};
use smartbox_control::{Control, Error, FILE_BYTES_MAX, Looked, Op};
use smartbox_core::Permission;
use smartbox_files::{Condition, WriteOptions};

use super::conditions::unquoted;
use super::delete::removed;
use super::{file_view, path_of};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;
use crate::request::Instance;
use crate::v1::boxes::BoxReference;

/// Most things of one batch.
const OPERATIONS_MAX: usize = 50;
/// Most bytes of a file that is read in one.
const READ_BYTES_MAX: u64 = 256 * 1024;
/// The status of what was left undone (RFC 4918, section 11.4).
const LEFT_UNDONE: u16 = 424;
/// How content that is no text is written.
const BASE64: &str = "base64";
/// How content that is text is written.
const UTF8: &str = "utf-8";

/// Do many things with files
///
/// One after the other, at most 50. What fails does not undo what was done before it; each has its own status.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/files:batch",
    tag = "files",
    operation_id = "batchFiles",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours."),
    ),
    request_body = FileBatch,
    responses((status = OK, description = "What came of each.", body = FileBatchResults)),
)]
pub(crate) async fn batch(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    Instance(instance): Instance,
    headers: HeaderMap,
    JsonBody(body): JsonBody<FileBatch>,
) -> Result<Response, ApiError> {
    if !(1..=OPERATIONS_MAX).contains(&body.operations.len()) {
        return Err(ApiError::field("operations", format!("must be 1 to {OPERATIONS_MAX}")));
    }
    let (control, caller, target, asked) =
        (state.control().clone(), op.clone(), reference.clone(), body.clone());
    let work = async move {
        // Who may not is told so once, and not fifty times.
        control.resolve(&caller, Permission::BoxesExec, &target).await?;
        let mut results = Vec::with_capacity(asked.operations.len());
        let mut has_failed = false;
        for operation in asked.operations {
            if has_failed && asked.stop_on_error {
                results.push(FileBatchResult { status: LEFT_UNDONE, ..nothing() });
                continue;
            }
            let done = carry_out(&control, &caller, &target, operation).await;
            has_failed |= done.is_err();
            results.push(done.unwrap_or_else(|error| failed(error, &instance)));
        }
        Ok((StatusCode::OK, FileBatchResults { results }))
    };
    once(&state, &op, &headers, "POST /v1/boxes/{box}/files:batch", None, &(reference, body), work).await
}

const fn nothing() -> FileBatchResult {
    FileBatchResult { status: 200, file: None, text: None, removed: None, problem: None }
}

fn failed(error: ApiError, instance: &str) -> FileBatchResult {
    let problem = error.report(instance);
    FileBatchResult { status: problem.status, problem: Some(problem), ..nothing() }
}

async fn carry_out(
    control: &Control,
    op: &Op,
    reference: &str,
    operation: FileBatchOp,
) -> Result<FileBatchResult, ApiError> {
    let created = |is_new| if is_new { StatusCode::CREATED.as_u16() } else { StatusCode::OK.as_u16() };
    match operation {
        FileBatchOp::Stat { path } => {
            let path = path_of("path", &path)?;
            let entry = control.stat_file(op, reference, &path).await?;
            Ok(FileBatchResult { file: Some(file_view(&entry, &path)), ..nothing() })
        }
        FileBatchOp::Read { path } => read(control, op, reference, &path).await,
        FileBatchOp::Write { path, content, encoding, if_match, parents } => {
            let path = path_of("path", &path)?;
            let bytes = bytes_of(content, encoding.as_deref())?;
            let condition = match if_match.as_deref() {
                None => Condition::None,
                Some("*") => Condition::Present,
                Some(tag) => Condition::Tag(unquoted(tag).to_owned()),
            };
            let options = WriteOptions { condition, parents, bytes_max: FILE_BYTES_MAX };
            let mut writing = control.write_file(op, reference, &path, options).await?;
            writing.write(bytes).await?;
            let (entry, is_new) = writing.finish().await?;
            Ok(FileBatchResult { status: created(is_new), file: Some(file_view(&entry, &path)), ..nothing() })
        }
        FileBatchOp::Mkdir(wanted) => {
            let path = path_of("path", &wanted.path)?;
            let (entry, is_new) = control.make_dir(op, reference, &path, wanted.parents).await?;
            Ok(FileBatchResult { status: created(is_new), file: Some(file_view(&entry, &path)), ..nothing() })
        }
        FileBatchOp::Move(wanted) => {
            let (from, to) = (path_of("from", &wanted.from)?, path_of("to", &wanted.to)?);
            let how = (wanted.replace, wanted.parents);
            let entry = control.move_file(op, reference, (&from, &to), how).await?;
            Ok(FileBatchResult { file: Some(file_view(&entry, &to)), ..nothing() })
        }
        FileBatchOp::Copy(wanted) => {
            let (from, to) = (path_of("from", &wanted.from)?, path_of("to", &wanted.to)?);
            let how = (wanted.replace, wanted.parents);
            let entry = control.copy_file(op, reference, (&from, &to), how).await?;
            Ok(FileBatchResult { file: Some(file_view(&entry, &to)), ..nothing() })
        }
        FileBatchOp::Delete { path, permanent } => {
            let path = path_of("path", &path)?;
            let thrown = control.remove_file(op, reference, &path, permanent).await?;
            Ok(FileBatchResult { removed: Some(removed(thrown.as_ref())), ..nothing() })
        }
    }
}

async fn read(control: &Control, op: &Op, reference: &str, path: &str) -> Result<FileBatchResult, ApiError> {
    let path = path_of("path", path)?;
    let Looked::File(source) = control.look_at_file(op, reference, &path, (None, 1)).await? else {
        return Err(Error::from(smartbox_files::Error::NotAFile).into());
    };
    let entry = source.entry();
    if entry.bytes > READ_BYTES_MAX {
        let what = format!("a file that is read in a batch has at most {READ_BYTES_MAX} bytes");
        return Err(Error::FileTooLarge(what).into());
    }
    let length = usize::try_from(entry.bytes).unwrap_or(0);
    let content = source.read_at(0, length).await.map_err(Error::from)?;
    let text = match std::str::from_utf8(&content) {
        Ok(text) => FileText { content: text.to_owned(), encoding: UTF8.to_owned() },
        Err(_binary) => FileText { content: STANDARD.encode(&content), encoding: BASE64.to_owned() },
    };
    Ok(FileBatchResult { file: Some(file_view(entry, &path)), text: Some(text), ..nothing() })
}

fn bytes_of(content: String, encoding: Option<&str>) -> Result<Bytes, ApiError> {
    match encoding {
        None | Some(UTF8) => Ok(content.into()),
        Some(BASE64) => match STANDARD.decode(content) {
            Ok(bytes) => Ok(bytes.into()),
            Err(_error) => Err(ApiError::field("content", "is not base64")),
        },
        Some(_) => Err(ApiError::field("encoding", format!("is one of {UTF8}, {BASE64}"))),
    }
}
