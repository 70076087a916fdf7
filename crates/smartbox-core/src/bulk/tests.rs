use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn terms(delay_ms: u64, stop_after: usize, canary: usize) -> BulkTerms {
    BulkTerms { delay: Duration::from_millis(delay_ms), stop_after, canary }
}

#[test]
fn boxes_begin_with_time_between_them() {
    use BulkProgress::{Going, Waiting};
    let spaced = terms(5000, 1, 0);
    let at = |ms: i64| NOW + SignedDuration::from_millis(ms);
    assert_eq!(next_in_bulk(&[Waiting, Waiting], &spaced, None, NOW), BulkMove::Begin);
    assert_eq!(next_in_bulk(&[Going, Waiting], &spaced, Some(NOW), at(4999)), BulkMove::Wait);
    assert_eq!(next_in_bulk(&[Going, Waiting], &spaced, Some(NOW), at(5000)), BulkMove::Begin);
    assert_eq!(
        next_in_bulk(&[Going, Waiting], &spaced, Some(at(9000)), NOW),
        BulkMove::Begin,
        "a clock set back"
    );
}

#[test]
fn too_many_failures_end_it_when_what_was_begun_is_known() {
    use BulkProgress::{Done, Failed, Going, Waiting};
    let strict = terms(0, 1, 0);
    assert_eq!(next_in_bulk(&[Failed, Going, Waiting], &strict, None, NOW), BulkMove::Wait);
    assert_eq!(next_in_bulk(&[Failed, Done, Waiting], &strict, None, NOW), BulkMove::End(BulkEnd::Stopped));
    assert_eq!(next_in_bulk(&[Failed, Done, Waiting], &terms(0, 2, 0), None, NOW), BulkMove::Begin);
    assert_eq!(next_in_bulk(&[Failed, Done], &strict, None, NOW), BulkMove::End(BulkEnd::Done));
    assert_eq!(next_in_bulk(&[], &strict, None, NOW), BulkMove::End(BulkEnd::Done));
}

#[test]
fn the_others_wait_until_the_first_ones_are_well() {
    use BulkProgress::{Done, Going, Skipped, Waiting};
    let careful = terms(0, 1, 2);
    assert_eq!(next_in_bulk(&[Going, Waiting, Waiting], &careful, None, NOW), BulkMove::Begin);
    assert_eq!(next_in_bulk(&[Going, Going, Waiting], &careful, None, NOW), BulkMove::Wait);
    assert_eq!(next_in_bulk(&[Done, Going, Waiting], &careful, None, NOW), BulkMove::Wait);
    assert_eq!(next_in_bulk(&[Done, Done, Waiting], &careful, None, NOW), BulkMove::Begin);
    assert_eq!(
        next_in_bulk(&[Done, Skipped, Waiting], &careful, None, NOW),
        BulkMove::Begin,
        "one more in its place"
    );
    let lenient = terms(0, 5, 2);
    let failed = BulkProgress::Failed;
    assert_eq!(next_in_bulk(&[Done, failed, Waiting], &lenient, None, NOW), BulkMove::End(BulkEnd::Stopped));
    assert_eq!(next_in_bulk(&[Done, Done, failed, Waiting], &lenient, None, NOW), BulkMove::Begin);
}

proptest! {
    /// Whatever becomes of the boxes: the run ends, begins each once at most, never too soon and never too many at a time.
    #[test]
    fn a_run_touches_each_box_once_and_ends(
        fates in prop::collection::vec((0u8..3, 1i64..20_000), 0..40),
        delay in 0u64..6000,
        stop_after in 1usize..6,
        canary in 0usize..6,
    ) {
        let terms = terms(delay, stop_after, canary);
        let mut boxes = vec![BulkProgress::Waiting; fates.len()];
        let mut ends = vec![None; fates.len()];
        let (mut now, mut last, mut begun) = (NOW, None::<Timestamp>, 0);
        for _round in 0..2000 {
            match next_in_bulk(&boxes, &terms, last, now) {
                BulkMove::Begin => {
                    let next = boxes.iter().position(|one| *one == BulkProgress::Waiting).unwrap();
                    if let Some(last) = last {
                        prop_assert!(now.duration_since(last).as_millis() >= i128::from(delay));
                    }
                    let failed = boxes.iter().filter(|one| **one == BulkProgress::Failed).count();
                    prop_assert!(failed < stop_after);
                    boxes[next] = BulkProgress::Going;
                    ends[next] = Some(now + SignedDuration::from_millis(fates[next].1));
                    (last, begun) = (Some(now), begun + 1);
                }
                BulkMove::Wait => {
                    now += SignedDuration::from_millis(500);
                    for (index, progress) in boxes.iter_mut().enumerate() {
                        if *progress == BulkProgress::Going && ends[index].is_some_and(|end| end <= now) {
                            *progress = [BulkProgress::Done, BulkProgress::Failed, BulkProgress::Skipped][fates[index].0 as usize];
                        }
                    }
                }
                BulkMove::End(end) => {
                    prop_assert!(begun <= fates.len());
                    let going = boxes.contains(&BulkProgress::Going);
                    prop_assert!(!going, "what was begun is seen through");
                    let waits = boxes.contains(&BulkProgress::Waiting);
                    prop_assert_eq!(waits, end == BulkEnd::Stopped);
                    return Ok(());
                }
            }
            let going = boxes.iter().filter(|one| **one == BulkProgress::Going).count();
            prop_assert!(going <= GOING_MAX);
        }
        prop_assert!(false, "it does not end");
    }
}
