//! Server-sent events (WHATWG HTML §9.2).
//!
//! Not axum's: that one writes no `data` field for empty data, and a log has empty lines.

use std::convert::Infallible;
use std::fmt;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};
use smartbox_api::Problem;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::HttpState;
use crate::caller::Right;

/// Name of the event that tells an error in a stream that has begun.
const PROBLEM_EVENT: &str = "problem";
/// A comment is sent this often while nothing else is: proxies close connections that are silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The comment.
const COMMENT: &str = ":\n\n";
/// Tells reverse proxies of nginx's kind not to collect the answer.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// One event, as it is sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StreamEvent(String);

impl StreamEvent {
    /// An event of the standard kind. Every line end in `data` becomes a line of its data.
    pub(crate) fn unnamed(data: &str) -> Self {
        let mut text = String::with_capacity(data.len() + 16);
        for line in data.split(['\n', '\r']) {
            text.push_str("data: ");
            text.push_str(line);
            text.push('\n');
        }
        Self(text)
    }

    /// An event with a name, whose data is JSON.
    pub(crate) fn named(name: &str, data: &impl serde::Serialize) -> Self {
        let json = serde_json::to_string(data).unwrap_or_default();
        Self(format!("event: {name}\n{}", Self::unnamed(&json).0))
    }

    /// An event that tells an error.
    pub(crate) fn problem(problem: &Problem) -> Self {
        Self::named(PROBLEM_EVENT, problem)
    }

    /// Adds its position, which a client gives back to go on behind it.
    pub(crate) fn at(self, position: impl fmt::Display) -> Self {
        Self(format!("{}id: {position}\n", self.0))
    }

    fn finish(mut self) -> String {
        self.0.push('\n');
        self.0
    }
}

/// Streams events until they end, the client leaves, their right ends or the platform stops. Take the permit before any work is
/// begun that the stream tells of.
pub(crate) fn events<S>(state: &HttpState, right: Right, permit: OwnedSemaphorePermit, events: S) -> Response
where
    S: Stream<Item = StreamEvent> + Send + 'static,
{
    let stop = state.stop();
    let over = async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = right.ended() => {}
        }
    };
    let events = events.take_until(Box::pin(over)).map(move |event| {
        let _held_as_long_as_the_stream = &permit;
        event.finish()
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    (headers, Body::from_stream(with_comments(events))).into_response()
}

/// Fills silences with comments.
fn with_comments(
    events: impl Stream<Item = String> + Send + 'static,
) -> impl Stream<Item = Result<String, Infallible>> {
    stream::unfold(Box::pin(events), |mut events| async move {
        // Waiting for the next item may be given up without losing it.
        let next = pin!(timeout(KEEP_ALIVE, events.next())).await;
        let text = next.unwrap_or_else(|_elapsed| Some(COMMENT.to_owned()))?;
        Some((Ok(text), events))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_of_any_shape_stays_one_event() {
        assert_eq!(StreamEvent::unnamed("").finish(), "data: \n\n");
        assert_eq!(
            StreamEvent::unnamed("a\nid: b\rc").at(7).finish(),
            "data: a\ndata: id: b\ndata: c\nid: 7\n\n"
        );
        let named = StreamEvent::named("end", &serde_json::json!({ "a": "b\n" }));
        assert_eq!(named.finish(), "event: end\ndata: {\"a\":\"b\\n\"}\n\n");
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_sends_comments() {
        let silent = stream::once(async {
            tokio::time::sleep(KEEP_ALIVE * 2 + KEEP_ALIVE / 2).await;
            "data: x\n\n".to_owned()
        });
        let sent: Vec<_> = with_comments(silent).map(|sent| sent.unwrap_or_default()).collect().await;
        assert_eq!(sent, [COMMENT, COMMENT, "data: x\n\n"]);
    }
}
