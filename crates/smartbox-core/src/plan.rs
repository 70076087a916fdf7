//! The next step towards what is wanted: a table, so that a test can walk every pair.

use crate::archive::ArchiveStage;
use crate::sleep::SleepTier;
use crate::state::{Desired, Observed, SleepDepth};

/// What the reconciler does next with one box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// As wanted.
    Nothing,
    /// Something is under way, or the retry time has not come.
    Wait,
    /// Make it run.
    Run,
    /// Put it to sleep.
    Sleep,
    /// Wake it.
    Wake,
    /// Stop it, keep its volume.
    Stop,
    /// Free its volume: its backup was read back.
    Free,
    /// Remove it with its volume.
    Remove,
    /// Nothing is left of it: drop the row.
    Forget,
}

/// What the plan rests on.
#[derive(Clone, Debug)]
pub struct PlanFacts<'a> {
    /// What the owner wants.
    pub desired: Desired,
    /// The incarnation that should run. Raised by each restart and change of configuration.
    pub generation: i64,
    /// What the provider saw.
    pub observed: &'a Observed,
    /// The incarnation that was seen. A box without processes has none.
    pub observed_generation: Option<i64>,
    /// Whether the grace period of a deletion is over.
    pub grace_over: bool,
    /// Whether the time of the next attempt has come (it always has without a failure).
    pub retry_due: bool,
    /// Failed attempts in a row.
    pub failures: u32,
    /// How far down a box that should sleep goes.
    pub asleep: SleepTier,
    /// How deeply processes can sleep here now; `None`: not at all.
    pub deepest: Option<SleepDepth>,
    /// How far it is archived, if it is.
    pub archive: Option<ArchiveStage>,
}

/// After so many failed attempts to wake a box its processes are given up, and it is started afresh.
const FAILED_WAKES_MAX: u32 = 3;

