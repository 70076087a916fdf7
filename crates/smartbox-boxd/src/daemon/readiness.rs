//! Real probes of the gateway, and what they say about it.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode};

use super::http::{self, HttpError};
use crate::GatewayStatus;

/// The only path that is probed: the gateway answers 200 with a page to any path it does not know.
const PATH: &str = "/readyz";
/// A probe without an answer by then has failed. A gateway on a busy machine stalls for seconds.
const TIME_OUT: Duration = Duration::from_secs(5);
/// Between probes until the gateway is ready for the first time.
const STARTING_INTERVAL: Duration = Duration::from_millis(100);
/// Between probes of a ready gateway.
const READY_INTERVAL: Duration = Duration::from_secs(2);
/// Between probes of a gateway that was ready and is not.
const UNREADY_INTERVAL: Duration = Duration::from_secs(1);
/// Failures in a row until a ready gateway counts as unready.
const FAILURES_MAX: u8 = 3;

/// What one probe found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    /// The port is closed.
    Closed,
    /// The port is open; the gateway is not ready, or does not answer.
    NotReady,
    /// The gateway says that it is ready.
    Ready,
}

/// Asks the gateway. Carries no forwarding header, so the gateway sees a local client.
pub(crate) async fn probe(gateway: SocketAddr) -> Probe {
    let Ok(request) = Request::get(PATH).body(Full::<Bytes>::default()) else {
        return Probe::NotReady;
    };
    match tokio::time::timeout(TIME_OUT, http::send(gateway, request)).await {
        Ok(Ok((StatusCode::OK, _))) => Probe::Ready,
        Ok(Err(HttpError::Connect(_))) => Probe::Closed,
        Ok(Ok(_) | Err(HttpError::Exchange(_))) | Err(_) => Probe::NotReady,
    }
}

/// The state of one run of the gateway, from its probes. Pure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readiness {
    status: GatewayStatus,
    failures: u8,
}

impl Readiness {
    /// Of a process that was just started.
    pub(crate) const fn new() -> Self {
        Self { status: GatewayStatus::Starting, failures: 0 }
    }

    /// Takes a probe in and says what it means.
    pub(crate) fn observe(&mut self, probe: Probe) -> GatewayStatus {
        use GatewayStatus::{Listening, Ready, Starting, Unready};
        if probe == Probe::Ready {
            self.failures = 0;
            self.status = Ready;
            return Ready;
        }
        self.failures = self.failures.saturating_add(1);
        self.status = match (self.status, probe) {
            (Starting, Probe::NotReady) => Listening,
            (Ready, _) if self.failures >= FAILURES_MAX => Unready,
            (status, _) => status,
        };
        self.status
    }

    /// Whether it ever was ready, and can be asked to finish its work.
    pub(crate) const fn was_ready(self) -> bool {
        matches!(self.status, GatewayStatus::Ready | GatewayStatus::Unready)
    }

    /// Until the next probe.
    pub(crate) const fn interval(self) -> Duration {
        match self.status {
            GatewayStatus::Ready => READY_INTERVAL,
            GatewayStatus::Unready => UNREADY_INTERVAL,
            _ => STARTING_INTERVAL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use GatewayStatus::{Listening, Ready, Starting, Unready};

    fn walk(steps: &[(Probe, GatewayStatus)]) {
        let mut readiness = Readiness::new();
        for (number, (probe, expected)) in steps.iter().enumerate() {
            assert_eq!(readiness.observe(*probe), *expected, "step {number}");
        }
    }

    #[test]
    fn a_start_is_reported_as_it_goes() {
        walk(&[
            (Probe::Closed, Starting),
            (Probe::NotReady, Listening),
            (Probe::Closed, Listening),
            (Probe::Ready, Ready),
        ]);
    }

    #[test]
    fn two_failures_are_forgiven_and_three_are_not() {
        walk(&[
            (Probe::Ready, Ready),
            (Probe::NotReady, Ready),
            (Probe::NotReady, Ready),
            (Probe::Ready, Ready),
            (Probe::Closed, Ready),
            (Probe::NotReady, Ready),
            (Probe::NotReady, Unready),
            (Probe::NotReady, Unready),
            (Probe::Ready, Ready),
        ]);
    }
}
