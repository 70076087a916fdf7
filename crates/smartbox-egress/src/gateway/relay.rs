//! The way back: an upstream's answer, piece by piece, as it comes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::Endpoint;
use super::cache::{Keep, Kept};
use crate::call::{Call, Outcome, ReplyBody};
use crate::limits::Limits;
use crate::refusal::{Refusal, whole};
use crate::upstream::{Failure, Upstream, UpstreamFailure, answered_headers};
use crate::usage::AnswerMeter;

/// Longest error text that is passed on.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// An answer to hand on.
pub(super) struct Relayed<'a> {
    pub(super) upstream: &'a Upstream,
    pub(super) endpoint: Endpoint,
    /// Whether the counts at the end of the stream are not for the caller.
    pub(super) strips: bool,
    pub(super) response: Response<reqwest::Body>,
    /// Where it is kept to be given again, if it is.
    pub(super) keep: Option<Keep>,
}

/// Hands an answer on.
pub(super) async fn relay(
    Relayed { upstream, endpoint, strips, response, keep }: Relayed<'_>,
    mut call: Call,
    limits: &Limits,
) -> Response<ReplyBody> {
    let (parts, body) = response.into_parts();
    let headers = answered_headers(&parts.headers);
    let body = if parts.status.is_success() {
        call.answers(parts.status);
        let cut = upstream.failure(Failure::Cut);
        let is_events = is_event_stream(&headers);
        call.meter = Some(AnswerMeter::new(endpoint, is_events, strips));
        let kept = keep.map(|keep| Kept::new(keep, headers.clone()));
        RelayBody::new(body, is_events, limits.answer_idle_timeout, cut, call, kept).boxed_unsync()
    } else {
        match error_text(upstream, parts.status, body, limits).await {
            Ok(text) => {
                call.answers(parts.status);
                call.relays(text.len() as u64);
                call.ends(Outcome::Complete);
                whole(text)
            }
            Err(failure) => {
                call.answers(failure.status());
                call.ends(Outcome::Refused(failure.code()));
                let dialect = failure.dialect;
                return Refusal::from(failure).into_response(dialect);
            }
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = parts.status;
    *response.headers_mut() = headers;
    response
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("text/event-stream"))
}

/// The text of an upstream's error, if a box may see it.
async fn error_text(
    upstream: &Upstream,
    status: StatusCode,
    body: reqwest::Body,
    limits: &Limits,
) -> Result<Bytes, UpstreamFailure> {
    if !status.is_client_error() && !status.is_server_error() {
        return Err(upstream.failure(Failure::Redirected));
    }
    if status == StatusCode::UNAUTHORIZED {
        // Vendors quote parts of the key here ("Incorrect API key provided: sk-ab…yz"), and the box cannot help it.
        let what = if upstream.has_key() { Failure::KeyRefused } else { Failure::KeyMissing };
        return Err(upstream.failure(what));
    }
    let text =
        tokio::time::timeout(limits.answer_idle_timeout, Limited::new(body, ERROR_BYTES_MAX).collect()).await;
    match text {
        Ok(Ok(text)) => {
            let text = text.to_bytes();
            if upstream.is_key_in(&text) {
                Err(upstream.failure(Failure::Unshowable(status)))
            } else {
                Ok(text)
            }
        }
        Ok(Err(_)) | Err(_) => Err(upstream.failure(Failure::Unshowable(status))),
    }
}

/// An answer under way. Dropping it drops the upstream's side too.
struct RelayBody {
    inner: reqwest::Body,
    /// Event streams can say in their own words that they break off.
    events: Option<EventEnd>,
    pause_max: Duration,
    pause: Pin<Box<Sleep>>,
    pausing: bool,
    ended: bool,
    failure: UpstreamFailure,
    /// Broken off, once what was held is out.
    broken: Option<Failure>,
    call: Call,
    kept: Option<Kept>,
}

impl RelayBody {
    fn new(
        inner: reqwest::Body,
        is_events: bool,
        pause_max: Duration,
        failure: UpstreamFailure,
        call: Call,
        kept: Option<Kept>,
    ) -> Self {
        let pause = Box::pin(tokio::time::sleep(pause_max));
        let events = is_events.then(EventEnd::default);
        Self {
            inner,
            events,
            pause_max,
            pause,
            pausing: false,
            ended: false,
            failure,
            broken: None,
            call,
            kept,
        }
    }

    /// The next piece, or nothing for too long. The time a slow reader takes does not count.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        loop {
            match Pin::new(&mut self.inner).poll_frame(cx) {
                Poll::Ready(frame) => {
                    self.pausing = false;
                    return match frame {
                        None => Poll::Ready(None),
                        Some(Err(_)) => Poll::Ready(Some(Err(Failure::Cut))),
                        Some(Ok(frame)) => match frame.into_data() {
                            Ok(data) => Poll::Ready(Some(Ok(data))),
                            Err(_trailers) => continue,
                        },
                    };
                }
                Poll::Pending if !self.pausing => {
                    self.pausing = true;
                    self.pause.as_mut().reset(Instant::now() + self.pause_max);
                }
                Poll::Pending => {}
            }
            ready!(self.pause.as_mut().poll(cx));
            return Poll::Ready(Some(Err(Failure::Stalled(self.pause_max))));
        }
    }

    /// Counts a piece; gives what of it goes on now.
    fn take(&mut self, piece: Bytes) -> Bytes {
        self.call.relays(piece.len() as u64);
        let mut piece = match &mut self.call.meter {
            Some(meter) => meter.pass(piece),
            None => piece,
        };
        self.follow(&piece);
        if self.inner.is_end_stream() {
            // The reader knows the length and will not ask again.
            let rest = self.complete();
            if !rest.is_empty() {
                piece = Bytes::from([piece, rest].concat());
            }
        }
        piece
    }

    fn follow(&mut self, piece: &[u8]) {
        if let Some(end) = &mut self.events {
            end.follow(piece);
        }
        if let Some(kept) = &mut self.kept {
            kept.follow(piece);
        }
    }

    /// What was held back of the answer.
    fn held(&mut self) -> Bytes {
        let rest = self.call.meter.as_mut().map(AnswerMeter::finish).unwrap_or_default();
        self.follow(&rest);
        rest
    }

    /// The answer is whole.
    fn complete(&mut self) -> Bytes {
        self.ended = true;
        self.call.ends(Outcome::Complete);
        let rest = self.held();
        if let Some(kept) = self.kept.take() {
            kept.complete();
        }
        rest
    }

    /// The last words: an error event where one fits, else an error that ends the connection.
    fn break_off(&mut self, what: Failure) -> Result<Frame<Bytes>, io::Error> {
        self.ended = true;
        self.failure.what = what;
        let failure = &self.failure;
        self.call.ends(Outcome::Broken(failure.code()));
        match &self.events {
            Some(end) if end.is_reached() => {
                let event = failure.dialect.error_event(failure.status(), failure.code(), &failure.message());
                Ok(Frame::data(Bytes::from(event)))
            }
            _ => Err(io::Error::other(failure.message())),
        }
    }
}

