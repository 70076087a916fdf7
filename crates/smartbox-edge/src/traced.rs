//! A request's place in a trace: the span of the request itself, and one for each thing of it that takes time.
//!
//! Names and attributes are those of OpenTelemetry's conventions for HTTP. A request that nobody traces has nothing here: no span is
//! made, and headers are passed on as they came.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version};
use smartbox_core::{BoxId, trace};
use tracing::Span;

use crate::body::Body;
use crate::ports::{RoutePattern, Traces};

/// Says where in which trace a request belongs (W3C Trace Context).
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Says more about that trace to whoever it is meant for.
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The place of a request in a trace, if it has one.
#[derive(Clone, Default)]
pub(crate) struct Traced(Option<Within>);

#[derive(Clone)]
struct Within {
    traces: Arc<dyn Traces>,
    span: Span,
}

/// One thing that takes time. It is over when this is dropped.
pub(crate) struct Step(Option<Within>);

impl Traced {
    /// Begins the span of a request, in the trace that its headers name, or in a new one.
    pub(crate) fn begin(traces: Option<&Arc<dyn Traces>>, id: &str, request: &mut Request<Body>) -> Self {
        let Some(traces) = traces else { return Self::default() };
        let method = trace::method_of(request.method().as_str());
        let span = tracing::trace_span!(
            target: trace::TARGET, parent: None, "request", otel.name = method, otel.kind = "server",
            http.request.method = method, network.protocol.version = version_of(request.version()),
            http.route = tracing::field::Empty, http.response.status_code = tracing::field::Empty,
            otel.status_code = tracing::field::Empty, smartbox.request.id = id,
            smartbox.box.id = tracing::field::Empty,
        );
        if !traces.join(&span, request.headers()) {
            // It belongs to a trace that does not go on here.
            request.headers_mut().remove(TRACESTATE);
        }
        Self(Some(Within { traces: Arc::clone(traces), span }))
    }

    /// The span that everything of the request is within.
    pub(crate) fn span(&self) -> Span {
        self.0.as_ref().map_or_else(Span::none, |within| within.span.clone())
    }

    /// The request is one to this box, by this pattern of its address.
    pub(crate) fn is_to(&self, id: BoxId, pattern: &str) {
        let Some(Within { span, .. }) = &self.0 else { return };
        span.record("smartbox.box.id", tracing::field::display(id));
        span.record("http.route", pattern);
    }

    /// The request was answered. What was not is left as it is: whoever asked has gone.
    pub(crate) fn answered(&self, response: &Response<Body>) {
        let Some(Within { span, .. }) = &self.0 else { return };
        if let Some(RoutePattern(pattern)) = response.extensions().get() {
            span.record("http.route", &**pattern);
        }
        record_status(span, response.status().as_u16(), 500);
    }

    /// Something of the request that takes time begins.
    pub(crate) fn step(&self, begin: impl FnOnce(&Span) -> Span) -> Step {
        Step(
            self.0
                .as_ref()
                .map(|Within { traces, span }| Within { traces: Arc::clone(traces), span: begin(span) }),
        )
    }

    /// The wait for a box begins.
    pub(crate) fn waits_for(&self, id: BoxId) -> Step {
        self.step(|parent| {
            tracing::trace_span!(target: trace::TARGET, parent: parent, "wait for box", smartbox.box.id = %id)
        })
    }

    /// Somebody else is asked: the gateway of a box, another platform, another server.
    pub(crate) fn asks(&self, whom: &'static str, method: &Method) -> Step {
        let method = trace::method_of(method.as_str());
        self.step(|parent| {
            tracing::trace_span!(
                target: trace::TARGET, parent: parent, "upstream", otel.name = method, otel.kind = "client",
                http.request.method = method, smartbox.upstream = whom,
                http.response.status_code = tracing::field::Empty, otel.status_code = tracing::field::Empty,
                error.r#type = tracing::field::Empty,
            )
        })
    }
}

impl Step {
    /// What whoever is asked is told of the trace; `None`: what came is passed on.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let Within { traces, span } = self.0.as_ref()?;
        traces.tell(span)
    }

    /// The same, in the head of a request.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        if let Some(told) = self.header() {
            headers.insert(TRACEPARENT, told);
        }
    }

    /// It came to an answer with this status, or to none.
    pub(crate) fn ends<B>(self, answer: Option<&Response<B>>) {
        let Some(Within { span, .. }) = &self.0 else { return };
        match answer {
            Some(answer) => record_status(span, answer.status().as_u16(), 400),
            None => {
                span.record("error.type", "no-answer");
                span.record("otel.status_code", "ERROR");
            }
        }
    }
}

/// Puts the status of an answer down; from `bad` on it is an error of whoever the span is of.
fn record_status(span: &Span, status: u16, bad: u16) {
    span.record("http.response.status_code", i64::from(status));
    if status >= bad {
        span.record("otel.status_code", "ERROR");
    }
}

fn version_of(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        _ => "1.1",
    }
}
