use std::thread;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::hold::tests::{asleep, home, stopped, waking};

/// Closes, unless somebody is there.
fn close(fence: &Fence) -> bool {
    fence.close(1, || false)
}

fn failed() -> RouteState {
    RouteState::Failed { title: "it failed".into(), detail: None, remedy: None, since: Timestamp::UNIX_EPOCH }
}

fn starting() -> RouteState {
    RouteState::Waiting { phase: "starting", stage: None, since: Timestamp::UNIX_EPOCH }
}

/// Many threads go in and out while others shut the fence and open it again. Whoever shut it says so where everybody who is
/// inside looks.
#[test]
fn nobody_is_inside_a_fence_that_was_shut() {
    const TIMES: usize = 2_000;
    const ATTEMPTS_MAX: usize = 50_000_000;
    let (fence, is_frozen, is_over) = (Fence::new(), AtomicBool::new(false), AtomicBool::new(false));
    let (mut times, entered) = (0, AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_over.load(SeqCst) {
                    if fence.enter() {
                        assert!(!is_frozen.load(SeqCst), "inside a fence that was shut");
                        entered.fetch_add(1, Relaxed);
                        std::hint::spin_loop();
                        assert!(!is_frozen.load(SeqCst), "it was shut while somebody was inside");
                        fence.leave();
                    }
                    thread::yield_now();
                }
            });
        }
        for _ in 0..ATTEMPTS_MAX {
            if times >= TIMES {
                break;
            }
            if close(&fence) {
                is_frozen.store(true, SeqCst);
                times += 1;
                thread::yield_now();
                is_frozen.store(false, SeqCst);
                fence.open();
            }
            thread::yield_now();
        }
        is_over.store(true, SeqCst);
    });
    assert_eq!((times, fence.under_way()), (TIMES, 0));
    assert!(entered.into_inner() > 0, "nobody was ever inside");
}

#[tokio::test(start_paused = true)]
async fn a_message_of_a_moment_ago_may_still_be_unread() {
    let fence = Fence::new();
    fence.note_relayed();
    assert!(!close(&fence));
    tokio::time::advance(SETTLE - Duration::from_millis(1)).await;
    assert!(!close(&fence));
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(close(&fence));
}

#[test]
fn an_attempt_to_shut_it_that_fails_wakes_whoever_waited_because_of_it() {
    let fence = Fence::new();
    let watcher = fence.watch();
    assert!(fence.enter());
    assert!(!close(&fence));
    assert!(watcher.has_changed().unwrap());
    fence.leave();
    assert!(!fence.close(1, || true), "somebody waits for the box");
    assert!(fence.enter());
}

#[test]
fn it_opens_when_the_box_is_ready_after_a_sleep_and_not_before_it_slept() {
    let fence = Fence::new();
    assert!(close(&fence));
    fence.follow(Some(&home(RouteState::Ready)));
    assert!(fence.is_shut(), "it has not fallen asleep yet");
    for state in [asleep(), waking()] {
        fence.follow(Some(&home(state)));
        assert!(fence.is_shut());
    }
    fence.follow(Some(&home(RouteState::Ready)));
    assert!(!fence.is_shut());
    let lull = *fence.watch().borrow();
    assert_eq!((lull.since, lull.openings, lull.breaks), (None, 1, 0));
}

#[test]
fn it_is_shut_for_a_box_that_sleeps_whoever_put_it_to_sleep() {
    let fence = Fence::new();
    fence.follow(Some(&home(asleep())));
    assert!(!fence.enter());
    fence.follow(Some(&home(RouteState::Ready)));
    assert!(fence.enter());
}

#[test]
fn what_is_held_is_given_up_when_the_box_behind_it_is_gone() {
    let next = Route { generation: 2, ..home(RouteState::Ready) };
    let ends = [Some(next), Some(home(stopped())), Some(home(failed())), Some(home(starting())), None];
    for end in ends {
        let fence = Fence::new();
        assert!(close(&fence));
        fence.follow(end.as_ref());
        assert!(!fence.is_shut(), "{end:?}");
        assert_eq!(fence.watch().borrow().breaks, 1, "{end:?}");
        // Once.
        fence.follow(end.as_ref());
        assert_eq!(fence.watch().borrow().breaks, 1, "{end:?}");
    }
}

#[derive(Clone, Debug)]
enum Move {
    Enter,
    Leave,
    Close,
    Open,
    Ready,
    Asleep,
    Waking,
    Restarted,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    use Move::{Asleep, Close, Enter, Leave, Open, Ready, Restarted, Waking};
    let any = proptest::sample::select(vec![
        Enter, Enter, Leave, Leave, Close, Open, Ready, Asleep, Waking, Restarted,
    ]);
    proptest::collection::vec(any, 0..200)
}

proptest! {
    /// Against a model: whether it is shut, who is inside, and whether a sleep was seen.
    #[test]
    fn it_is_shut_exactly_from_closing_or_sleep_to_opening_or_wake(moves in moves()) {
        let fence = Fence::new();
        let (mut inside, mut shut): (usize, Option<bool>) = (0, None);
        for step in moves {
            match step {
                Move::Enter => {
                    prop_assert_eq!(fence.enter(), shut.is_none());
                    inside += usize::from(shut.is_none());
                }
                Move::Leave if inside > 0 => {
                    fence.leave();
                    inside -= 1;
                }
                Move::Leave => {}
                Move::Close => {
                    let may = shut.is_some() || inside == 0;
                    prop_assert_eq!(close(&fence), may);
                    shut = shut.or_else(|| may.then_some(false));
                }
                Move::Open => {
                    fence.open();
                    shut = None;
                }
                Move::Ready => {
                    fence.follow(Some(&home(RouteState::Ready)));
                    shut = shut.filter(|was_asleep| !was_asleep);
                }
                Move::Asleep | Move::Waking => {
                    let state = if matches!(step, Move::Asleep) { asleep() } else { waking() };
                    fence.follow(Some(&home(state)));
                    shut = Some(true);
                }
                Move::Restarted => {
                    fence.follow(Some(&Route { generation: 2, ..home(RouteState::Ready) }));
                    shut = None;
                }
            }
            prop_assert_eq!(fence.is_shut(), shut.is_some());
            prop_assert_eq!(fence.under_way(), inside);
            prop_assert_eq!(fence.watch().borrow().since.is_some(), shut.is_some());
        }
    }
}
