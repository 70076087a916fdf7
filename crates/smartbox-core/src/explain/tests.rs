use super::*;
use crate::wake::HoldKind;

fn now() -> Timestamp {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

fn watch(idle_mins: u64, stay: Option<Stay>) -> Watch {
    Watch { idle: Duration::from_mins(idle_mins), requests: 0, uses: 0, calls: 0, stay, refused: None }
}

fn awake(watch: Watch) -> Facts {
    Facts {
        now: now(),
        phase: Phase::Running,
        since: None,
        asleep: None,
        idle_since: None,
        thresholds: Thresholds::default(),
        watch: Some(watch),
        due: None,
        block: None,
        held: None,
        error: None,
        waits_for_restart: false,
        upgrade: None,
    }
}

fn asleep(tier: SleepTier) -> Facts {
    let idle_since = now().checked_sub(Duration::from_mins(12)).unwrap();
    Facts {
        phase: Phase::Sleeping,
        asleep: Some(tier),
        idle_since: Some(idle_since),
        watch: None,
        ..awake(watch(0, None))
    }
}

fn told(facts: &Facts) -> Vec<String> {
    explain(facts).iter().map(|reason| format!("{}: {reason}", reason.code())).collect()
}

#[test]
fn a_box_at_work_is_awake_for_what_it_does() {
    let working = Watch { requests: 1, uses: 2, calls: 1, ..watch(0, Some(Stay::Working)) };
    assert_eq!(
        told(&awake(working)),
        [
            "requests: 1 request or socket call is under way.",
            "uses: 2 chats, commands or schedules are under way.",
            "calls: 1 call of the box to the platform, such as one to a model, is under way.",
        ]
    );
}

#[test]
fn an_idle_box_says_when_it_falls_asleep() {
    let facts = awake(watch(4, Some(Stay::NotYet(Duration::from_secs(6 * 60 + 5)))));
    assert_eq!(told(&facts), ["idle: Nothing was to do for 4 min; it is frozen in 6 min 5 s."]);
}

#[test]
fn never_is_a_reason() {
    let facts = awake(watch(90, Some(Stay::Never)));
    assert_eq!(told(&facts), ["never: Its sleep policy says never: it stays awake however long it is idle."]);
}

#[test]
fn what_is_due_soon_keeps_it_awake() {
    let facts = awake(watch(11, Some(Stay::DueSoon(Duration::from_secs(14)))));
    assert_eq!(told(&facts), ["due-soon: It has to be awake in 14 s, too soon for a sleep to pay."]);
}

#[test]
fn a_machine_that_cannot_freeze_is_named() {
    let told = told(&awake(watch(11, Some(Stay::Unable))));
    assert_eq!(told[0], "idle: Nothing was to do for 11 min.");
    assert!(told[1].starts_with("cannot-freeze: ") && told[1].contains("smartbox doctor"));
}

#[test]
fn a_gateway_that_was_busy_is_quoted_with_the_time_of_the_next_attempt() {
    let refused = Refused {
        at: now(),
        why: "its agent is at work: a turn runs".to_owned(),
        again: now().checked_add(Duration::from_secs(20)).unwrap(),
    };
    let facts = awake(Watch { refused: Some(refused), ..watch(11, None) });
    assert_eq!(
        told(&facts),
        [
            "sleep-refused: It was to fall asleep at 2026-01-01 12:00:00 UTC and did not: its agent is at work: a turn \
          runs. It is tried again at 2026-01-01 12:00:20 UTC."
        ]
    );
}

#[test]
fn a_refusal_that_is_over_is_not_told() {
    let refused = Refused { at: now(), why: "x".to_owned(), again: now() };
    let facts =
        awake(Watch { refused: Some(refused), ..watch(1, Some(Stay::NotYet(Duration::from_mins(9)))) });
    assert_eq!(told(&facts), ["idle: Nothing was to do for 1 min; it is frozen in 9 min."]);
}

#[test]
fn a_frozen_box_says_since_when_what_comes_next_and_what_wakes_it() {
    let at = "2026-01-01T18:00:00Z".parse().unwrap();
    let facts = Facts { due: Some((at, "its job `report`".to_owned())), ..asleep(SleepTier::Frozen) };
    assert_eq!(
        told(&facts),
        [
            "asleep: It is frozen (its processes are kept and get no CPU time); nothing was to do since \
             2026-01-01 11:48:00 UTC.",
            "goes-deeper: Left alone, it is squeezed in 18 min.",
            "wakes-at: It wakes by itself for its job `report`, due at 2026-01-01 18:00:00 UTC.",
            "wakes-on-use: A request, a message or a command wakes it.",
        ]
    );
}

#[test]
fn a_box_that_sleeps_as_deep_as_it_will_promises_nothing_deeper() {
    let codes: Vec<_> = explain(&asleep(SleepTier::Squeezed)).iter().map(Because::code).collect();
    assert_eq!(codes, ["asleep", "wakes-on-use"]);
}

#[test]
fn a_hold_takes_the_place_of_what_wakes_it() {
    let facts = Facts { block: Some(WakeRefusal::Held(HoldKind::Budget)), ..asleep(SleepTier::Stopped) };
    let told = told(&facts);
    assert_eq!(told[1], "wake-blocked-budget: It may not wake: it is held back: budget.");
    assert_eq!(told.len(), 2);
}

#[test]
fn a_full_tier_blocks_a_stopped_box() {
    let facts = Facts {
        phase: Phase::Stopped,
        block: Some(WakeRefusal::TierFull { max: 20 }),
        ..asleep(SleepTier::Stopped)
    };
    assert_eq!(
        told(&facts),
        [
            "stopped: Somebody stopped it: no schedule wakes it, but a request does.",
            "wake-blocked-tier-full: It may not wake: all 20 places of the tier are taken.",
        ]
    );
}

#[test]
fn a_failed_box_says_what_failed() {
    let error = Some("its processes ended".to_owned());
    let facts = Facts { phase: Phase::Failed, error, ..asleep(SleepTier::Frozen) };
    assert_eq!(told(&facts), ["failed: It should run and does not: its processes ended."]);
}

#[test]
fn every_phase_has_a_reason() {
    for phase in Phase::ALL {
        for watch in [None, Some(watch(1, Some(Stay::AsFar)))] {
            let facts = Facts { phase, watch, ..asleep(SleepTier::Frozen) };
            assert!(!explain(&facts).is_empty(), "{phase:?}");
        }
    }
}

#[test]
fn spans_are_read_at_a_glance() {
    let told = [0, 59, 60, 61, 3600, 3661, 86_400, 90_000].map(|secs| span(Duration::from_secs(secs)));
    assert_eq!(told, ["0 ms", "59 s", "1 min", "1 min 1 s", "1 h", "1 h 1 min", "1 d", "1 d 1 h"]);
    assert_eq!(span(Duration::from_millis(12)), "12 ms");
}

#[test]
fn a_box_that_has_to_be_started_again_for_its_secrets_says_so_beside_the_rest() {
    let facts = Facts { waits_for_restart: true, ..awake(watch(90, Some(Stay::Never))) };
    let told = told(&facts);
    assert!(told[0].starts_with("never: "));
    assert!(
        told[1].starts_with("waits-for-restart: ") && told[1].contains("`smartbox box restart`"),
        "{told:?}"
    );
}

#[test]
fn an_upgrade_comes_first_while_it_is_under_way_and_is_told_when_it_failed() {
    let upgrade = |stage, why: Option<&str>| Upgrade {
        from: "2026.9.5".to_owned(),
        to: "2026.9.6".to_owned(),
        stage,
        why: why.map(str::to_owned),
    };
    let going = Facts { upgrade: Some(upgrade(Some(UpgradeStage::Proving), None)), ..awake(watch(1, None)) };
    assert!(told(&going)[0].starts_with("upgrading: "), "{:?}", told(&going));
    let why = Some("its gateway kept failing");
    let failed = Facts { upgrade: Some(upgrade(None, why)), ..awake(watch(1, None)) };
    let last = told(&failed).pop().unwrap();
    assert!(last.starts_with("upgrade-failed: ") && last.contains("kept failing"), "{last}");
}
