//! Logs go to standard error; standard output is for data. Spans of requests go to a collector, where a setting names one.

mod log;

use std::io::IsTerminal;
use std::sync::Arc;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::lifecycle::Lifecycle;
use crate::metrics::Dropped;
use crate::settings::{LogFormat, Settings, TracingSettings};
use crate::traces::{Pipeline, Shipper};
pub(crate) use log::LogControl;

/// What goes on beside the platform to tell of it.
pub(crate) struct Telemetry {
    /// Changes what is written to the log.
    pub(crate) log: LogControl,
    /// Sends spans away, if requests are traced.
    pub(crate) shipper: Option<Shipper>,
    /// Counts what was dropped.
    pub(crate) dropped: Arc<Dropped>,
}

impl Telemetry {
    /// Begins what goes on beside the platform; returns where it is counted what had to be dropped.
    pub(crate) fn run(self, life: &Lifecycle) -> Arc<Dropped> {
        life.spawn("log", self.log.run(life.soft.clone()));
        if let Some(shipper) = self.shipper {
            life.spawn("spans", shipper.run(life.soft.clone()));
        }
        self.dropped
    }
}

/// Starts logs and traces as the settings say.
pub(crate) fn start(settings: &Settings) -> Result<Telemetry, String> {
    start_with(&settings.log_filter, settings.log_format, settings.tracing.as_ref())
}

/// The same. A second call in the same process (tests) changes nothing.
pub(crate) fn start_with(
    filter: &str,
    format: LogFormat,
    tracing: Option<&TracingSettings>,
) -> Result<Telemetry, String> {
    let parsed = EnvFilter::try_new(filter).map_err(|error| format!("`log.filter`: {error}"))?;
    let dropped = Arc::<Dropped>::default();
    let pipeline = tracing.map(|settings| Pipeline::new(settings, &dropped)).transpose();
    let pipeline = pipeline.map_err(|error| format!("`tracing.otlp_endpoint`: {error:#}"))?;
    let (parsed, handle) = reload::Layer::new(parsed);
    let lines = lines(format).with_filter(parsed);
    let spans = pipeline.as_ref().map(Pipeline::layer);
    // Already started: an embedding test keeps its own.
    let _ = tracing_subscriber::registry().with(lines).with(spans).try_init();
    let log = LogControl::new(filter.to_owned(), handle);
    Ok(Telemetry { log, shipper: pipeline.map(|pipeline| pipeline.shipper), dropped })
}

/// How log lines look.
fn lines(format: LogFormat) -> Box<dyn Layer<Registry> + Send + Sync> {
    let layer = fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Text => layer.with_target(false).with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => layer.json().boxed(),
    }
}
