//! The span of a model call, with names of OpenTelemetry's conventions for clients of models.

use smartbox_core::{BoxId, trace};
use tracing::Span;
use tracing::field::{Empty, display};

use super::{Call, Outcome, Priced};

/// A call has arrived. It belongs to what is under way, such as a request of the edge; who calls from within a box says to what.
pub(super) fn begin(id: BoxId) -> Span {
    tracing::trace_span!(
        target: trace::TARGET, "chat", otel.name = Empty, otel.kind = "client", otel.status_code = Empty,
        smartbox.box.id = %id, gen_ai.operation.name = "chat", gen_ai.provider.name = Empty,
        gen_ai.request.model = Empty, gen_ai.usage.input_tokens = Empty, gen_ai.usage.output_tokens = Empty,
        http.response.status_code = Empty, error.r#type = Empty,
    )
}

/// It is over, and this is what came of it.
pub(super) fn end(call: &Call, priced: &Priced) {
    let span = &call.span;
    if span.is_none() {
        return;
    }
    // Whom nobody was asked for is a word of the box.
    if let Some(upstream) = &call.upstream {
        span.record("gen_ai.provider.name", upstream.as_str());
        span.record("gen_ai.request.model", call.model.as_str());
        span.record("otel.name", display(format_args!("chat {}", call.model)));
    }
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    span.record("gen_ai.usage.input_tokens", number(priced.tokens.input));
    span.record("gen_ai.usage.output_tokens", number(priced.tokens.output));
    let status = call.status.map(|status| status.as_u16());
    if let Some(status) = status {
        span.record("http.response.status_code", i64::from(status));
    }
    if call.outcome != Outcome::Complete {
        let (outcome, code) = call.words();
        span.record("error.type", code.unwrap_or(outcome));
    }
    if call.outcome != Outcome::Complete || status.is_some_and(|status| status >= 400) {
        span.record("otel.status_code", "ERROR");
    }
}
