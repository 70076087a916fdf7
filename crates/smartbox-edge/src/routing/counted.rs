//! A body that tells when it breaks off.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use smartbox_core::routing::Outcome;
use tokio::sync::mpsc;

use crate::body::{Body, BoxError, is_access_ended};

pin_project_lite::pin_project! {
    struct Watched {
        #[pin]
        inner: Body,
        outcomes: mpsc::Sender<Outcome>,
        broke_off: Option<Outcome>,
    }
}

/// Tells `broke_off` if the body does, once.
pub(super) fn watch(body: Body, outcomes: mpsc::Sender<Outcome>, broke_off: Outcome) -> Body {
    if body.is_end_stream() {
        return body;
    }
    Watched { inner: body, outcomes, broke_off: Some(broke_off) }.boxed_unsync()
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        let polled = this.inner.poll_frame(cx);
        // A right that ends is no fault of the upstream.
        if let Poll::Ready(Some(Err(error))) = &polled
            && !is_access_ended(error)
            && let Some(outcome) = this.broke_off.take()
        {
            let _lost = this.outcomes.try_send(outcome);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
