use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const PLACES: [&str; 2] = ["here", "there"];
const TTL: Duration = Duration::from_secs(5);
const GAP: Duration = Duration::from_secs(2);

fn id(n: usize) -> BoxId {
    BoxId::from_parts(jiff::Timestamp::UNIX_EPOCH, [u8::try_from(n).unwrap(); 10])
}

fn platforms() -> impl Strategy<Value = Vec<Platform<'static>>> {
    vec(0..PLACES.len(), 1..=NAMES.len()).prop_map(|found| {
        let named = NAMES.iter().zip(found);
        named.map(|(id, place)| Platform { id, place: PLACES[place] }).collect()
    })
}

/// Boxes that are kept where their disks are, or by nobody.
fn boxes(platforms: &[Platform<'static>]) -> impl Strategy<Value = Vec<Kept<'static>>> + use<> {
    let platforms = platforms.to_vec();
    let one = (0..=platforms.len(), any::<bool>(), any::<bool>(), 0..PLACES.len());
    vec(one, 0..24).prop_map(move |found| {
        let kept = found.into_iter().enumerate().map(|(n, (keeper, is_bound, is_calm, place))| {
            let keeper = platforms.get(keeper);
            let place = keeper.map_or(PLACES[place], |keeper| keeper.place);
            let place = is_bound.then_some(place);
            Kept { id: id(n), keeper: keeper.map(|keeper| keeper.id), place, is_calm }
        });
        kept.collect()
    })
}

fn world() -> impl Strategy<Value = (Vec<Platform<'static>>, Vec<Kept<'static>>)> {
    platforms().prop_flat_map(|platforms| (Just(platforms.clone()), boxes(&platforms)))
}

fn carried_out(boxes: &[Kept<'static>], planned: &BTreeMap<BoxId, &'static str>) -> Vec<Kept<'static>> {
    let moved = |kept: &Kept<'static>| Kept {
        keeper: planned.get(&kept.id).copied().or(kept.keeper),
        is_calm: kept.is_calm || kept.keeper.is_none(),
        ..kept.clone()
    };
    boxes.iter().map(moved).collect()
}

fn count(boxes: &[Kept<'_>], platform: &Platform<'_>) -> usize {
    boxes.iter().filter(|kept| kept.keeper == Some(platform.id)).count()
}

proptest! {
    #[test]
    fn every_box_that_somebody_can_keep_has_a_keeper_of_its_place((platforms, boxes) in world()) {
        let after = carried_out(&boxes, &plan(&platforms, &boxes));
        for kept in &after {
            let able = platforms.iter().any(|one| fits(one, kept.place));
            prop_assert_eq!(kept.keeper.is_some(), able || boxes.iter().any(|was| was.id == kept.id && was.keeper.is_some()));
            let keeper = platforms.iter().find(|one| Some(one.id) == kept.keeper);
            prop_assert!(keeper.is_none_or(|keeper| kept.place.is_none_or(|place| place == keeper.place)));
        }
    }

    #[test]
    fn a_plan_that_was_carried_out_leaves_nothing_to_do((platforms, boxes) in world()) {
        let after = carried_out(&boxes, &plan(&platforms, &boxes));
        prop_assert_eq!(plan(&platforms, &after), BTreeMap::new());
    }

    #[test]
    fn a_box_of_which_something_runs_stays_with_its_keeper((platforms, boxes) in world()) {
        let planned = plan(&platforms, &boxes);
        for kept in boxes.iter().filter(|kept| !kept.is_calm && kept.keeper.is_some()) {
            prop_assert!(!planned.contains_key(&kept.id));
        }
    }

    #[test]
    fn platforms_have_as_many_boxes_as_each_other_where_all_are_calm((platforms, boxes) in world()) {
        let calm: Vec<_> = boxes.into_iter().map(|kept| Kept { is_calm: true, ..kept }).collect();
        let after = carried_out(&calm, &plan(&platforms, &calm));
        for place in PLACES {
            let counts: Vec<_> = platforms.iter().filter(|one| one.place == place).map(|one| count(&after, one)).collect();
            let bound = after.iter().filter(|kept| kept.place == Some(place));
            let (least, most) = (counts.iter().min().copied().unwrap_or(0), counts.iter().max().copied().unwrap_or(0));
            prop_assert!(most - least <= 1, "{place}: {counts:?}, {} bound", bound.count());
        }
    }

    #[test]
    fn no_more_boxes_move_than_have_to((platforms, boxes) in world()) {
        // Of one place: what is above the mean has to go, and nothing else.
        let platforms: Vec<_> =
            platforms.into_iter().map(|one| Platform { place: "here", ..one }).collect();
        let boxes: Vec<_> = boxes.into_iter().map(|kept| Kept { place: None, is_calm: true, ..kept }).collect();
        let moved = plan(&platforms, &boxes).len();
        let unkept = boxes.iter().filter(|kept| kept.keeper.is_none()).count();
        let share = boxes.len() / platforms.len();
        let above: usize = platforms.iter().map(|one| count(&boxes, one).saturating_sub(share)).sum();
        prop_assert!(moved <= unkept + above, "{moved} moved, {unkept} had nobody, {above} were too many");
    }

    #[test]
    fn each_platform_takes_its_part_of_the_plan_and_lets_go_of_its_own((platforms, boxes) in world()) {
        let planned = plan(&platforms, &boxes);
        let mut done = 0;
        for one in &platforms {
            let moves = moves(one.id, &platforms, &boxes);
            for taken in &moves.take {
                prop_assert_eq!(planned.get(taken), Some(&one.id));
            }
            for gone in &moves.let_go {
                prop_assert!(planned.contains_key(gone));
            }
            done += moves.take.len() + moves.let_go.len();
        }
        prop_assert_eq!(done, planned.len());
    }

    /// The one that beats stops within its time, the one that watches waits for its own: they never overlap, however long each
    /// step takes on either side.
    #[test]
    fn nobody_is_taken_for_gone_while_it_may_act(
        steps in vec((any::<bool>(), 0_u64..4_000, 0_u64..900), 1..60),
    ) {
        let (mut now, mut acts_until, mut beat) = (Duration::ZERO, Duration::ZERO, 0);
        let mut pulses = Pulses::default();
        for (beats, pause, takes) in steps {
            now += Duration::from_millis(pause);
            if beats {
                // It began, and was written later.
                acts_until = now + TTL - TTL / 5;
                now += Duration::from_millis(takes);
                beat += 1;
            } else {
                let read = [Beat { platform: "a".to_owned(), beat }];
                // What was read may be old when it is thought about.
                now += Duration::from_millis(takes);
                let silent = pulses.look(now, &read, TTL, GAP);
                prop_assert!(silent.is_empty() || now >= acts_until || beat == 0, "{now:?} < {acts_until:?}");
            }
        }
    }
}

fn read(beat: i64) -> [Beat; 1] {
    [Beat { platform: "a".to_owned(), beat }]
}

#[test]
fn a_platform_without_a_beat_for_its_time_is_gone() {
    let mut pulses = Pulses::default();
    for secs in 0..5 {
        assert!(pulses.look(Duration::from_secs(secs), &read(1), TTL, GAP).is_empty(), "{secs}");
    }
    assert_eq!(pulses.look(TTL, &read(1), TTL, GAP), read(1));
    assert!(pulses.look(TTL, &read(2), TTL, GAP).is_empty(), "it had one more");
}

#[test]
fn whoever_did_not_look_meanwhile_knows_nothing_of_it() {
    let mut pulses = Pulses::default();
    pulses.look(Duration::ZERO, &read(1), TTL, GAP);
    assert!(pulses.look(Duration::from_secs(60), &read(1), TTL, GAP).is_empty(), "it stood still itself");
    for secs in 61..65 {
        assert!(pulses.look(Duration::from_secs(secs), &read(1), TTL, GAP).is_empty(), "{secs}");
    }
    assert_eq!(pulses.look(Duration::from_secs(65), &read(1), TTL, GAP), read(1));
}
