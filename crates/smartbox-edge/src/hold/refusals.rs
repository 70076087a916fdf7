//! What those are told who cannot wait for a box, or not any longer.

use std::time::Duration;

use http::StatusCode;

use crate::problem::Problem;
use crate::routes::{Route, RouteState};

/// When to try again after the wait for a start was too long.
pub(super) const RETRY_STARTING: Duration = Duration::from_secs(5);
/// When to try again after there was no place to wait.
const RETRY_FULL: Duration = Duration::from_secs(10);
/// When to look again at a box that sleeps.
const RETRY_ASLEEP: Duration = Duration::from_secs(60);
/// When to try again after the platform was told to stop: a restart of it takes a second.
const RETRY_STOPPING: Duration = Duration::from_secs(2);

/// The answer for a box that takes no requests in its state.
pub(crate) fn closed(route: &Route) -> Problem {
    match &route.state {
        RouteState::Failed { title, detail, remedy, .. } => {
            let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "box-failed", title.clone());
            problem.detail = detail.clone().map(Into::into);
            problem.remedy = remedy.clone().map(Into::into);
            problem
        }
        RouteState::Gone => Problem::new(StatusCode::GONE, "box-gone", "The box is deleted")
            .remedy("Until it is removed for good, `smartbox box start` brings it back."),
        RouteState::Ready
        | RouteState::Waiting { .. }
        | RouteState::Asleep { .. }
        | RouteState::Stopped { .. } => still_starting(),
    }
}

pub(super) fn still_starting() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "box-starting", "The box is still starting")
        .detail("It was asked to start and has not become ready in time.")
        .remedy("Try again in a moment. `smartbox box show` tells how far it has come.")
        .retry_after(RETRY_STARTING)
}

pub(super) fn queue_full() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "box-queue-full", "Too many requests wait for this box")
        .remedy("Try again when it has started.")
        .retry_after(RETRY_FULL)
}

pub(crate) fn box_busy() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "box-busy", "Too many requests to this box are under way")
        .remedy("Try again in a moment, or close connections that are not needed.")
        .retry_after(RETRY_STOPPING)
}

pub(super) fn stopping() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "edge-stopping", "The platform is restarting")
        .remedy("Try again in a moment. The box itself is not affected.")
        .retry_after(RETRY_STOPPING)
}

pub(super) fn wake_timeout() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "wake-timeout", "The platform did not decide in time")
        .remedy("Try again in a moment.")
        .retry_after(RETRY_STARTING)
}

/// Nobody has asked for it, so the box sleeps on.
pub(super) fn box_asleep() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "box-asleep", "The box sleeps")
        .detail("Probes, and what open pages look at by themselves, do not wake it.")
        .remedy("Any other request wakes it. The platform says in `/v1/boxes` how it is.")
        .retry_after(RETRY_ASLEEP)
}

/// A socket does not start what somebody has stopped: pages that were left open connect again by themselves.
pub(crate) fn box_stopped() -> Problem {
    Problem::new(StatusCode::CONFLICT, "box-stopped", "The box is stopped")
        .detail("Its owner stopped it. A page that was left open does not start it again.")
        .remedy("Start it with `smartbox box start`, or open its page anew.")
}
