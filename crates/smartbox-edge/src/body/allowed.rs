//! A body that somebody may go on reading only while they have the right to.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::{Body, BoxError};
use crate::sockets::Ticket;

/// The right to read the rest has ended.
#[derive(Debug, thiserror::Error)]
#[error("access has ended: {0}")]
pub(super) struct AccessEnded(String);

pin_project_lite::pin_project! {
    pub(super) struct WhileAllowed {
        #[pin]
        inner: Body,
        ticket: Arc<Ticket>,
        // Made when there is something to wait for.
        ended: Option<Pin<Box<dyn Future<Output = String> + Send>>>,
    }
}

impl WhileAllowed {
    pub(super) fn new(inner: Body, ticket: Ticket) -> Self {
        Self { inner, ticket: Arc::new(ticket), ended: None }
    }
}

impl http_body::Body for WhileAllowed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        // While data keeps coming, one flag is all that is looked at.
        if !this.ticket.is_stopped()
            && let Poll::Ready(frame) = this.inner.poll_frame(cx)
        {
            return Poll::Ready(frame);
        }
        let ended = this.ended.get_or_insert_with(|| {
            let ticket = Arc::clone(this.ticket);
            Box::pin(async move { ticket.ended().await })
        });
        ended.as_mut().poll(cx).map(|why| Some(Err(AccessEnded(why).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
