//! `GET /v1/boxes/{box}/logs`

use axum::extract::State;
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream;
use http::HeaderMap;
use smartbox_api::LogsQuery;
use smartbox_control::{Error, LogFilter, LogLine, LogPosition, LogQuery, LogSource};

use super::BoxReference;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Listener;
use crate::problem::ApiError;
use crate::request::Instance;
use crate::stream::{StreamEvent, events};
use crate::v1::events::moment;

/// Lines that are shown when nobody says how many.
const TAIL_DEFAULT: u32 = 100;
/// Most lines to begin with.
const TAIL_MAX: u32 = 10_000;

/// Read a log
///
/// Each line is an event without a name. Its id, where it has one, is the position behind it: a client that
/// reconnects with `Last-Event-ID` goes on there. The event `end` follows the last line; `problem` tells an error.
/// Works on a stopped box and never starts one.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/logs",
    tag = "boxes",
    operation_id = "boxLogs",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        LogsQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "Goes on behind the event with this id."),
    ),
    responses((status = OK, description = "Lines, as server-sent events.", body = String, content_type = "text/event-stream")),
)]
pub(crate) async fn logs(
    State(state): State<HttpState>,
    listener: Listener,
    BoxReference(reference): BoxReference,
    QueryOf(query): QueryOf<LogsQuery>,
    Instance(instance): Instance,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    stream_logs(&state, listener, &reference, &query, (instance, &headers)).await
}

/// Lines of a box's log, as long as the caller may have them.
pub(crate) async fn stream_logs(
    state: &HttpState,
    Listener(op, right): Listener,
    reference: &str,
    query: &LogsQuery,
    (instance, headers): (String, &HeaderMap),
) -> Result<Response, ApiError> {
    let source = source(query.source.as_deref())?;
    let query = LogQuery {
        source,
        from: last_event_id(source, headers)?,
        tail_lines: tail_lines(query.tail)?,
        follow: query.follow.unwrap_or(false),
        filter: filter(query)?,
    };
    let permit = state.stream_permit()?;
    let lines = state.control().stream_logs(&op, reference, query).await?;
    let lines = lines.map(move |line| told(line, &instance));
    let end = stream::once(async { StreamEvent::named("end", &serde_json::json!({})) });
    Ok(events(state, right, permit, lines.chain(end)))
}

fn told(line: Result<LogLine, Error>, instance: &str) -> StreamEvent {
    match line {
        Ok(line) => {
            // What a carriage return overwrites on a terminal is a line of its own here.
            let event = StreamEvent::unnamed(line.text.trim_end_matches('\r'));
            match line.position {
                Some(position) => event.at(position),
                None => event,
            }
        }
        Err(error) => StreamEvent::problem(&ApiError::from(error).report(instance)),
    }
}

fn tail_lines(asked: Option<u32>) -> Result<u32, ApiError> {
    match asked.unwrap_or(TAIL_DEFAULT) {
        lines @ 0..=TAIL_MAX => Ok(lines),
        _ => Err(ApiError::field("tail", format!("must be 0 to {TAIL_MAX}"))),
    }
}

fn source(text: Option<&str>) -> Result<LogSource, ApiError> {
    let Some(text) = text else { return Ok(LogSource::Gateway) };
    let known = LogSource::ALL.into_iter().find(|source| source.as_str() == text);
    known.ok_or_else(|| ApiError::field("source", "is `gateway`, `boxd`, `system`, `egress` or `ssh`"))
}

fn filter(query: &LogsQuery) -> Result<LogFilter, ApiError> {
    let since = query.since.as_deref().map(|text| moment("since", text)).transpose()?;
    let until = query.until.as_deref().map(|text| moment("until", text)).transpose()?;
    LogFilter::new(query.search.as_deref(), since, until).map_err(|wrong| ApiError::field("search", wrong))
}

fn last_event_id(source: LogSource, headers: &HeaderMap) -> Result<Option<LogPosition>, ApiError> {
    let Some(id) = headers.get("last-event-id") else { return Ok(None) };
    let position = id.to_str().ok().and_then(|id| LogPosition::parse(source, id));
    position
        .map(Some)
        .ok_or_else(|| ApiError::field("Last-Event-ID", "must be the id of an event of this stream"))
}
