//! An answer that ends with the right to it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use smartbox_edge::Ticket;
use smartbox_egress::ReplyBody;

/// An answer under way. When its key ends it breaks off, so that nobody takes what came of it for the whole.
pub(super) struct Held {
    inner: ReplyBody,
    ended: Pin<Box<dyn Future<Output = String> + Send>>,
}

impl Held {
    pub(super) fn new(inner: ReplyBody, ticket: Ticket) -> Self {
        Self { inner, ended: Box::pin(async move { ticket.ended().await }) }
    }
}

impl Body for Held {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Poll::Ready(why) = self.ended.as_mut().poll(cx) {
            return Poll::Ready(Some(Err(io::Error::other(why))));
        }
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
