//! A connection to an upstream whose bytes are counted, and taken from the box's credit before they move.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::copy::used_up;
use super::credit::Taken;
use super::dial::Caller;
use super::outgoing::Outgoing;
use super::refusal::Refusal;

/// Somebody who waits for credit.
type Waiting = Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send>>;

/// Counts what was really written and read.
pub(crate) struct Counted<S> {
    inner: S,
    caller: Arc<Caller>,
    outgoing: Arc<Outgoing>,
    moved: Arc<AtomicU64>,
    /// Reading and writing may wait at the same time, each for itself.
    waiting_to_read: Option<Waiting>,
    waiting_to_write: Option<Waiting>,
}

impl<S> Counted<S> {
    pub(crate) fn new(inner: S, outgoing: Arc<Outgoing>) -> Self {
        let caller = Arc::clone(outgoing.caller());
        Self { inner, caller, outgoing, moved: Arc::default(), waiting_to_read: None, waiting_to_write: None }
    }

    /// Grows whenever bytes move.
    pub(crate) fn moved(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.moved)
    }

    /// What is counted.
    pub(crate) const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Takes note of what was written of what was taken.
    fn has_written(&self, taken: Taken, written: &Poll<io::Result<usize>>) {
        let bytes = if let Poll::Ready(Ok(bytes)) = written { *bytes } else { 0 };
        self.caller.credit.moved(taken, bytes);
        if written.is_ready() {
            self.moved.fetch_add(1, Relaxed);
        }
        self.outgoing.sent(bytes);
        self.caller.refill();
    }
}

/// Takes up to `most` bytes from the credit, or waits until there are any.
fn poll_take(
    caller: &Arc<Caller>,
    waiting: &mut Option<Waiting>,
    cx: &mut Context<'_>,
    most: usize,
) -> Poll<io::Result<Taken>> {
    loop {
        if let Some(more) = waiting {
            let more = ready!(more.as_mut().poll(cx));
            *waiting = None;
            more.map_err(used_up)?;
        }
        let taken = caller.credit.take(most);
        if taken.bytes > 0 || most == 0 {
            return Poll::Ready(Ok(taken));
        }
        let caller = Arc::clone(caller);
        *waiting = Some(Box::pin(async move { caller.need().await }));
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let (room, before) = (buf.remaining(), buf.filled().len());
        let taken = ready!(poll_take(&this.caller, &mut this.waiting_to_read, cx, room))?;
        let (read, bytes) = if taken.bytes == room {
            let read = Pin::new(&mut this.inner).poll_read(cx, buf);
            (read, buf.filled().len() - before)
        } else {
            // Less than would fit: the rest of the room must not be seen by whoever reads.
            let mut part = ReadBuf::new(buf.initialize_unfilled_to(taken.bytes));
            let read = Pin::new(&mut this.inner).poll_read(cx, &mut part);
            let bytes = part.filled().len();
            buf.advance(bytes);
            (read, bytes)
        };
        this.caller.credit.moved(taken, bytes);
        ready!(read)?;
        this.moved.fetch_add(1, Relaxed);
        this.outgoing.received(bytes);
        this.caller.refill();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let taken = ready!(poll_take(&this.caller, &mut this.waiting_to_write, cx, bytes.len()))?;
        let written = Pin::new(&mut this.inner).poll_write(cx, &bytes[..taken.bytes]);
        this.has_written(taken, &written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let most = slices.iter().map(|slice| slice.len()).sum();
        let taken = ready!(poll_take(&this.caller, &mut this.waiting_to_write, cx, most))?;
        let inner = Pin::new(&mut this.inner);
        let written = if taken.bytes == most {
            inner.poll_write_vectored(cx, slices)
        } else {
            // A part may be written at any time; the first piece is as good as any.
            let first = slices.iter().find(|slice| !slice.is_empty());
            let first = first.map_or(&[][..], |slice| &slice[..slice.len().min(taken.bytes)]);
            inner.poll_write(cx, first)
        };
        this.has_written(taken, &written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
