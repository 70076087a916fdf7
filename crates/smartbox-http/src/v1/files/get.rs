//! `GET /v1/boxes/{box}/files/{path}`

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LAST_MODIFIED,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use smartbox_api::{FileOrList, FileQuery};
use smartbox_control::Looked;
use smartbox_files::{Entry, FileSource};

use super::conditions::{etag, is_known};
use super::list::page;
use super::place::Place;
use super::range::{Part, part};
use super::{file_list, file_view};
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::{Listener, Right};
use crate::problem::{ApiError, codes};

/// A piece of a file: what is read at once.
const PIECE_BYTES: u64 = 512 * 1024;
/// Pieces in memory.
const PIECES_MAX: usize = 2;

/// Read a file, or list a directory
///
/// A file comes as it is; `Range`, `If-Range` and `If-None-Match` are understood. A directory comes as JSON. With `stat` either comes as
/// JSON that says what it is. Works on a box that sleeps or is stopped, and wakes none. Links are not followed.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/files/{*path}",
    tag = "files",
    operation_id = "getFile",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("path" = String, Path, description = "Path below the agent's home; slashes between its names."),
        FileQuery,
        ("Range" = Option<String>, Header, description = "One part of the bytes."),
        ("If-None-Match" = Option<String>, Header, description = "Answers 304 when the file has this `ETag`."),
    ),
    responses(
        (status = OK, description = "The file; or the directory, or what is there, as JSON.", content(
            (String = "application/octet-stream"),
            (FileOrList = "application/json"),
        )),
        (status = PARTIAL_CONTENT, description = "The part of the file.", body = String, content_type = "application/octet-stream"),
        (status = NOT_MODIFIED, description = "The file is as the caller knows it."),
    ),
)]
pub(crate) async fn get(
    State(state): State<HttpState>,
    Listener(op, right): Listener,
    Place { reference, path }: Place,
    QueryOf(query): QueryOf<FileQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let control = state.control();
    if query.stat == Some(true) {
        let entry = control.stat_file(&op, &reference, &path).await?;
        return Ok(([etag(&entry)], Json(file_view(&entry, &path))).into_response());
    }
    match control.look_at_file(&op, &reference, &path, page(&query)?).await? {
        Looked::Directory(listing) => Ok(Json(file_list(&listing, &path)).into_response()),
        Looked::File(source) => {
            let permit = state.stream_permit()?;
            let mut response = answer(source, &headers, (right, permit))?;
            response.headers_mut().insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
            Ok(response)
        }
    }
}

type Kept = (Right, tokio::sync::OwnedSemaphorePermit);

fn answer(source: Box<dyn FileSource>, headers: &HeaderMap, kept: Kept) -> Result<Response, ApiError> {
    let entry = source.entry().clone();
    if is_known(headers, &entry) {
        return Ok((StatusCode::NOT_MODIFIED, [etag(&entry)]).into_response());
    }
    let length = entry.bytes;
    let (status, first, count) = match part(headers, &entry) {
        Part::Whole => (StatusCode::OK, 0, length),
        Part::Of(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Part::Nothing => {
            let mut refused = ApiError::known(&codes::RANGE_NOT_SATISFIABLE).into_response();
            refused.headers_mut().insert(CONTENT_RANGE, value(format!("bytes */{length}")));
            return Ok(refused);
        }
    };
    let body = Body::from_stream(content(source, (first, count), kept));
    let mut response = (status, [etag(&entry)], body).into_response();
    let answered = response.headers_mut();
    // Never shown as a page: its content is the box's.
    answered.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    answered.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    answered.insert(CONTENT_LENGTH, HeaderValue::from(count));
    if let Some(at) = last_modified(&entry) {
        answered.insert(LAST_MODIFIED, value(at));
    }
    if status == StatusCode::PARTIAL_CONTENT {
        answered.insert(CONTENT_RANGE, value(format!("bytes {first}-{}/{length}", first + count - 1)));
    }
    Ok(response)
}

fn value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_error| HeaderValue::from_static(""))
}

fn last_modified(entry: &Entry) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(entry.modified_ms).ok()?;
    Some(at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// The bytes of a part. While one piece is sent the next is read; no more than two are in memory. A file that became shorter breaks the
/// answer off: its length was announced.
fn content(
    source: Box<dyn FileSource>,
    (first, count): (u64, u64),
    (right, permit): Kept,
) -> impl Stream<Item = std::io::Result<Bytes>> {
    let source: Arc<dyn FileSource> = Arc::from(source);
    let pieces = stream::iter(0..count.div_ceil(PIECE_BYTES)).map(move |number| {
        let (source, _kept) = (Arc::clone(&source), &permit);
        async move {
            let begin = number * PIECE_BYTES;
            let length = usize::try_from((count - begin).min(PIECE_BYTES)).unwrap_or(usize::MAX);
            let piece = source.read_at(first + begin, length).await.map_err(std::io::Error::other)?;
            if piece.len() == length { Ok(piece) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
        }
    });
    pieces.buffered(PIECES_MAX).take_until(async move { right.ended().await })
}
