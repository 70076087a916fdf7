//! Real probes of the gateway, and what they say about it.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode};
use serde::Deserialize;
use tokio::time::Instant;

use super::http::{self, HttpError};
use crate::GatewayStatus;

/// The only path that is probed: the gateway answers 200 with a page to any path it does not know.
const PATH: &str = "/readyz";
/// What the gateway names as the cause while it finishes its work, or is suspended: it answers, on purpose with no.
const DRAINING: &str = "gateway-draining";
/// A probe without an answer by then has failed. A gateway on a busy machine stalls for seconds.
pub(crate) const TIME_OUT: Duration = Duration::from_secs(5);
/// A probe that took this much longer than its time-out ran while the box was frozen or the machine slept: it says
/// nothing about the gateway.
pub(crate) const SLEPT_AFTER: Duration = Duration::from_secs(3);
/// Between probes until the gateway is ready for the first time.
const STARTING_INTERVAL: Duration = Duration::from_millis(100);
/// Between probes of a ready gateway.
const READY_INTERVAL: Duration = Duration::from_secs(2);
/// Between probes of a gateway that was ready and fails.
const FAILING_INTERVAL: Duration = Duration::from_secs(1);
/// Failures in a row until a ready gateway counts as unready.
const FAILURES_MAX: u8 = 3;
/// A gateway may close its port for so long: it restarts inside its own process when its configuration changes,
/// which takes as long as a start.
const CLOSED_MAX: Duration = Duration::from_secs(120);
/// A start takes ten seconds, and a minute where many start at once. One that is not over by then never will be.
const START_MAX: Duration = Duration::from_secs(300);

/// What one probe found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    /// The port is closed.
    Closed,
    /// The port is open, and there is no answer, or one that is not the gateway's.
    Silent,
    /// The gateway says that it is not ready.
    NotReady,
    /// The gateway says that it finishes its work or is suspended.
    Draining,
    /// The gateway says that it is ready.
    Ready,
    /// The probe was overslept.
    Slept,
}

/// The gateway's answer. Causes are told to a client on the box's own loopback.
#[derive(Deserialize)]
struct Answer {
    ready: bool,
    #[serde(default)]
    failing: Vec<String>,
}

/// Asks the gateway. Carries no forwarding header, so the gateway sees a local client.
pub(crate) async fn probe(gateway: SocketAddr, time_out: Duration) -> Probe {
    let Ok(request) = Request::get(PATH).body(Full::<Bytes>::default()) else {
        return Probe::Silent;
    };
    let began = Instant::now();
    let answer = tokio::time::timeout(time_out, http::send(gateway, request)).await;
    match answer {
        Ok(Ok((status, body))) => read(status, &body),
        _ if began.elapsed() > time_out + SLEPT_AFTER => Probe::Slept,
        Ok(Err(HttpError::Connect(_))) => Probe::Closed,
        Ok(Err(HttpError::Exchange(_))) | Err(_) => Probe::Silent,
    }
}

fn read(status: StatusCode, body: &[u8]) -> Probe {
    match (status, serde_json::from_slice(body)) {
        (StatusCode::OK, Ok(Answer { ready: true, .. })) => Probe::Ready,
        (StatusCode::SERVICE_UNAVAILABLE, Ok(Answer { ready: false, failing })) => {
            if failing.iter().any(|cause| cause == DRAINING) { Probe::Draining } else { Probe::NotReady }
        }
        // A page, another program, a gateway that fails: it has not said what it was asked.
        _ => Probe::Silent,
    }
}

/// The state of one run of the gateway, from its probes. Pure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readiness {
    status: GatewayStatus,
    /// Failures in a row.
    failures: u8,
    /// Those of them, the last ones, that were no answer.
    silences: u8,
    /// Since when the port of a gateway that was ready is closed.
    closed_since: Option<Instant>,
    started_at: Instant,
}

impl Readiness {
    /// Of a process that was just started.
    pub(crate) const fn new(now: Instant) -> Self {
        Self {
            status: GatewayStatus::Starting,
            failures: 0,
            silences: 0,
            closed_since: None,
            started_at: now,
        }
    }

    /// Takes a probe in and says what it means.
    pub(crate) fn observe(&mut self, probe: Probe, now: Instant) -> GatewayStatus {
        use GatewayStatus::{Listening, Ready, Starting, Unready};
        match probe {
            Probe::Ready => *self = Self { status: Ready, ..Self::new(self.started_at) },
            // It answers, and will be ready again when its work is done.
            Probe::Draining if self.was_ready() => self.forgive(),
            Probe::Slept => self.forgive(),
            Probe::Closed | Probe::Silent | Probe::NotReady | Probe::Draining => {
                self.failures = self.failures.saturating_add(1);
                self.silences = if probe == Probe::Silent { self.silences.saturating_add(1) } else { 0 };
                self.closed_since = (probe == Probe::Closed).then(|| self.closed_since.unwrap_or(now));
                self.status = match (self.status, probe) {
                    (Starting, Probe::Closed) => Starting,
                    (Starting, _) => Listening,
                    (Ready, _) if self.failures >= FAILURES_MAX => Unready,
                    (status, _) => status,
                };
            }
        }
        self.status
    }

    /// Forgets the failures so far.
    const fn forgive(&mut self) {
        *self = Self { status: self.status, ..Self::new(self.started_at) };
    }

    /// Whether only a new start can help. A gateway that answers that it is not ready is left to itself: it may wait
    /// for a channel that is away.
    pub(crate) fn is_beyond_help(self, now: Instant) -> bool {
        if !self.was_ready() {
            return now.duration_since(self.started_at) >= START_MAX;
        }
        let is_closed = self.closed_since.is_some_and(|since| now.duration_since(since) >= CLOSED_MAX);
        is_closed || self.silences >= FAILURES_MAX
    }

    /// Whether it ever was ready, and can be asked to finish its work.
    pub(crate) const fn was_ready(self) -> bool {
        matches!(self.status, GatewayStatus::Ready | GatewayStatus::Unready)
    }

    /// Until the next probe.
    pub(crate) const fn interval(self) -> Duration {
        match self.status {
            GatewayStatus::Ready if self.failures == 0 => READY_INTERVAL,
            GatewayStatus::Ready | GatewayStatus::Unready => FAILING_INTERVAL,
            _ => STARTING_INTERVAL,
        }
    }
}

#[cfg(test)]
mod tests;