impl Body for RelayBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        loop {
            if this.ended {
                return Poll::Ready(None);
            }
            if let Some(what) = this.broken {
                return Poll::Ready(Some(this.break_off(what)));
            }
            let piece = match ready!(this.poll_piece(cx)) {
                Some(Ok(piece)) => this.take(piece),
                None => this.complete(),
                Some(Err(what)) => {
                    this.broken = Some(what);
                    this.held()
                }
            };
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }

    fn size_hint(&self) -> SizeHint {
        // An event stream may grow by an error event.
        if self.events.is_some() { SizeHint::default() } else { self.inner.size_hint() }
    }
}

/// Knows whether a stream stands between two events, which is where another event can be put.
#[derive(Default)]
struct EventEnd {
    /// The last four bytes, the newest last.
    tail: [u8; 4],
}

impl EventEnd {
    fn follow(&mut self, piece: &[u8]) {
        for byte in &piece[piece.len().saturating_sub(4)..] {
            self.tail.rotate_left(1);
            self.tail[3] = *byte;
        }
    }

    fn is_reached(&self) -> bool {
        self.tail == [0; 4] || self.tail.ends_with(b"\n\n") || &self.tail == b"\r\n\r\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_stands_between_events_after_an_empty_line() {
        for (pieces, between) in [
            (vec!["data: 1\n\n"], true),
            (vec!["data: 1\n", "\n"], true),
            (vec!["data: 1\r\n\r", "\n"], true),
            (vec!["data: 1\n\nda"], false),
            (vec!["data: 1\n"], false),
            (vec![], true),
        ] {
            let mut end = EventEnd::default();
            pieces.iter().for_each(|piece| end.follow(piece.as_bytes()));
            assert_eq!(end.is_reached(), between, "{pieces:?}");
        }
    }
}
