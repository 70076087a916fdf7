use proptest::prelude::*;

use super::*;
use crate::state::SleepDepth;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn facts<'a>(stage: UpgradeStage, observed: &'a Observed, second: i64) -> UpgradeFacts<'a> {
    UpgradeFacts {
        now: at(second),
        stage,
        since: at(0),
        desired: Desired::Running,
        observed,
        observed_at: Some(at(20)),
        is_current: true,
        restarts: 0,
        is_left_alone: false,
        is_restoring: false,
        is_on_new: stage == UpgradeStage::Proving,
    }
}

fn next(facts: &UpgradeFacts<'_>) -> NextMove {
    next_move(facts, &UpgradeTimes::default())
}

#[test]
fn a_box_that_is_well_for_a_while_on_the_new_version_is_looked_at() {
    let starting = Observed::Starting { stage: crate::Stage::Process };
    assert_eq!(next(&facts(UpgradeStage::Proving, &starting, 200)), NextMove::Wait);
    assert_eq!(next(&facts(UpgradeStage::Proving, &Observed::Ready, 79)), NextMove::Wait);
    assert_eq!(next(&facts(UpgradeStage::Proving, &Observed::Ready, 80)), NextMove::LookAtState);
    let old = UpgradeFacts { is_current: false, ..facts(UpgradeStage::Proving, &Observed::Ready, 80) };
    assert_eq!(next(&old), NextMove::Wait, "that is how the old one was seen");
}

#[test]
fn whatever_is_not_well_on_the_new_version_goes_back() {
    for observed in [
        Observed::Dead(DeathReason::Config),
        Observed::Dead(DeathReason::OutOfMemory),
        Observed::Dead(DeathReason::Crashed { code: 1 }),
        Observed::Dead(DeathReason::Silent),
    ] {
        let said = next(&facts(UpgradeStage::Proving, &observed, 30));
        assert!(matches!(said, NextMove::GoBack(_)), "{observed:?}: {said:?}");
    }
    let starting = Observed::Starting { stage: crate::Stage::Process };
    assert!(matches!(next(&facts(UpgradeStage::Proving, &starting, 301)), NextMove::GoBack(_)), "too slow");
    let again = UpgradeFacts { restarts: 1, ..facts(UpgradeStage::Proving, &Observed::Ready, 300) };
    assert!(matches!(next(&again), NextMove::GoBack(_)), "it crashed once");
    let vanished = Observed::Dead(DeathReason::Vanished);
    assert_eq!(next(&facts(UpgradeStage::Proving, &vanished, 30)), NextMove::Wait, "the host was restarted");
}

#[test]
fn a_box_that_is_held_or_deleted_meanwhile_is_not_judged() {
    for (desired, expected) in [
        (Desired::Stopped, NextMove::Pause),
        (Desired::Asleep, NextMove::Pause),
        (Desired::Deleted, NextMove::Drop),
    ] {
        for stage in UpgradeStage::ALL.into_iter().filter(|stage| *stage != UpgradeStage::Trying) {
            let facts = UpgradeFacts { desired, ..facts(stage, &Observed::Stopped, 100_000) };
            assert_eq!(next(&facts), expected, "{stage}");
        }
    }
}

#[test]
fn the_way_back_ends_when_the_old_version_is_ready_and_says_when_it_never_is() {
    let back = |observed, second| facts(UpgradeStage::GoingBack, observed, second);
    assert_eq!(next(&back(&Observed::Ready, 30)), NextMove::WentBack);
    let waits = UpgradeFacts { is_restoring: true, ..back(&Observed::Stopped, 100_000) };
    assert_eq!(next(&waits), NextMove::Wait, "never on the new version: the saved state comes first");
    let given_up = UpgradeFacts { is_on_new: true, ..back(&Observed::Ready, 30) };
    assert!(matches!(next(&given_up), NextMove::Stuck(_)));
    assert!(matches!(next(&back(&Observed::Dead(DeathReason::Config), 30)), NextMove::Stuck(_)));
    assert!(matches!(next(&back(&Observed::Stopped, 601)), NextMove::Stuck(_)));
}

#[test]
fn a_trial_is_waited_for_a_while_whatever_the_box_does_and_then_it_goes_on_without() {
    for desired in [Desired::Running, Desired::Stopped, Desired::Asleep] {
        for (second, expected) in [(1_800, NextMove::Wait), (1_801, NextMove::SkipTrial)] {
            let dead = Observed::Dead(DeathReason::Config);
            let facts = UpgradeFacts { desired, ..facts(UpgradeStage::Trying, &dead, second) };
            assert_eq!(next(&facts), expected, "{desired:?}");
        }
    }
    let deleted =
        UpgradeFacts { desired: Desired::Deleted, ..facts(UpgradeStage::Trying, &Observed::Stopped, 1) };
    assert_eq!(next(&deleted), NextMove::Drop);
}

fn observed() -> impl Strategy<Value = Observed> {
    prop_oneof![
        Just(Observed::Absent),
        Just(Observed::Stopped),
        Just(Observed::Starting { stage: crate::Stage::Process }),
        Just(Observed::Ready),
        Just(Observed::Unready),
        Just(Observed::Asleep(SleepDepth::Frozen)),
        Just(Observed::Stopping),
        Just(Observed::Dead(DeathReason::Vanished)),
        Just(Observed::Dead(DeathReason::Config)),
    ]
}

proptest! {
    /// But for a saved state that cannot be put back yet, which is waited for because everything else loses it.
    #[test]
    fn no_stage_waits_for_ever(
        stage in 0..UpgradeStage::ALL.len(),
        seen in observed(),
        is_current: bool,
        restarts in 0u32..2,
        is_left_alone: bool,
        is_on_new: bool,
        is_stopped: bool,
    ) {
        let desired = if is_stopped { Desired::Stopped } else { Desired::Running };
        let facts = UpgradeFacts {
            desired, is_current, restarts, is_left_alone, is_on_new,
            ..facts(UpgradeStage::ALL[stage], &seen, 1_000_000)
        };
        prop_assert_ne!(next(&facts), NextMove::Wait);
    }
}
