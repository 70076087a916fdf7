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
use smartbox_api::FileQuery;
use smartbox_control::Looked;
use smartbox_files::{Entry, FileSource};
use tokio::task::JoinHandle;

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
const PIECE_BYTES: usize = 512 * 1024;

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
        (status = OK, description = "The file, or the directory.", body = String, content_type = "application/octet-stream"),
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

/// A piece that is being read.
type Next = JoinHandle<Result<Bytes, smartbox_files::Error>>;

struct Reading {
    source: Arc<dyn FileSource>,
    at: u64,
    left: u64,
    /// The piece behind the one that is being sent.
    next: Option<Next>,
}

impl Reading {
    /// Begins to read the next piece, so that it is there when the one before was sent. Two pieces are in memory at most.
    fn ahead(&mut self) {
        let length = self.left.min(PIECE_BYTES as u64);
        if length == 0 {
            self.next = None;
            return;
        }
        let (source, at) = (Arc::clone(&self.source), self.at);
        let wanted = usize::try_from(length).unwrap_or(PIECE_BYTES);
        self.at += length;
        self.left -= length;
        // It ends by itself: one piece, whoever waits for it.
        self.next = Some(tokio::task::spawn(async move { source.read_at(at, wanted).await }));
    }
}

/// The bytes of a part. One that ends early, because the file became shorter, breaks the answer off: its length is announced.
fn content(
    source: Box<dyn FileSource>,
    (first, count): (u64, u64),
    (right, permit): Kept,
) -> impl Stream<Item = std::io::Result<Bytes>> {
    let mut reading = Reading { source: Arc::from(source), at: first, left: count, next: None };
    reading.ahead();
    let pieces = stream::unfold((reading, permit), |(mut reading, permit)| async move {
        let next = reading.next.take()?;
        let piece = match next.await {
            Ok(Ok(piece)) if piece.is_empty() => Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)),
            Ok(Ok(piece)) => Ok(piece),
            Ok(Err(error)) => Err(std::io::Error::other(error)),
            Err(error) => Err(std::io::Error::other(error)),
        };
        if piece.is_ok() {
            reading.ahead();
        }
        Some((piece, (reading, permit)))
    });
    pieces.take_until(async move { right.ended().await })
}
