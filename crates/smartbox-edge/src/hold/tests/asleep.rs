use futures_util::future::join_all;

use super::*;
use crate::ingress::{Busy, Work};

impl Bench {
    fn calls(&self) -> usize {
        self.waker.calls.load(Ordering::SeqCst)
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_to_a_box_that_sleeps_wakes_it_and_goes_on() {
    let bench = bench(asleep(), Waker::default(), EdgeConfig::default());
    let wake = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(bench.calls(), 1);
        bench.publish(table(waking()));
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(bench.gateway.dials.load(Ordering::SeqCst), 0);
        bench.publish(table(RouteState::Ready));
    };
    let (first, second, ()) = tokio::join!(bench.code(), bench.code(), wake);
    assert_eq!((first, second), ("opened", "opened"));
    assert_eq!(bench.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_box_that_is_just_falling_asleep_is_woken_and_asked_when_its_fence_opens() {
    let bench = bench(RouteState::Ready, Waker::default(), EdgeConfig::default());
    assert_eq!(bench.hold.shut(id()), Ok(()));
    let open = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!((bench.calls(), bench.hold.work(id()).held), (1, 2));
        // The same table again is no wake.
        bench.publish(table(RouteState::Ready));
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(bench.gateway.dials.load(Ordering::SeqCst), 0);
        bench.hold.reopen(id());
    };
    let (first, second, ()) = tokio::join!(bench.code(), bench.code(), open);
    assert_eq!((first, second), ("opened", "opened"));
    assert_eq!(bench.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_decision_from_before_a_sleep_does_not_count_after_it() {
    let bench = bench(asleep(), Waker::default(), EdgeConfig::default());
    let ready = async {
        tokio::task::yield_now().await;
        bench.publish(table(RouteState::Ready));
    };
    tokio::join!(bench.code(), ready);
    assert_eq!(bench.hold.shut(id()), Ok(()));
    let open = async {
        tokio::task::yield_now().await;
        bench.hold.reopen(id());
    };
    let (code, ()) = tokio::join!(bench.code(), open);
    assert_eq!((code, bench.calls()), ("opened", 2));
}

#[tokio::test(start_paused = true)]
async fn a_box_is_in_use_while_a_request_is_under_way_or_waits() {
    let bench = bench(RouteState::Ready, Waker::default(), EdgeConfig::default());
    assert_eq!(bench.hold.work(id()), Work::default());
    let began = Instant::now();
    let under_way = bench.hold.enter(id()).unwrap();
    assert!(under_way.begin());
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(bench.hold.work(id()), Work { requests: 1, last_work: Some(began), ..Work::default() });
    assert_eq!(bench.hold.shut(id()), Err(Busy));
    drop(under_way);
    let ended = Some(Instant::now());
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(bench.hold.work(id()), Work { last_work: ended, ..Work::default() });

    // Its gateway does not answer: somebody waits.
    bench.gateway.refuses.store(usize::MAX, Ordering::SeqCst);
    let waiting = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        bench.hold.shut(id())
    };
    let (_code, outcome) = tokio::join!(bench.code(), waiting);
    assert_eq!(outcome, Err(Busy));
    assert_eq!(bench.hold.shut(id()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_no_work() {
    let bench = bench(RouteState::Ready, Waker::default(), EdgeConfig::default());
    let probe = bench.hold.enter(id()).unwrap().quiet(true);
    assert!(probe.begin());
    drop(probe);
    assert_eq!(bench.hold.work(id()).last_work, None);
}

#[tokio::test(start_paused = true)]
async fn a_probe_does_not_wake_a_box_that_sleeps() {
    for state in [asleep(), stopped()] {
        let bench = bench(state, Waker::default(), EdgeConfig::default());
        let probe = bench.hold.enter(id()).unwrap().quiet(true);
        let timeout = Duration::from_secs(1);
        let waiter =
            Waiter { id: id(), principal: &Principal::Admin, in_flight: &probe, timeout, is_socket: false };
        let refused = bench.hold.wait(&waiter).await.err().unwrap();
        assert_eq!((refused.code, bench.calls()), ("box-asleep", 0));
        assert!(refused.retry_after.is_some());
        // Somebody else has woken it.
        let ready = async {
            bench.publish(table(waking()));
            tokio::task::yield_now().await;
            bench.publish(table(RouteState::Ready));
        };
        bench.publish(table(waking()));
        let (opened, ()) = tokio::join!(bench.hold.wait(&waiter), ready);
        assert!(opened.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_known_of_a_box_outlives_those_who_asked_for_it() {
    let bench = bench(RouteState::Ready, Waker::default(), EdgeConfig::default());
    assert_eq!(bench.hold.shut(id()), Ok(()));
    bench.hold.prune(&table(RouteState::Ready));
    assert!(!bench.hold.enter(id()).unwrap().begin(), "it is shut still");
    bench.hold.reopen(id());
    assert!(bench.hold.enter(id()).unwrap().begin());
    bench.hold.prune(&table(RouteState::Ready));
    assert!(bench.hold.work(id()).last_work.is_some());
    bench.hold.prune(&table(RouteState::Gone));
    assert_eq!(bench.hold.work(id()), Work::default());
}

#[tokio::test(start_paused = true)]
async fn of_five_hundred_requests_at_once_as_many_wait_as_there_are_places_and_one_wakes_the_box() {
    let bench = bench(asleep(), Waker::default(), EdgeConfig::default());
    let places = EdgeConfig::default().hold_box_max;
    let order = Mutex::new(Vec::new());
    let ask = |n: usize| {
        let (bench, order) = (&bench, &order);
        async move {
            match bench.wait().await {
                Ok(opened) => {
                    order.lock().unwrap().push(n);
                    drop(opened);
                    "opened"
                }
                Err(problem) => {
                    assert!(problem.retry_after.is_some());
                    problem.code
                }
            }
        }
    };
    let wake = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!((bench.calls(), bench.hold.work(id()).held), (1, places));
        bench.publish(table(RouteState::Ready));
    };
    let (codes, ()) = tokio::join!(join_all((0..500).map(ask)), wake);
    let (served, refused) = codes.split_at(places);
    assert!(served.iter().all(|code| *code == "opened"));
    assert!(refused.iter().all(|code| *code == "box-queue-full"));
    assert_eq!(order.into_inner().unwrap(), (0..places).collect::<Vec<_>>());
    assert_eq!(bench.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_socket_does_not_start_what_its_owner_stopped_and_everything_else_does() {
    let by_owner = RouteState::Stopped { phase: "stopped", since: Timestamp::UNIX_EPOCH, by_owner: true };
    for (state, code) in [(by_owner, "box-stopped"), (stopped(), "box-starting")] {
        let bench = bench(state, Waker::default(), EdgeConfig::default());
        let in_flight = bench.hold.enter(id()).unwrap();
        let timeout = Duration::from_secs(1);
        let mut waiter = Waiter {
            id: id(),
            principal: &Principal::Admin,
            in_flight: &in_flight,
            timeout,
            is_socket: true,
        };
        assert_eq!(bench.hold.wait(&waiter).await.err().unwrap().code, code);
        assert_eq!(bench.calls(), usize::from(code != "box-stopped"));
        waiter.is_socket = false;
        assert_eq!(bench.hold.wait(&waiter).await.err().unwrap().code, "box-starting");
        assert_eq!(bench.calls(), 1 + usize::from(code != "box-stopped"));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_asked_for_a_wake_that_came_too_early_asks_again_when_the_box_sleeps() {
    let bench = bench(RouteState::Ready, Waker::default(), EdgeConfig::default());
    assert_eq!(bench.hold.shut(id()), Ok(()));
    let sleep = async {
        tokio::task::yield_now().await;
        assert_eq!(bench.calls(), 1);
        bench.publish(table(asleep()));
        tokio::task::yield_now().await;
        assert_eq!(bench.calls(), 2);
        // Once for this sleep, however often the table is told.
        bench.publish(table(asleep()));
        tokio::task::yield_now().await;
        bench.publish(table(RouteState::Ready));
    };
    let (code, ()) = tokio::join!(bench.code(), sleep);
    assert_eq!((code, bench.calls()), ("opened", 2));
}
