//! The older API's words.

use smartbox_api::SeedSummary;
use smartbox_core::Phase;

/// How a box is, in the words of `state/v2` and of the dashboard.
pub(super) const fn live_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Running => "active",
        Phase::FallingAsleep | Phase::Sleeping => "idle",
        Phase::Requested | Phase::Provisioning | Phase::Starting | Phase::Waking => "starting",
        Phase::Stopping | Phase::Stopped | Phase::Archived | Phase::Deleting => "stopped",
        Phase::Degraded | Phase::Failed => "error",
    }
}

/// How a box is, in the words of `state`.
pub(super) const fn state_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Sleeping => "sleeping",
        other => live_word(other),
    }
}

/// How many boxes are how.
pub(super) fn summary<'a>(counts: impl IntoIterator<Item = (&'a &'static str, &'a u64)>) -> SeedSummary {
    let mut summary = SeedSummary::default();
    for (phase, count) in counts {
        let Some(phase) = Phase::ALL.into_iter().find(|known| known.as_str() == *phase) else { continue };
        summary.total += count;
        let place = match live_word(phase) {
            "active" => &mut summary.active,
            "idle" => &mut summary.idle,
            "starting" => &mut summary.starting,
            "stopped" => &mut summary.stopped,
            _ => &mut summary.error,
        };
        *place += count;
    }
    summary
}

/// Nano-dollars as dollars, exact to the nano-dollar as far as a floating number is.
pub(super) fn dollars(nanos: u64) -> f64 {
    const DOLLAR: u64 = 1_000_000_000;
    let whole = u32::try_from(nanos / DOLLAR).unwrap_or(u32::MAX);
    let rest = u32::try_from(nanos % DOLLAR).unwrap_or(0);
    f64::from(whole) + f64::from(rest) / 1e9
}
