//! Bodies that stream: nothing here collects one.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

/// Any error of a body.
pub(crate) type BodyError = Box<dyn std::error::Error + Send + Sync>;
/// A streaming body.
pub(crate) type Body = UnsyncBoxBody<Bytes, BodyError>;

/// A body that is known as a whole.
pub(crate) fn full(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// No body.
pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// The next bytes did not come in time.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no more bytes of the body came")]
pub(crate) struct Stalled;

/// The box may not reach this any more.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the rest of the body may not pass any more")]
pub(crate) struct Cut;

/// Ends when a body may not go on.
pub(crate) type TakenBack = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A body that may not pause for too long, and ends when it may not go on. The time a slow reader takes does not count.
pub(crate) struct Timed<F> {
    inner: Incoming,
    taken_back: TakenBack,
    pause_max: Duration,
    pause: Option<Pin<Box<Sleep>>>,
    stalled: Arc<AtomicBool>,
    at_end: Option<F>,
}

impl<F: FnOnce() + Unpin> Timed<F> {
    /// Calls `at_end` when the body has been read to its end. `stalled` is raised when it pauses for too long.
    pub(crate) fn new(
        inner: Incoming,
        taken_back: TakenBack,
        (pause_max, stalled): (Duration, Arc<AtomicBool>),
        at_end: F,
    ) -> Self {
        let mut timed = Self { inner, taken_back, pause_max, pause: None, stalled, at_end: Some(at_end) };
        if timed.inner.is_end_stream() {
            timed.end();
        }
        timed
    }

    fn end(&mut self) {
        if let Some(at_end) = self.at_end.take() {
            at_end();
        }
    }
}

impl<F: FnOnce() + Unpin> hyper::body::Body for Timed<F> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.at_end.is_some() && self.taken_back.as_mut().poll(cx).is_ready() {
            // What broke off is no end: its connection is not used again.
            self.at_end = None;
            return Poll::Ready(Some(Err(Cut.into())));
        }
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(frame) => {
                self.pause = None;
                if frame.is_none() || self.inner.is_end_stream() {
                    self.end();
                }
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => {
                let until = Instant::now() + self.pause_max;
                let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
                ready!(pause.as_mut().poll(cx));
                self.stalled.store(true, Relaxed);
                Poll::Ready(Some(Err(Stalled.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
