//! Spans of requests, for a collector that speaks OTLP: off unless a setting names one (decision 0034).
//!
//! Spans that are meant to leave are told from what goes to the log by their target. They go into a bounded queue, and a task of the
//! platform takes them out of it; what does not fit, and what a collector does not take, is dropped and counted.

mod context;
mod leaving;
mod parent;
mod send;
mod ship;
mod sink;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, Value};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanExporter as _};
use secrecy::ExposeSecret as _;
use tokio::sync::mpsc;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::metrics::Dropped;
use crate::settings::TracingSettings;
pub(crate) use context::OtelTraces;
use leaving::Leaving;
use send::Collector;
pub(crate) use ship::Shipper;
use sink::Sink;

/// Spans that wait for the collector; a busy second of one edge.
const QUEUE_MAX: usize = 4096;
/// Most attributes of a span. Ours have half as many.
const ATTRIBUTES_MAX: u32 = 32;
/// What the process is called in traces.
const SERVICE: &str = "smartbox";

/// What makes spans, and what sends them away.
pub(crate) struct Pipeline {
    provider: SdkTracerProvider,
    /// Sends spans away, as a task of the platform.
    pub(crate) shipper: Shipper,
}

impl Pipeline {
    /// A pipeline to the collector of the settings. Nothing is sent until its shipper runs.
    ///
    /// # Errors
    /// TLS cannot be used, or the library does not take the address.
    pub(crate) fn new(settings: &TracingSettings, dropped: &Arc<Dropped>) -> Result<Self> {
        Self::with_queue(settings, dropped, QUEUE_MAX)
    }

    /// The same with room for so many spans.
    fn with_queue(settings: &TracingSettings, dropped: &Arc<Dropped>, queue_max: usize) -> Result<Self> {
        let resource = Resource::builder_empty()
            .with_attributes([
                KeyValue::new("service.name", SERVICE),
                KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
                KeyValue::new("process.pid", Value::I64(i64::from(std::process::id()))),
            ])
            .build();
        let authorization = settings.authorization.as_ref().map(|secret| secret.expose_secret());
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector::new(settings.collector.clone(), authorization)?)
            .with_protocol(Protocol::HttpBinary)
            // Its own way to wait between attempts blocks a thread of the runtime.
            .with_retry_policy(RetryPolicy::disabled())
            .with_endpoint(format!("{}{}", settings.collector, settings.path))
            .with_timeout(send::TIMEOUT)
            .build()
            .context("the collector of `tracing.otlp_endpoint` cannot be used")?;
        exporter.set_resource(&resource);
        let (sink, ended) = mpsc::channel(queue_max);
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            // By the trace's id, so that all who take part in it decide alike; a client's wish to be sampled is none of its business.
            .with_sampler(Sampler::TraceIdRatioBased(settings.sample))
            .with_max_attributes_per_span(ATTRIBUTES_MAX)
            .with_span_processor(Sink::new(sink, Arc::clone(dropped)))
            .build();
        Ok(Self { provider, shipper: Shipper::new(exporter, ended, Arc::clone(dropped)) })
    }

    /// Takes the spans that are meant to leave, and nothing else.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer(SERVICE))
            // Where in the code, on which thread and how busy: of no use to whoever looks at requests.
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            .with_filter(Leaving)
    }
}

#[cfg(test)]
mod tests;
