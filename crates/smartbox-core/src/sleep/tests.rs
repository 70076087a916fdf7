use proptest::prelude::*;

use super::*;

const FACTS: DrowseFacts = DrowseFacts {
    thresholds: Thresholds {
        frozen: Threshold::After(Duration::from_mins(10)),
        squeezed: Threshold::After(Duration::from_mins(30)),
        stopped: Threshold::After(Duration::from_hours(24)),
    },
    idle: Duration::from_mins(11),
    is_working: false,
    is_watched: false,
    asleep: None,
    deepest: Some(SleepDepth::Squeezed),
    due_in: None,
};

#[test]
fn the_longer_a_box_is_idle_the_further_down_it_goes() {
    let after = |idle| drowse(&DrowseFacts { idle, ..FACTS });
    assert_eq!(after(Duration::from_mins(9)), Drowse::Stay(Stay::NotYet(Duration::from_mins(1))));
    assert_eq!(after(Duration::from_mins(10)), Drowse::To(SleepTier::Frozen));
    assert_eq!(after(Duration::from_mins(30)), Drowse::To(SleepTier::Squeezed));
    assert_eq!(after(Duration::from_hours(24)), Drowse::To(SleepTier::Stopped));
}

#[test]
fn a_box_that_works_or_must_be_awake_soon_stays_as_it_is() {
    assert_eq!(drowse(&DrowseFacts { is_working: true, ..FACTS }), Drowse::Stay(Stay::Working));
    let soon = Duration::from_secs(5);
    assert_eq!(drowse(&DrowseFacts { due_in: Some(soon), ..FACTS }), Drowse::Stay(Stay::DueSoon(soon)));
    let idle = Duration::from_hours(24);
    let due_in = Some(Duration::from_mins(5));
    assert_eq!(
        drowse(&DrowseFacts { idle, due_in, ..FACTS }),
        Drowse::To(SleepTier::Squeezed),
        "a boot does not pay"
    );
}

#[test]
fn where_processes_cannot_sleep_a_box_stops_or_stays() {
    assert_eq!(drowse(&DrowseFacts { deepest: None, ..FACTS }), Drowse::Stay(Stay::Unable));
    let idle = Duration::from_hours(24);
    assert_eq!(drowse(&DrowseFacts { deepest: None, idle, ..FACTS }), Drowse::To(SleepTier::Stopped));
}

#[test]
fn a_box_that_somebody_looks_at_keeps_its_processes() {
    let idle = Duration::from_hours(24);
    assert_eq!(drowse(&DrowseFacts { idle, is_watched: true, ..FACTS }), Drowse::To(SleepTier::Squeezed));
}

#[test]
fn the_narrowest_circle_that_says_something_wins() {
    let after = |secs| Some(Threshold::After(Duration::from_secs(secs)));
    let of_box = SleepPolicy { frozen_after: Some(Threshold::Never), ..SleepPolicy::default() };
    let of_org =
        SleepPolicy { frozen_after: after(60), squeezed_after: after(120), ..SleepPolicy::default() };
    let of_tier =
        SleepPolicy { squeezed_after: after(240), stopped_after: after(480), ..SleepPolicy::default() };
    let resolved = Thresholds::resolve(of_box, of_org, of_tier, Thresholds::default());
    assert_eq!(resolved.frozen, Threshold::Never);
    assert_eq!(Some(resolved.squeezed), after(120));
    assert_eq!(Some(resolved.stopped), after(480));
    assert_eq!(drowse(&DrowseFacts { thresholds: resolved, ..FACTS }), Drowse::Stay(Stay::Never));
}

#[test]
fn thresholds_are_read_as_people_write_them() {
    for (text, canonical) in
        [("never", "never"), ("90s", "90s"), ("10m", "10m"), ("60m", "1h"), ("48h", "2d")]
    {
        assert_eq!(text.parse::<Threshold>().unwrap().to_string(), canonical);
    }
    for text in
        ["", "10", "m", "-1m", "+1m", "9s", "1.5h", "10 m", "400d", "99999999999999999999d", "10ms", "Never"]
    {
        assert!(text.parse::<Threshold>().is_err(), "{text:?}");
    }
}

fn threshold() -> impl Strategy<Value = Threshold> {
    prop_oneof![
        1 => Just(Threshold::Never),
        4 => (10u64..100_000).prop_map(|secs| Threshold::After(Duration::from_secs(secs)))
    ]
}

fn facts() -> impl Strategy<Value = DrowseFacts> {
    let thresholds = (threshold(), threshold(), threshold())
        .prop_map(|(frozen, squeezed, stopped)| Thresholds { frozen, squeezed, stopped });
    let asleep = prop_oneof![Just(None), (0..3usize).prop_map(|at| Some(SleepTier::ALL[at]))];
    let deepest = prop_oneof![Just(None), (0..2usize).prop_map(|at| Some(SleepDepth::ALL[at]))];
    (thresholds, 0u64..200_000, any::<(bool, bool)>(), asleep, deepest, prop::option::of(0u64..100_000))
        .prop_map(|(thresholds, idle, (is_working, is_watched), asleep, deepest, due_in)| DrowseFacts {
            thresholds,
            idle: Duration::from_secs(idle),
            is_working,
            is_watched,
            asleep,
            deepest,
            due_in: due_in.map(Duration::from_secs),
        })
}

proptest! {
    #[test]
    fn a_box_only_ever_goes_further_down_and_only_where_it_may(facts in facts()) {
        if let Drowse::To(tier) = drowse(&facts) {
            prop_assert!(!facts.is_working);
            prop_assert!(facts.thresholds.frozen != Threshold::Never);
            prop_assert!(facts.asleep < Some(tier));
            prop_assert!(facts.thresholds.reached(facts.idle).is_some_and(|reached| reached >= tier));
            prop_assert!(tier.depth().map_or(!facts.is_watched, |depth| facts.deepest >= Some(depth)));
            prop_assert!(facts.due_in.is_none_or(|due| due > tier.lead()));
        }
    }

    #[test]
    fn a_decision_that_was_followed_is_not_made_again(facts in facts()) {
        if let Drowse::To(tier) = drowse(&facts) {
            let after = DrowseFacts { asleep: Some(tier), ..facts };
            prop_assert!(!matches!(drowse(&after), Drowse::To(again) if again <= tier));
        }
    }

    #[test]
    fn more_idle_time_never_makes_a_sleep_less_deep(facts in facts(), more in 0u64..100_000) {
        let later = DrowseFacts { idle: facts.idle + Duration::from_secs(more), ..facts };
        if let Drowse::To(tier) = drowse(&facts) {
            prop_assert!(matches!(drowse(&later), Drowse::To(deeper) if deeper >= tier));
        }
    }
}
