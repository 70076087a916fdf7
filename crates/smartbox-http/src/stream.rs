//! Server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};
use http::header::CACHE_CONTROL;
use http::{HeaderName, HeaderValue};
use smartbox_api::Problem;

use crate::HttpState;
use crate::problem::ApiError;

/// Name of the event that tells an error in a stream that has begun.
const PROBLEM_EVENT: &str = "problem";
/// A comment is sent this often while nothing else is: proxies close connections that are silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Tells reverse proxies of nginx's kind not to collect the answer.
const NO_BUFFERING: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// Streams events until they end, the client leaves or the platform stops.
pub(crate) fn events<S>(state: &HttpState, events: S) -> Result<Response, ApiError>
where
    S: Stream<Item = Event> + Send + 'static,
{
    let permit = state.stream_permit()?;
    let stop = state.stop();
    let events = events.take_until(async move { stop.cancelled().await }).map(move |event| {
        let _held_as_long_as_the_stream = &permit;
        Ok::<_, Infallible>(event)
    });
    let sse = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    let headers = [(CACHE_CONTROL, HeaderValue::from_static("no-store")), NO_BUFFERING];
    Ok((headers, sse).into_response())
}

/// An event whose data is JSON.
pub(crate) fn json_event(name: &str, data: &impl serde::Serialize) -> Event {
    Event::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}

/// An event that tells an error.
pub(crate) fn problem_event(problem: &Problem) -> Event {
    json_event(PROBLEM_EVENT, problem)
}
