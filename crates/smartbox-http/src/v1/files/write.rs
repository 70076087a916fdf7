//! `PUT /v1/boxes/{box}/files/{path}`

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use futures_util::StreamExt;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode};
use smartbox_api::{FileView, PutFileQuery};
use smartbox_control::{Error, FILE_BYTES_MAX, FileWriting};
use smartbox_files::WriteOptions;

use super::conditions::{etag, for_writing};
use super::file_view;
use super::place::Place;
use crate::HttpState;
use crate::body::{QueryOf, json};
use crate::caller::Caller;
use crate::problem::{ApiError, codes};

/// What arrives in smaller pieces is put together before it is written.
const PIECE_BYTES: usize = 256 * 1024;

/// Write a file
///
/// As a whole: whoever reads it sees the old content or the new one, and so does the box after a crash. What breaks off changes
/// nothing. `If-Match` with the file's `ETag` writes only what was read; `If-None-Match: *` replaces nothing. It belongs to the box's
/// agent. Works on a box that sleeps or is stopped, and wakes none.
#[utoipa::path(
    put,
    path = "/v1/boxes/{box}/files/{*path}",
    tag = "files",
    operation_id = "putFile",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("path" = String, Path, description = "Path below the agent's home; slashes between its names."),
        PutFileQuery,
        ("If-Match" = Option<String>, Header, description = "Writes only if the file has this `ETag`; `*`: if there is one."),
        ("If-None-Match" = Option<String>, Header, description = "`*`: writes only if there is none."),
    ),
    request_body(content = String, content_type = "application/octet-stream", description = "The content: at most 4 GiB."),
    responses(
        (status = OK, description = "The file was replaced.", body = FileView),
        (status = CREATED, description = "The file is new.", body = FileView),
    ),
)]
pub(crate) async fn write(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Place { reference, path }: Place,
    QueryOf(query): QueryOf<PutFileQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > FILE_BYTES_MAX) {
        return Err(Error::FileTooLarge(format!("a file has at most {FILE_BYTES_MAX} bytes")).into());
    }
    let options = WriteOptions {
        condition: for_writing(&headers)?,
        parents: query.parents.unwrap_or(false),
        bytes_max: FILE_BYTES_MAX,
    };
    let _permit = state.stream_permit()?;
    let writing = state.control().write_file(&op, &reference, &path, options).await?;
    let stop = state.stop();
    let writing = tokio::select! {
        written = take(writing, body) => written?,
        () = stop.cancelled() => return Err(ApiError::known(&codes::OVERLOADED)),
    };
    let (entry, is_new) = writing.finish().await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(([etag(&entry)], json(status, &file_view(&entry, &path))).into_response())
}

/// Writes what arrives, at the pace at which the disk takes it.
async fn take(mut writing: FileWriting, body: Body) -> Result<FileWriting, ApiError> {
    let mut pieces = body.into_data_stream();
    let mut waiting = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        // A client that left, or was silent for too long: nobody hears the answer.
        let piece = piece.map_err(|_broken| ApiError::known(&codes::BAD_REQUEST))?;
        if waiting.is_empty() && piece.len() >= PIECE_BYTES {
            writing.write(piece).await?;
            continue;
        }
        waiting.extend_from_slice(&piece);
        if waiting.len() >= PIECE_BYTES {
            writing.write(waiting.split().freeze()).await?;
        }
    }
    if !waiting.is_empty() {
        writing.write(waiting.freeze()).await?;
    }
    Ok(writing)
}
