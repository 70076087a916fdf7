//! Numbers of the platform, for Prometheus and its like. No label names an org, a person or a box.
//!
//! Everything is counted where it happens; here it is read, when somebody asks, and written down. The names are in
//! `docs/metrics.md`.

mod serve;
mod write;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::registry::Registry;
use smartbox_control::Control;
use smartbox_edge::EdgeNumbers;
use smartbox_egress::{AiGateway, ForwardProxy};
use smartbox_http::ApiNumbers;

pub(crate) use serve::{bind, start};
use write::Writer;

/// What every name begins with.
const PREFIX: &str = "smartbox";

/// What was dropped because a queue was full.
#[derive(Debug, Default)]
pub(crate) struct Dropped {
    /// Refusals of the forward proxy that no timeline tells of.
    pub(crate) refusals: AtomicU64,
    /// Connections of boxes that no log tells of.
    pub(crate) connections: AtomicU64,
    /// Ends of rights that the edge made up for by closing everything.
    pub(crate) revocations: AtomicU64,
    /// Spans of requests that the collector did not get.
    pub(crate) spans: AtomicU64,
}

/// Where the numbers are.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) control: Control,
    pub(crate) edge: EdgeNumbers,
    pub(crate) proxy: ForwardProxy,
    pub(crate) gateway: AiGateway,
    pub(crate) api: ApiNumbers,
    pub(crate) dropped: Arc<Dropped>,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sources(..)")
    }
}

impl Sources {
    /// All of them as text, in the format of OpenMetrics, which Prometheus reads.
    ///
    /// # Errors
    /// The text cannot be written, which it can.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register_collector(Box::new(self.clone()));
        let mut written = String::new();
        text::encode(&mut written, &registry)?;
        Ok(written)
    }
}

impl Collector for Sources {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut write = Writer(encoder);
        self.write_boxes(&mut write)?;
        self.write_edge(&mut write)?;
        self.write_api(&mut write)?;
        self.write_webhooks(&mut write)?;
        self.write_egress(&mut write)?;
        self.write_models(&mut write)?;
        self.write_backups(&mut write)?;
        let dropped = [
            (["connections"], self.dropped.connections.load(Relaxed)),
            (["refusals"], self.dropped.refusals.load(Relaxed)),
            (["revocations"], self.dropped.revocations.load(Relaxed)),
            (["spans"], self.dropped.spans.load(Relaxed)),
        ];
        write.counts("queue_dropped", "Items that were dropped because a queue was full", ["queue"], dropped)
    }
}

impl Sources {
    fn write_boxes(&self, write: &mut Writer<'_>) -> fmt::Result {
        let phases = self.control.boxes_by_phase().into_iter().map(|(phase, count)| ([phase], count));
        write.gauges("boxes", "Boxes by their phase", ["phase"], phases)?;
        write.durations(
            "wake_duration",
            "From the decision to wake a box to its gateway being ready",
            &self.control.wakes(),
        )?;
        write.durations(
            "start_duration",
            "From the decision to start a box to its gateway being ready",
            &self.control.starts(),
        )?;
        write.durations(
            "exec_duration",
            "Commands in boxes, from the way into the box to their end",
            &self.control.commands(),
        )
    }

    fn write_edge(&self, write: &mut Writer<'_>) -> fmt::Result {
        let answered = self.edge.answered().map(|(class, count)| ([class], count));
        write.counts(
            "edge_requests",
            "Requests at the edge by the class of their status",
            ["class"],
            answered,
        )?;
        write.durations(
            "edge_request_duration",
            "From the head of a request to the head of its answer",
            &self.edge.durations(),
        )?;
        let open = u64::try_from(self.edge.open_sockets()).unwrap_or(u64::MAX);
        write.gauges("edge_open_sockets", "Upgraded connections that are open", [], [([], open)])
    }

