//! Bodies that stream: nothing here collects one.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use tokio::time::{Instant, Sleep};

use crate::sockets::Ticket;

mod allowed;

use allowed::WhileAllowed;

/// Any error of a body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A streaming body.
pub type Body = UnsyncBoxBody<Bytes, BoxError>;

/// A body that is known as a whole.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A body that hyper reads.
pub(crate) fn incoming(body: hyper::body::Incoming) -> Body {
    body.map_err(Into::into).boxed_unsync()
}

/// No body.
pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A body that fails.
pub(crate) fn failed(error: BoxError) -> Body {
    Failed(Some(error)).boxed_unsync()
}

/// Bytes that were read already, then the rest.
pub(crate) fn resumed(ahead: Bytes, rest: Body) -> Body {
    Resumed { ahead: Some(ahead), rest }.boxed_unsync()
}

/// All of a body, if it is there and no larger than this; else the body as it was.
pub(crate) async fn whole(mut body: Body, bytes_max: u64) -> Result<Bytes, Body> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let Some(length) = body.size_hint().exact().filter(|length| *length <= bytes_max) else {
        return Err(body);
    };
    let (mut pieces, mut left) = (Vec::new(), length);
    while left > 0 {
        let now = poll_fn(|cx| Poll::Ready(Pin::new(&mut body).poll_frame(cx))).await;
        match now {
            Poll::Ready(Some(Ok(frame))) => {
                let data = frame.into_data().unwrap_or_default();
                left = left.saturating_sub(data.len() as u64);
                pieces.push(data);
            }
            Poll::Ready(Some(Err(error))) => return Err(failed(error)),
            Poll::Ready(None) => break,
            Poll::Pending if pieces.is_empty() => return Err(body),
            Poll::Pending => return Err(resumed(pieces.concat().into(), body)),
        }
    }
    Ok(if let [only] = &mut pieces[..] { std::mem::take(only) } else { pieces.concat().into() })
}

/// A body that ends with an error when the right behind it does.
pub(crate) fn while_allowed(body: Body, ticket: Ticket) -> Body {
    if body.is_end_stream() { body } else { WhileAllowed::new(body, ticket).boxed_unsync() }
}

/// Whether a body ended because the right behind it did.
pub(crate) fn is_access_ended(error: &BoxError) -> bool {
    error.is::<allowed::AccessEnded>()
}

/// Why a body was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CutOff {
    #[error("the body is larger than allowed")]
    TooLarge,
    #[error("no more bytes of the body came")]
    Stalled,
}

/// Remembers why a body was cut off, for whoever must explain it to the client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict(Arc<AtomicU8>);

impl Verdict {
    fn set(&self, why: CutOff) {
        self.0.store(if why == CutOff::TooLarge { 1 } else { 2 }, Ordering::Release);
    }

    pub(crate) fn get(&self) -> Option<CutOff> {
        match self.0.load(Ordering::Acquire) {
            1 => Some(CutOff::TooLarge),
            2 => Some(CutOff::Stalled),
            _ => None,
        }
    }
}

pin_project_lite::pin_project! {
    /// Ends a body with an error when it grows too large or stands still. Trailers are dropped: nobody may use them
    /// to smuggle headers past the edge.
    pub(crate) struct Bounded<B> {
        #[pin]
        inner: B,
        left_bytes: u64,
        stall: Duration,
        sleep: Option<Pin<Box<Sleep>>>,
        verdict: Verdict,
    }
}

impl<B> Bounded<B> {
    pub(crate) fn new(inner: B, bytes_max: u64, stall: Duration) -> Self {
        Self { inner, left_bytes: bytes_max, stall, sleep: None, verdict: Verdict::default() }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict.clone()
    }
}

impl<B> http_body::Body for Bounded<B>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        let Poll::Ready(frame) = this.inner.poll_frame(cx) else {
            let stall = *this.stall;
            let sleep = this.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(stall)));
            ready!(sleep.as_mut().poll(cx));
            this.verdict.set(CutOff::Stalled);
            return Poll::Ready(Some(Err(CutOff::Stalled.into())));
        };
        *this.sleep = None;
        let data = match frame {
            None => return Poll::Ready(None),
            Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => data,
                Err(_trailers) => return Poll::Ready(None),
            },
        };
        match this.left_bytes.checked_sub(data.len() as u64) {
            Some(left) => *this.left_bytes = left,
            None => {
                this.verdict.set(CutOff::TooLarge);
                return Poll::Ready(Some(Err(CutOff::TooLarge.into())));
            }
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

pin_project_lite::pin_project! {
    /// Bytes that were read ahead, then the rest.
    struct Resumed {
        ahead: Option<Bytes>,
        #[pin]
        rest: Body,
    }
}

impl http_body::Body for Resumed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        match this.ahead.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None => this.rest.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ahead.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let ahead = self.ahead.as_ref().map_or(0, |bytes| bytes.len() as u64);
        let rest = self.rest.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(ahead));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(ahead));
        }
        hint
    }
}

/// Reads ahead in the body of a request that waits.
///
/// A server that does not read does not notice that the client has left; with a small body read to its end, it does.
pub(crate) struct ReadAhead {
    body: Body,
    pieces: Vec<Bytes>,
    bytes: usize,
    bytes_max: usize,
    failed: Option<BoxError>,
}

impl ReadAhead {
    pub(crate) fn new(body: Body, bytes_max: usize) -> Self {
        Self { body, pieces: Vec::new(), bytes: 0, bytes_max, failed: None }
    }

    /// Reads until the body ends, fails, or enough was read; then stays pending. Cancel-safe.
    pub(crate) async fn run(&mut self) -> std::convert::Infallible {
        while self.bytes < self.bytes_max && self.failed.is_none() && !self.body.is_end_stream() {
            match self.body.frame().await {
                None => break,
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.bytes += data.len();
                        self.pieces.push(data);
                    }
                }
                Some(Err(error)) => self.failed = Some(error),
            }
        }
        std::future::pending().await
    }

    /// The whole body again.
    pub(crate) fn into_body(self) -> Body {
        if let Some(error) = self.failed {
            return failed(error);
        }
        if self.pieces.is_empty() {
            return self.body;
        }
        resumed(self.pieces.concat().into(), self.body)
    }
}

/// A body whose reading has failed.
struct Failed(Option<BoxError>);

impl http_body::Body for Failed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(self.0.take().map(Err))
    }
}

/// When something that happens now began, for deadlines.
pub(crate) fn deadline(after: Duration) -> Instant {
    Instant::now() + after
}
