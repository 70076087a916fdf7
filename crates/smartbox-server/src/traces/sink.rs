//! Spans that have ended go into a queue. Nobody who ends one waits.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use tokio::sync::mpsc;

use crate::metrics::Dropped;

/// The attribute that says which route a request met.
const ROUTE: &str = "http.route";

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
        if span.span_context.is_sampled() && self.queue.try_send(named(span)).is_err() {
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

/// A request is called by its method and its route, which is known when it has been answered; then its span is named already.
fn named(mut span: SpanData) -> SpanData {
    let route = span.attributes.iter().find(|attribute| attribute.key.as_str() == ROUTE);
    if span.span_kind == SpanKind::Server
        && let Some(route) = route
    {
        span.name = format!("{} {}", span.name, route.value).into();
    }
    span
}
