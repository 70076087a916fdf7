//! From facts to the observed state: one pure function.

use smartbox_boxd::{BoxdStatus, EXIT_CONFIG, GatewayStatus};
use smartbox_core::{DeathReason, Observed, SleepDepth, Stage};

use crate::local::host::Doing;

/// Whether there is an incarnation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Started {
    /// No trace of one.
    No,
    /// A start or an end was cut off by the platform's own end; processes may be left.
    Halfway,
    /// There is a record of one.
    Yes,
}

/// What the decision rests on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    /// What a call of this process is doing with the box.
    pub(super) doing: Option<Doing>,
    /// Whether there is an incarnation.
    pub(super) started: Started,
    /// A stop of it was begun.
    pub(super) stop_asked: bool,
    /// That stop should have been over long ago.
    pub(super) stop_overdue: bool,
    /// Its first process lives.
    pub(super) alive: bool,
    /// Its processes are frozen, this deeply.
    pub(super) asleep: Option<SleepDepth>,
    /// boxd's word about it.
    pub(super) status: Option<&'a BoxdStatus>,
    /// Kills in it for lack of memory.
    pub(super) oom_kills: u64,
}

/// Decides what is seen.
pub(super) fn observed(facts: &Facts<'_>) -> Observed {
    match facts.doing {
        Some(Doing::Starting(stage)) => return Observed::Starting { stage },
        Some(Doing::Stopping) => return Observed::Stopping,
        Some(Doing::Copying) | None => {}
    }
    match (facts.started, facts.alive) {
        (Started::No, _) => Observed::Stopped,
        // As a dead one: whoever wants it stopped or running must act.
        (Started::Halfway, _) => Observed::Dead(DeathReason::Vanished),
        (Started::Yes, true) => alive(facts),
        (Started::Yes, false) => gone(facts),
    }
}

fn alive(facts: &Facts<'_>) -> Observed {
    // boxd's word is from before it fell asleep.
    if let Some(depth) = facts.asleep {
        return Observed::Asleep(depth);
    }
    let Some(status) = facts.status else { return Observed::Starting { stage: Stage::Process } };
    match status.gateway {
        GatewayStatus::Starting | GatewayStatus::Restarting => Observed::Starting { stage: Stage::Process },
        GatewayStatus::Listening => Observed::Starting { stage: Stage::Listening },
        GatewayStatus::Ready => Observed::Ready,
        GatewayStatus::Unready => Observed::Unready,
        // boxd that does not end by itself is no reason to wait for ever.
        GatewayStatus::Stopping | GatewayStatus::Stopped if facts.stop_overdue => Observed::Unready,
        GatewayStatus::Stopping | GatewayStatus::Stopped => Observed::Stopping,
        GatewayStatus::Failed => Observed::Dead(reason(Some(status), facts.oom_kills)),
    }
}

fn gone(facts: &Facts<'_>) -> Observed {
    let gateway = facts.status.map(|status| status.gateway);
    match gateway {
        Some(GatewayStatus::Failed) => Observed::Dead(reason(facts.status, facts.oom_kills)),
        Some(GatewayStatus::Stopped) => Observed::Stopped,
        _ if facts.stop_asked => Observed::Stopped,
        _ if facts.oom_kills > 0 => Observed::Dead(DeathReason::OutOfMemory),
        _ => Observed::Dead(DeathReason::Vanished),
    }
}

fn reason(status: Option<&BoxdStatus>, oom_kills: u64) -> DeathReason {
    match status.and_then(|status| status.last_exit) {
        Some(_) if status.is_some_and(|status| status.was_silent) => DeathReason::Silent,
        Some(exit) if exit.code == EXIT_CONFIG => DeathReason::Config,
        Some(exit) if exit.is_killed() && oom_kills > 0 => DeathReason::OutOfMemory,
        Some(exit) => DeathReason::Crashed { code: exit.code },
        None => DeathReason::Vanished,
    }
}

#[cfg(test)]
mod tests {
    use smartbox_boxd::ExitInfo;

    use super::*;

