use proptest::prelude::*;

use super::*;
use crate::SleepDepth;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn facts(stage: ConfigStage, observed: &Observed, now: i64) -> ConfigFacts<'_> {
    ConfigFacts {
        now: at(now),
        stage,
        since: at(10),
        desired: Desired::Running,
        observed,
        observed_at: Some(at(20)),
        is_current: true,
        has_it: true,
        is_left_alone: false,
        is_busy: false,
    }
}

fn next(facts: &ConfigFacts<'_>) -> ConfigMove {
    next_config_move(facts, &ConfigTimes::default())
}

#[test]
fn a_running_gateway_gets_it_and_proves_it() {
    let without = ConfigFacts { has_it: false, ..facts(ConfigStage::Applying, &Observed::Ready, 11) };
    assert_eq!(next(&without), ConfigMove::Apply);
    assert_eq!(next(&facts(ConfigStage::Applying, &Observed::Ready, 12)), ConfigMove::Prove);
    assert_eq!(next(&facts(ConfigStage::Proving, &Observed::Ready, 29)), ConfigMove::Wait);
    assert_eq!(next(&facts(ConfigStage::Proving, &Observed::Ready, 30)), ConfigMove::Done);
    assert_eq!(next(&facts(ConfigStage::GoingBack, &Observed::Ready, 30)), ConfigMove::WentBack);
}

#[test]
fn a_gateway_that_is_dead_gets_it_with_a_new_incarnation_and_one_that_starts_is_waited_for() {
    let dead = Observed::Dead(DeathReason::Config);
    let without = ConfigFacts { has_it: false, ..facts(ConfigStage::Applying, &dead, 11) };
    assert_eq!(next(&without), ConfigMove::Restart);
    assert_eq!(next(&ConfigFacts { is_current: false, ..without }), ConfigMove::Wait);
    let starting = Observed::Starting { stage: crate::Stage::Process };
    let early = ConfigFacts { has_it: false, ..facts(ConfigStage::Applying, &starting, 11) };
    assert_eq!(next(&early), ConfigMove::Wait);
    let stuck = ConfigFacts { has_it: false, ..facts(ConfigStage::Applying, &starting, 311) };
    assert_eq!(next(&stuck), ConfigMove::Restart, "what it was started with may be what is wrong");
}

#[test]
fn a_gateway_that_is_not_well_with_it_goes_back_and_one_that_is_not_well_then_is_stuck() {
    for reason in
        [DeathReason::Config, DeathReason::OutOfMemory, DeathReason::Crashed { code: 1 }, DeathReason::Silent]
    {
        let dead = Observed::Dead(reason);
        assert!(matches!(next(&facts(ConfigStage::Proving, &dead, 12)), ConfigMove::GoBack(_)), "{dead:?}");
        assert!(matches!(next(&facts(ConfigStage::GoingBack, &dead, 12)), ConfigMove::Stuck(_)), "{dead:?}");
    }
    let starting = Observed::Starting { stage: crate::Stage::Process };
    assert_eq!(next(&facts(ConfigStage::Proving, &starting, 310)), ConfigMove::Wait);
    assert!(matches!(next(&facts(ConfigStage::Proving, &starting, 311)), ConfigMove::GoBack(_)));
    let vanished = Observed::Dead(DeathReason::Vanished);
    assert_eq!(next(&facts(ConfigStage::Proving, &vanished, 12)), ConfigMove::Wait, "the host was restarted");
}

#[test]
fn a_box_that_does_not_run_is_not_judged() {
    for stage in ConfigStage::ALL {
        for (desired, expected) in [
            (Desired::Stopped, ConfigMove::Pause),
            (Desired::Asleep, ConfigMove::Pause),
            (Desired::Deleted, ConfigMove::Drop),
        ] {
            assert_eq!(next(&ConfigFacts { desired, ..facts(stage, &Observed::Stopped, 100_000) }), expected);
        }
        let busy = ConfigFacts { is_busy: true, ..facts(stage, &Observed::Ready, 100_000) };
        assert_eq!(next(&busy), ConfigMove::Pause);
    }
}

fn observed() -> impl Strategy<Value = Observed> {
    prop_oneof![
        Just(Observed::Absent),
        Just(Observed::Stopped),
        Just(Observed::Starting { stage: crate::Stage::Process }),
        Just(Observed::Ready),
        Just(Observed::Unready),
        Just(Observed::Asleep(SleepDepth::Frozen)),
        Just(Observed::Dead(DeathReason::Vanished)),
        Just(Observed::Dead(DeathReason::Config)),
    ]
}

proptest! {
    /// What a gateway has is judged in the end; what it does not have waits for a start, which is not for the configuration to bring.
    #[test]
    fn what_a_gateway_has_is_never_waited_for_for_ever(stage in 0usize..3, seen in observed(), is_current: bool, is_left_alone: bool) {
        let facts = ConfigFacts { is_current, is_left_alone, ..facts(ConfigStage::ALL[stage], &seen, 1_000_000) };
        prop_assert_ne!(next(&facts), ConfigMove::Wait);
    }
}
