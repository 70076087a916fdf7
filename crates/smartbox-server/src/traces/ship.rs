//! Takes spans out of the queue and to the collector.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::metrics::Dropped;

/// Spans of one request to the collector.
const BATCH_MAX: usize = 512;
/// The longest that a span waits for others to go with it.
const WAIT: Duration = Duration::from_secs(2);
/// What is left at a stop is sent within this time, or dropped.
const FAREWELL: Duration = Duration::from_secs(3);

/// Sends spans away.
pub(crate) struct Shipper {
    exporter: SpanExporter,
    queue: mpsc::Receiver<SpanData>,
    dropped: Arc<Dropped>,
    /// Whether the last batch was not taken: an outage is told of once.
    is_failing: bool,
}

impl Shipper {
    pub(super) const fn new(
        exporter: SpanExporter,
        queue: mpsc::Receiver<SpanData>,
        dropped: Arc<Dropped>,
    ) -> Self {
        Self { exporter, queue, dropped, is_failing: false }
    }

    /// Sends batch after batch until `stop`, then what is left.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let Some(first) = self.next(&stop).await else { break };
            let batch = self.gather(first, &stop).await;
            self.send(batch).await;
        }
        let _elapsed = tokio::time::timeout(FAREWELL, self.send_rest()).await;
    }

    async fn next(&mut self, stop: &CancellationToken) -> Option<SpanData> {
        tokio::select! { biased;
            () = stop.cancelled() => None,
            span = self.queue.recv() => span,
        }
    }

    /// Waits a moment for others.
    async fn gather(&mut self, first: SpanData, stop: &CancellationToken) -> Vec<SpanData> {
        let mut batch = vec![first];
        let more = async {
            let mut room = BATCH_MAX - batch.len();
            while room > 0 {
                // Zero: nobody makes spans any more.
                match self.queue.recv_many(&mut batch, room).await {
                    0 => return,
                    came => room -= came,
                }
            }
        };
        tokio::select! { biased;
            () = stop.cancelled() => {}
            () = tokio::time::sleep(WAIT) => {}
            () = more => {}
        }
        batch
    }

    async fn send_rest(&mut self) {
        loop {
            let mut batch = Vec::new();
            while let Ok(span) = self.queue.try_recv() {
                batch.push(span);
                if batch.len() == BATCH_MAX {
                    break;
                }
            }
            if batch.is_empty() {
                return;
            }
            self.send(batch).await;
        }
    }

    /// One attempt: what is late is of little use, and the next batch waits.
    async fn send(&mut self, batch: Vec<SpanData>) {
        let spans = batch.len();
        match self.exporter.export(batch).await {
            Ok(()) => {
                if self.is_failing {
                    tracing::info!("the collector takes spans again");
                }
                self.is_failing = false;
            }
            Err(error) => {
                self.dropped.spans.fetch_add(u64::try_from(spans).unwrap_or(u64::MAX), Relaxed);
                if !self.is_failing {
                    tracing::warn!(%error, spans, "the collector takes no spans; they are dropped until it does");
                }
                self.is_failing = true;
            }
        }
    }
}