    const FACTS: Facts<'static> = Facts {
        doing: None,
        started: Started::Yes,
        stop_asked: false,
        stop_overdue: false,
        alive: true,
        asleep: None,
        status: None,
        oom_kills: 0,
    };

    fn with(gateway: GatewayStatus, code: Option<i32>, facts: &Facts<'_>) -> Observed {
        let last_exit = code.map(|code| ExitInfo { code });
        let status =
            BoxdStatus { generation: 1, sequence: 1, gateway, restarts: 0, last_exit, was_silent: false };
        observed(&Facts { status: Some(&status), ..*facts })
    }

    #[test]
    fn a_start_is_seen_stage_by_stage() {
        let during = |stage| Facts {
            doing: Some(Doing::Starting(stage)),
            started: Started::No,
            alive: false,
            ..FACTS
        };
        assert_eq!(observed(&during(Stage::Volume)), Observed::Starting { stage: Stage::Volume });
        assert_eq!(observed(&FACTS), Observed::Starting { stage: Stage::Process });
        let listening = with(GatewayStatus::Listening, None, &FACTS);
        assert_eq!(listening, Observed::Starting { stage: Stage::Listening });
        assert_eq!(with(GatewayStatus::Ready, None, &FACTS), Observed::Ready);
        assert_eq!(with(GatewayStatus::Unready, None, &FACTS), Observed::Unready);
    }

    #[test]
    fn a_sleeping_box_is_seen_as_such_whatever_boxd_said_last() {
        let asleep = Facts { asleep: Some(SleepDepth::Squeezed), ..FACTS };
        for gateway in [GatewayStatus::Ready, GatewayStatus::Unready, GatewayStatus::Stopping] {
            assert_eq!(with(gateway, None, &asleep), Observed::Asleep(SleepDepth::Squeezed));
        }
        let stopping = Facts { doing: Some(Doing::Stopping), ..asleep };
        assert_eq!(observed(&stopping), Observed::Stopping);
    }

    #[test]
    fn the_reason_of_a_death_is_told() {
        let dead = |code, facts| with(GatewayStatus::Failed, Some(code), facts);
        assert_eq!(dead(78, &FACTS), Observed::Dead(DeathReason::Config));
        assert_eq!(dead(3, &FACTS), Observed::Dead(DeathReason::Crashed { code: 3 }));
        assert_eq!(dead(137, &FACTS), Observed::Dead(DeathReason::Crashed { code: 137 }));
        let oom = Facts { oom_kills: 1, ..FACTS };
        assert_eq!(dead(137, &oom), Observed::Dead(DeathReason::OutOfMemory));
        assert_eq!(dead(78, &Facts { alive: false, ..FACTS }), Observed::Dead(DeathReason::Config));
        let hung = BoxdStatus {
            generation: 1,
            sequence: 1,
            gateway: GatewayStatus::Failed,
            restarts: 2,
            last_exit: Some(ExitInfo { code: 137 }),
            was_silent: true,
        };
        let seen = observed(&Facts { status: Some(&hung), ..FACTS });
        assert_eq!(seen, Observed::Dead(DeathReason::Silent), "boxd ended it, whatever its exit code says");
    }

    #[test]
    fn a_first_process_that_is_gone_without_a_word_has_vanished() {
        let gone = Facts { alive: false, ..FACTS };
        assert_eq!(observed(&gone), Observed::Dead(DeathReason::Vanished));
        assert_eq!(with(GatewayStatus::Ready, None, &gone), Observed::Dead(DeathReason::Vanished));
        let oom = Facts { oom_kills: 2, ..gone };
        assert_eq!(observed(&oom), Observed::Dead(DeathReason::OutOfMemory));
    }

    #[test]
    fn a_stop_that_was_cut_off_is_begun_again() {
        // The platform ended before boxd heard of it.
        let unheard = Facts { stop_asked: true, ..FACTS };
        assert_eq!(with(GatewayStatus::Ready, None, &unheard), Observed::Ready);
        let overdue = Facts { stop_overdue: true, ..unheard };
        assert_eq!(with(GatewayStatus::Stopping, None, &overdue), Observed::Unready);
        let halfway = Facts { started: Started::Halfway, alive: false, ..FACTS };
        assert_eq!(observed(&halfway), Observed::Dead(DeathReason::Vanished));
    }

    #[test]
    fn the_end_of_a_stop_is_no_death() {
        let stopping = Facts { stop_asked: true, ..FACTS };
        assert_eq!(with(GatewayStatus::Stopping, None, &stopping), Observed::Stopping);
        assert_eq!(observed(&Facts { alive: false, ..stopping }), Observed::Stopped);
        assert_eq!(with(GatewayStatus::Stopped, None, &Facts { alive: false, ..FACTS }), Observed::Stopped);
        assert_eq!(observed(&Facts { started: Started::No, alive: false, ..FACTS }), Observed::Stopped);
    }
}
