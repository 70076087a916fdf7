//! Streams of server-sent events.

use std::collections::VecDeque;
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method};
use reqwest::{Request, Response};
use serde::Serialize;
use smartbox_api::Problem;

use super::sse::{Event, Parser};
use super::{Client, Route};
use crate::failure::Failure;

/// Media type of an event stream.
const EVENT_STREAM: &str = "text/event-stream";
/// Header that tells where a reader of a broken stream goes on.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Longest time until the head of an answer comes. The server may hold the request while a box starts.
const HEAD_TIMEOUT: Duration = Duration::from_secs(180);

/// An open stream. It has no time limit of its own: logs can be silent for days.
pub(crate) struct EventStream<'a> {
    client: &'a Client,
    response: Response,
    parser: Parser,
    ready: VecDeque<Event>,
}

impl Client {
    /// Opens a stream by GET, behind the event with this id if one is given.
    pub(crate) async fn events(
        &self,
        route: Route<'_>,
        last_event_id: Option<&str>,
    ) -> Result<EventStream<'_>, Failure> {
        let mut request = self.request(Method::GET, &route);
        if let Some(id) = last_event_id.and_then(|id| HeaderValue::from_str(id).ok()) {
            request.headers_mut().insert(LAST_EVENT_ID, id);
        }
        self.open(request).await
    }

    /// Opens a stream by POST.
    pub(crate) async fn post_events(
        &self,
        route: Route<'_>,
        body: &impl Serialize,
    ) -> Result<EventStream<'_>, Failure> {
        let request = self.with_body(Method::POST, &route, body)?;
        self.open(request).await
    }

    async fn open(&self, mut request: Request) -> Result<EventStream<'_>, Failure> {
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(EVENT_STREAM));
        let response = self.head_of(request).await?;
        let media = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !media.is_some_and(|media| media.starts_with(EVENT_STREAM)) {
            let media = media.unwrap_or("nothing it says");
            return Err(self.not_understood(&format!("it should be {EVENT_STREAM} and is {media}")));
        }
        Ok(EventStream { client: self, response, parser: Parser::default(), ready: VecDeque::new() })
    }

    /// Sends a request and waits for the head of its answer only.
    pub(super) async fn head_of(&self, request: Request) -> Result<Response, Failure> {
        let sent = tokio::time::timeout(HEAD_TIMEOUT, self.send(request)).await;
        sent.unwrap_or_else(|_| {
            let title = format!("{} did not answer in time.", self.shown_base());
            Err(Failure::new(crate::exit::Exit::Unavailable, title))
        })
    }
}

impl EventStream<'_> {
    /// The next event; `None` at the end of the stream. Cancel-safe.
    ///
    /// An event named `problem` becomes a failure: it is how a stream that has begun tells an error.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>, Failure> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return self.checked(event).map(Some);
            }
            let chunk = self.response.chunk().await.map_err(|error| self.client.not_reached(&error))?;
            let Some(chunk) = chunk else { return Ok(None) };
            self.parser
                .push(&chunk, &mut self.ready)
                .map_err(|_error| self.client.not_understood("a line of the stream is too long"))?;
        }
    }

    fn checked(&self, event: Event) -> Result<Event, Failure> {
        if event.name != "problem" {
            return Ok(event);
        }
        Err(match serde_json::from_str::<Problem>(&event.data) {
            Ok(problem) => Failure::problem(problem),
            Err(_) => self.client.not_understood("its problem is no problem document"),
        })
    }
}
