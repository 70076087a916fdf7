//! Spans that have ended go into a queue. Nobody who ends one waits.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use tokio::sync::mpsc;

use crate::metrics::Dropped;

/// Puts spans into the queue.
#[derive(Debug)]
pub(super) struct Sink {
    queue: mpsc::Sender<SpanData>,
    dropped: Arc<Dropped>,
}

impl Sink {
    pub(super) const fn new(queue: mpsc::Sender<SpanData>, dropped: Arc<Dropped>) -> Self {
        Self { queue, dropped }
    }
}

impl SpanProcessor for Sink {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() && self.queue.try_send(span).is_err() {
            self.dropped.spans.fetch_add(1, Relaxed);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}