/// Decides the next step.
pub fn next_step(facts: &PlanFacts<'_>) -> Step {
    let outdated = facts.observed_generation.is_some_and(|seen| seen < facts.generation);
    let when_due = |step| if facts.retry_due { step } else { Step::Wait };
    match (facts.desired, facts.observed) {
        // A box that stops while nobody works on it was left in the middle: the platform ended, or it stops by itself.
        // Stopping it again sees it through, by force if need be.
        (Desired::Running | Desired::Asleep, Observed::Stopping) => when_due(Step::Stop),
        // Asleep or awake: a new incarnation begins with a stop of the old one.
        (Desired::Running | Desired::Asleep, observed) if observed.is_alive() && outdated => {
            when_due(Step::Stop)
        }
        (Desired::Running, Observed::Ready) => Step::Nothing,
        (Desired::Running, Observed::Asleep(_)) if facts.failures >= FAILED_WAKES_MAX => when_due(Step::Stop),
        (Desired::Running, Observed::Asleep(_)) => when_due(Step::Wake),
        // What is not ready yet is never put to sleep: it may be in the middle of something.
        (Desired::Running | Desired::Asleep, Observed::Starting { .. } | Observed::Unready) => Step::Wait,
        // A refused configuration is not tried again before something changes.
        (Desired::Running, Observed::Dead(reason)) if !reason.is_retryable() && !outdated => Step::Wait,
        (Desired::Running, Observed::Absent | Observed::Stopped | Observed::Dead(_)) => when_due(Step::Run),

        // Also what is gone already: a removal that was cut off is seen through.
        (Desired::Asleep | Desired::Stopped, Observed::Absent | Observed::Stopped)
            if facts.archive.is_some_and(ArchiveStage::is_to_be_freed) =>
        {
            when_due(Step::Free)
        }

        // Down to its disk as well: its gateway is asked in any case.
        (Desired::Asleep, Observed::Ready) => when_due(Step::Sleep),
        (Desired::Asleep, Observed::Asleep(depth)) => match facts.asleep.depth() {
            None => when_due(Step::Stop),
            Some(wanted) if *depth < wanted && Some(*depth) < facts.deepest => when_due(Step::Sleep),
            Some(_as_deep) => Step::Nothing,
        },
        // A box that ended in its sleep takes no CPU time either. It is not started only to be put to sleep.
        (Desired::Asleep, Observed::Absent | Observed::Stopped) => Step::Nothing,
        (Desired::Asleep, Observed::Dead(_)) => when_due(Step::Stop),

        (Desired::Stopped, Observed::Absent | Observed::Stopped) => Step::Nothing,
        (Desired::Stopped, _) => when_due(Step::Stop),

        (Desired::Deleted, Observed::Absent) if facts.grace_over => when_due(Step::Forget),
        (Desired::Deleted, _) if facts.grace_over => when_due(Step::Remove),
        (Desired::Deleted, Observed::Absent | Observed::Stopped) => Step::Nothing,
        (Desired::Deleted, _) => when_due(Step::Stop),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::state::{DeathReason, Stage};

    const FACTS: PlanFacts<'static> = PlanFacts {
        desired: Desired::Running,
        generation: 1,
        observed: &Observed::Ready,
        observed_generation: Some(1),
        grace_over: false,
        retry_due: true,
        failures: 0,
        asleep: SleepTier::Frozen,
        deepest: Some(SleepDepth::Squeezed),
        archive: None,
    };

    const EVERY_WISH: [Desired; 4] = [Desired::Running, Desired::Asleep, Desired::Stopped, Desired::Deleted];

    fn observed() -> impl Strategy<Value = Observed> {
        prop_oneof![
            Just(Observed::Absent),
            Just(Observed::Stopped),
            Just(Observed::Starting { stage: Stage::Process }),
            Just(Observed::Ready),
            Just(Observed::Unready),
            Just(Observed::Asleep(SleepDepth::Frozen)),
            Just(Observed::Asleep(SleepDepth::Squeezed)),
            Just(Observed::Stopping),
            Just(Observed::Dead(DeathReason::Vanished)),
            Just(Observed::Dead(DeathReason::Config)),
        ]
    }

    /// What a faultless world does with a step, or by itself while the plan waits.
    fn world(
        step: Step,
        observed: Observed,
        asleep: SleepTier,
        (generation, seen): (i64, Option<i64>),
    ) -> (Observed, Option<i64>) {
        match (step, observed) {
            (Step::Run, _) => (Observed::Starting { stage: Stage::Process }, Some(generation)),
            (Step::Stop, _) => (Observed::Stopped, None),
            (Step::Remove | Step::Free, _) => (Observed::Absent, None),
            (Step::Sleep, Observed::Ready) => match asleep.depth() {
                Some(depth) => (Observed::Asleep(depth), seen),
                None => (Observed::Stopped, None),
            },
            (Step::Sleep, Observed::Asleep(SleepDepth::Frozen)) => {
                (Observed::Asleep(SleepDepth::Squeezed), seen)
            }
            (Step::Wake, Observed::Asleep(_)) => (Observed::Ready, seen),
            (Step::Sleep | Step::Wake, other) => panic!("{step:?} of a box that is {other:?}"),
            (Step::Wait, Observed::Starting { .. } | Observed::Unready) => (Observed::Ready, seen),
            (_, other) => (other, seen),
        }
    }

    proptest! {
        #[test]
        fn following_the_plan_always_converges(
            desired in (0..EVERY_WISH.len()).prop_map(|index| EVERY_WISH[index]),
            start in observed(),
            lag in 0i64..3,
            grace_over: bool,
            asleep in (0..3usize).prop_map(|at| SleepTier::ALL[at]),
        ) {
            let generation = 5;
            let mut seen = if matches!(start, Observed::Absent | Observed::Stopped) { None } else { Some(generation - lag) };
            let mut state = start.clone();
            for _ in 0..6 {
                let facts = PlanFacts { desired, generation, observed: &state, observed_generation: seen, grace_over, asleep, ..FACTS };
                let step = next_step(&facts);
                (state, seen) = world(step, state, asleep, (generation, seen));
            }
            let facts = PlanFacts { desired, generation, observed: &state, observed_generation: seen, grace_over, asleep, ..FACTS };
            let last = next_step(&facts);
            let refused_config = state == Observed::Dead(DeathReason::Config) && lag == 0;
            prop_assert!(matches!(last, Step::Nothing | Step::Forget) || (last == Step::Wait && refused_config),
                "{desired:?} from {start:?}: ends in {state:?} with {last:?}");
        }

        #[test]
        fn a_box_sleeps_only_where_that_is_wanted(start in observed(), lag in 0i64..3) {
            for (desired, asleep) in EVERY_WISH.into_iter().flat_map(|wish| SleepTier::ALL.map(|tier| (wish, tier))) {
                let facts = PlanFacts { desired, generation: 5, observed: &start, observed_generation: Some(5 - lag), asleep, ..FACTS };
                let step = next_step(&facts);
                let may_sleep = matches!(start, Observed::Ready | Observed::Asleep(SleepDepth::Frozen));
                prop_assert!(step != Step::Sleep || (desired == Desired::Asleep && may_sleep));
                prop_assert!(step != Step::Wake || (desired == Desired::Running && matches!(start, Observed::Asleep(_))));
            }
        }

        #[test]
        fn nothing_is_done_before_the_retry_time(start in observed(), grace_over: bool) {
            for desired in EVERY_WISH {
                let facts = PlanFacts { desired, generation: 2, observed: &start, observed_generation: Some(1), grace_over, retry_due: false, ..FACTS };
                prop_assert!(matches!(next_step(&facts), Step::Wait | Step::Nothing | Step::Forget));
            }
        }
    }

    #[test]
    fn a_box_in_its_grace_period_is_stopped_and_kept() {
        let step = |observed: &Observed, grace_over| {
            next_step(&PlanFacts { desired: Desired::Deleted, observed, grace_over, ..FACTS })
        };
        assert_eq!(step(&Observed::Ready, false), Step::Stop);
        assert_eq!(step(&Observed::Stopped, false), Step::Nothing);
        assert_eq!(step(&Observed::Stopped, true), Step::Remove);
        assert_eq!(step(&Observed::Absent, true), Step::Forget);
    }

    #[test]
    fn a_disk_is_freed_when_its_backup_was_read_back_and_nobody_wants_the_box() {
        for (desired, observed) in EVERY_WISH.into_iter().flat_map(|wish| {
            [Observed::Ready, Observed::Stopped, Observed::Absent].map(|observed| (wish, observed))
        }) {
            for stage in ArchiveStage::ALL {
                let facts = PlanFacts { desired, observed: &observed, archive: Some(stage), ..FACTS };
                let is_at_rest =
                    matches!(desired, Desired::Asleep | Desired::Stopped) && observed != Observed::Ready;
                let expected = is_at_rest && stage.is_to_be_freed();
                assert_eq!(next_step(&facts) == Step::Free, expected, "{desired:?} {observed:?} {stage}");
            }
        }
    }

    #[test]
    fn a_box_that_was_left_in_the_middle_of_its_stop_is_seen_through() {
        for desired in EVERY_WISH {
            let facts = PlanFacts { desired, observed: &Observed::Stopping, ..FACTS };
            assert_eq!(next_step(&facts), Step::Stop, "{desired:?}");
        }
    }

    #[test]
    fn an_older_incarnation_is_stopped_before_the_new_one_runs() {
        let facts = PlanFacts { generation: 2, ..FACTS };
        assert_eq!(next_step(&facts), Step::Stop);
    }

    #[test]
    fn a_sleeping_box_is_woken_stopped_or_left_as_is_wanted() {
        let step = |desired, seen_generation| {
            next_step(&PlanFacts {
                desired,
                generation: 2,
                observed: &Observed::Asleep(SleepDepth::Squeezed),
                observed_generation: Some(seen_generation),
                ..FACTS
            })
        };
        assert_eq!(step(Desired::Running, 2), Step::Wake);
        assert_eq!(step(Desired::Asleep, 2), Step::Nothing);
        assert_eq!(step(Desired::Stopped, 2), Step::Stop);
        assert_eq!(step(Desired::Deleted, 2), Step::Stop);
        for desired in EVERY_WISH {
            assert_eq!(step(desired, 1), Step::Stop, "an older incarnation is not woken: {desired:?}");
        }
    }

    #[test]
    fn a_box_goes_as_far_down_as_is_wanted_and_possible() {
        let step = |asleep, deepest| {
            let observed = &Observed::Asleep(SleepDepth::Frozen);
            next_step(&PlanFacts { desired: Desired::Asleep, observed, asleep, deepest, ..FACTS })
        };
        assert_eq!(step(SleepTier::Frozen, Some(SleepDepth::Squeezed)), Step::Nothing);
        assert_eq!(step(SleepTier::Squeezed, Some(SleepDepth::Squeezed)), Step::Sleep);
        assert_eq!(step(SleepTier::Squeezed, Some(SleepDepth::Frozen)), Step::Nothing, "no swap is free");
        assert_eq!(step(SleepTier::Stopped, None), Step::Stop);
    }

    #[test]
    fn a_box_that_cannot_be_woken_is_started_afresh() {
        let observed = &Observed::Asleep(SleepDepth::Frozen);
        let step = |failures| next_step(&PlanFacts { observed, failures, ..FACTS });
        assert_eq!(step(FAILED_WAKES_MAX - 1), Step::Wake);
        assert_eq!(step(FAILED_WAKES_MAX), Step::Stop);
    }
}