    fn write_api(&self, write: &mut Writer<'_>) -> fmt::Result {
        let counted = self.api.durations();
        let series =
            counted.iter().map(|(series, took)| ([&*series.route, series.method, series.class], took));
        write.durations_by(
            "api_request_duration",
            "Requests to the API by route, method and class of their status, to the head of the answer",
            ["route", "method", "class"],
            series,
        )
    }

    fn write_webhooks(&self, write: &mut Writer<'_>) -> fmt::Result {
        let seen = self.control.webhook_numbers();
        let outcomes =
            [(["delivered"], seen.delivered), (["put-off"], seen.put_off), (["given-up"], seen.given_up)];
        write.counts(
            "webhook_deliveries",
            "Attempts to deliver an event to a webhook, by what became of it",
            ["outcome"],
            outcomes,
        )?;
        write.durations(
            "webhook_attempt_duration",
            "Requests to receivers of webhooks, to their answer",
            &seen.attempts,
        )?;
        write.gauges(
            "webhook_oldest_waiting_seconds",
            "For how long the event has waited that has waited longest for its webhook",
            [],
            [([], seen.oldest.as_secs())],
        )
    }

    fn write_egress(&self, write: &mut Writer<'_>) -> fmt::Result {
        let seen = self.proxy.numbers();
        let bytes = [(["sent"], seen.used.sent), (["received"], seen.used.received)];
        write.counts(
            "egress_bytes",
            "Bytes to and from upstreams of the forward proxy",
            ["direction"],
            bytes,
        )?;
        write.counts("egress_connections", "Connections to upstreams", [], [([], seen.used.connections)])?;
        write.counts(
            "egress_requests",
            "Requests that the proxy forwarded and saw",
            [],
            [([], seen.used.requests)],
        )?;
        write.counts(
            "egress_injections",
            "Requests into which a secret was put",
            [],
            [([], seen.injected)],
        )?;
        let refused = seen.refused.into_iter().map(|(reason, count)| ([reason], count));
        write.counts("egress_refusals", "Requests that the proxy refused, by reason", ["reason"], refused)?;
        write.gauges("egress_open_tunnels", "Tunnels that are open", [], [([], seen.open_tunnels)])
    }

    fn write_models(&self, write: &mut Writer<'_>) -> fmt::Result {
        let seen = self.gateway.numbers();
        let calls = seen.calls.into_iter().map(|(outcome, class, count)| ([outcome, class], count));
        write.counts(
            "model_calls",
            "Model calls by how they ended and the class of their status",
            ["outcome", "class"],
            calls,
        )?;
        let tokens = seen.tokens.map(|(kind, count)| ([kind], count));
        write.counts("model_tokens", "Tokens of model calls by their kind", ["kind"], tokens)?;
        write.counts(
            "model_cost_nanodollars",
            "What model calls have cost by the price table, in 1e-9 USD",
            [],
            [([], seen.nanos)],
        )?;
        write.counts(
            "model_estimated_calls",
            "Model calls whose tokens were estimated, because nobody counted them",
            [],
            [([], seen.estimated)],
        )?;
        write.durations("model_call_duration", "Model calls, to the last byte of the answer", &seen.durations)
    }
}

impl Sources {
    fn write_backups(&self, write: &mut Writer<'_>) -> fmt::Result {
        let seen = self.control.backup_numbers();
        let ended = [
            (["good"], seen.good),
            (["suspicious"], seen.suspicious),
            (["failed"], seen.failed),
            (["unchanged"], seen.unchanged),
        ];
        write.counts("backups", "Backups of boxes by how they ended", ["outcome"], ended)?;
        write.gauges(
            "backup_overdue_boxes",
            "Boxes whose newest good backup is older than twice what is wanted",
            [],
            [([], seen.overdue)],
        )?;
        write.gauges(
            "backup_unsaved_seconds",
            "For how long the box that has waited longest may have changed without a good backup of it",
            [],
            [([], seen.unsaved.as_secs())],
        )
    }
}

#[cfg(test)]
mod tests;
