//! Everything that belongs to an org, to take along.

mod contents;
mod of_box;
mod of_org;

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use smartbox_control::Download;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(of_org::of_org))
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What comes out of an export, which is made while it is read: whoever stops reading ends the making.
struct Driven {
    /// Makes the parts. Nothing comes of it but that it ends.
    work: Option<Work>,
    content: Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>,
}

impl Driven {
    fn new(work: impl Future<Output = ()> + Send + 'static, download: Download) -> Self {
        Self { work: Some(Box::pin(work)), content: download.content }
    }
}

impl Stream for Driven {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(work) = &mut self.work
            && work.as_mut().poll(cx).is_ready()
        {
            self.work = None;
        }
        self.content.as_mut().poll_next(cx)
    }
}
