use proptest::prelude::*;

use super::*;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

fn opened(secs: i64) -> Breaker {
    let mut breaker = Breaker::default();
    for _ in 0..FAILURES_MAX {
        breaker.failed(at(secs), "it crashed");
    }
    breaker
}

#[test]
fn the_fifth_failure_within_ten_minutes_opens_it() {
    let mut breaker = Breaker::default();
    for secs in [0, 100, 200, 300] {
        assert_eq!(breaker.failed(at(secs), "it crashed"), AfterFailure::Counted);
    }
    assert_eq!(breaker.starts_left(at(300)), 1);
    assert_eq!(breaker.may_start(at(300)), Permit::Free);
    assert_eq!(breaker.failed(at(600), "it crashed again"), AfterFailure::Opened);
    assert_eq!(breaker.open.as_ref().unwrap().reason, "it crashed again");
    assert_eq!(breaker.may_start(at(600)), Permit::Refused);
}

#[test]
fn failures_far_apart_never_open_it() {
    let mut breaker = Breaker::default();
    for n in 0..50 {
        assert_eq!(breaker.failed(at(n * 151), "it crashed"), AfterFailure::Counted, "{n}");
    }
}

#[test]
fn trials_come_after_cool_downs_that_double_up_to_four_hours() {
    let mut breaker = opened(0);
    let mut now = 0;
    for minutes in [15, 30, 60, 120, 240, 240] {
        assert_eq!(breaker.may_start(at(now + minutes * 60 - 1)), Permit::Refused, "{minutes}");
        now += minutes * 60;
        assert_eq!(breaker.may_start(at(now)), Permit::Trial, "{minutes}");
        breaker.begin_trial(at(now));
        assert_eq!(breaker.may_start(at(now)), Permit::Refused, "one trial at a time");
        assert_eq!(breaker.failed(at(now), "still"), AfterFailure::TrialFailed);
    }
}

#[test]
fn a_gateway_that_answers_for_five_minutes_closes_it() {
    let mut breaker = opened(0);
    breaker.begin_trial(at(900));
    assert!(!breaker.is_well(at(910)));
    assert!(!breaker.is_well(at(1209)));
    assert!(breaker.is_well(at(1210)));
    assert_eq!(breaker, Breaker::default());
    assert!(!breaker.is_well(at(1211)), "a closed one is not closed again");
}

#[test]
fn a_trial_that_fails_after_some_good_minutes_has_failed() {
    let mut breaker = opened(0);
    breaker.begin_trial(at(900));
    breaker.is_well(at(910));
    assert_eq!(breaker.failed(at(1100), "again"), AfterFailure::TrialFailed);
    breaker.begin_trial(at(3000));
    breaker.is_well(at(3010));
    assert!(!breaker.is_well(at(3100)), "the minutes of the last trial do not count");
}

/// What happens to a box whose starts all fail, or succeed from some moment on.
fn start(breaker: &mut Breaker, now: Timestamp) -> bool {
    match breaker.may_start(now) {
        Permit::Refused => return false,
        Permit::Trial => breaker.begin_trial(now),
        Permit::Free => {}
    }
    true
}

proptest! {
    #[test]
    fn never_more_starts_in_a_window_than_allowed(pauses in prop::collection::vec(0i64..400, 1..200)) {
        let (mut breaker, mut now, mut starts) = (Breaker::default(), 0, Vec::new());
        for pause in pauses {
            now += pause;
            if start(&mut breaker, at(now)) {
                starts.push(now);
                breaker.failed(at(now), "it crashed");
            }
            let recent = starts.iter().filter(|start| now - **start < WINDOW.as_secs()).count();
            prop_assert!(recent <= FAILURES_MAX, "{recent} starts by {now}: {starts:?}");
        }
    }

    #[test]
    fn whatever_the_clock_did_a_box_that_is_well_is_running_again_within_a_day(
        jumps in prop::collection::vec((-8 * 3600i64..8 * 3600, 0u8..4), 0..60),
    ) {
        let (mut breaker, mut now) = (Breaker::default(), 0);
        for (jump, what) in jumps {
            now += jump;
            match what {
                0 => drop(breaker.failed(at(now), "it crashed")),
                1 => drop(start(&mut breaker, at(now))),
                2 => drop(breaker.is_well(at(now))),
                _ => {}
            }
            prop_assert!(breaker.failures.len() < FAILURES_MAX);
        }
        // From here on the clock is steady, and a start succeeds.
        let (mut waited, mut runs) = (0, false);
        while !breaker.is_untouched() && waited < 24 * 3600 {
            runs = runs || start(&mut breaker, at(now + waited));
            if runs {
                breaker.is_well(at(now + waited));
                if breaker.open.is_none() {
                    break;
                }
            }
            waited += 60;
        }
        prop_assert!(waited <= (COOL_DOWN_LONGEST + PROVEN_AFTER).as_secs() + 120, "after {waited} s: {breaker:?}");
        prop_assert!(breaker.open.is_none());
    }

    #[test]
    fn a_box_that_always_fails_is_tried_again_at_least_every_four_hours(jump in -10_000_000i64..10_000_000) {
        let mut breaker = opened(0);
        let (mut now, mut last) = (jump, jump);
        while now < jump + 2 * 24 * 3600 {
            if start(&mut breaker, at(now)) {
                last = now;
                breaker.failed(at(now), "it crashed");
            }
            prop_assert!(now - last <= COOL_DOWN_LONGEST.as_secs());
            now += 60;
        }
    }
}
