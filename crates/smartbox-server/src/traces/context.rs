//! Where spans belong, and what others are told of it.

use http::{HeaderMap, HeaderValue};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use smartbox_edge::ports::Traces;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::parent;

/// The traces of OpenTelemetry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OtelTraces;

impl Traces for OtelTraces {
    fn join(&self, span: &Span, headers: &HeaderMap) -> bool {
        let Some(parent) = parent::read(headers) else { return false };
        span.set_parent(Context::new().with_remote_span_context(parent)).is_ok()
    }

    fn tell(&self, span: &Span) -> Option<HeaderValue> {
        parent::write(span.context().span().span_context())
    }
}
