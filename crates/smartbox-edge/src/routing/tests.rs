use http_body_util::BodyExt;

use super::*;
use crate::body::{empty, failed};

fn flags(primary: &str, candidate: &str) -> Arc<RoutingFlags> {
    let mut flags = RoutingFlags::default();
    let (primary, candidate) = (primary.parse().unwrap(), candidate.parse().unwrap());
    let unused = RoutingFlag::unused(RouteName::ContainerGateway);
    flags.renew(RoutingFlag { version: 7, primary, candidate, percentage: 100, ..unused });
    Arc::new(flags)
}

struct Bench {
    routing: Routing,
    outcomes: mpsc::Receiver<Outcome>,
}

fn bench(primary: &str, candidate: &str, room: usize) -> Bench {
    let (_publish, followed) = watch::channel(flags(primary, candidate));
    let (outcomes, told) = mpsc::channel(room);
    Bench { routing: Routing::new(followed, outcomes, "smartbox-1"), outcomes: told }
}

impl Bench {
    fn choose(&self) -> Choice {
        self.routing.choose(RouteName::ContainerGateway, || "usr_1".to_owned()).unwrap()
    }

    fn told(&mut self) -> Vec<OutcomeKind> {
        std::iter::from_fn(|| self.outcomes.try_recv().ok())
            .inspect(|told| assert_eq!((told.route, told.version), (RouteName::ContainerGateway, 7)))
            .map(|told| told.kind)
            .collect()
    }
}

fn status(status: u16) -> Response<Body> {
    Response::builder().status(status).body(empty()).unwrap()
}

#[tokio::test]
async fn there_is_nothing_to_choose_between_this_platform_and_itself() {
    let bench = bench("self", "self", 1);
    let chosen = bench.routing.choose(RouteName::ContainerGateway, || unreachable!("nobody needs to know"));
    assert!(chosen.is_none());
}

#[tokio::test]
async fn an_answer_counts_once_by_its_status() {
    let mut bench = bench("self", "http://new.example", 9);
    for code in [200, 404, 500, 503] {
        drop(bench.choose().settle(status(code)));
    }
    use OutcomeKind::{Answered, Failed};
    assert_eq!(bench.told(), [Answered, Answered, Failed, Failed]);
}

#[tokio::test]
async fn what_this_platform_asks_to_wait_for_is_neither_good_nor_bad() {
    let mut bench = bench("http://old.example", "self", 9);
    let mut wait = status(503);
    wait.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    drop(bench.choose().settle(wait));
    assert_eq!(bench.told(), []);
    drop(bench.choose().settle(status(503)));
    assert_eq!(bench.told(), [OutcomeKind::Failed]);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_told_once() {
    let mut bench = bench("self", "http://new.example", 9);
    let broken = Response::new(failed("cut".into()));
    let body = bench.choose().settle(broken).into_body();
    assert!(body.collect().await.is_err());
    assert_eq!(bench.told(), [OutcomeKind::Answered, OutcomeKind::BrokeOff]);
}

#[tokio::test]
async fn the_primary_is_not_counted_and_falling_back_counts_for_the_candidate() {
    let mut bench = bench("http://old.example", "http://new.example", 9);
    let mut chosen = bench.choose();
    assert!(chosen.fall_back());
    assert_eq!(chosen.foreign().unwrap().host(), "old.example");
    drop(chosen.settle(status(500)));
    assert_eq!(bench.told(), [OutcomeKind::Failed]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_waits_long_and_leaves_got_no_answer() {
    let mut bench = bench("self", "http://new.example", 9);
    let (soon, late) = (bench.choose(), bench.choose());
    tokio::time::advance(PATIENCE / 2).await;
    drop(soon);
    assert_eq!(bench.told(), []);
    tokio::time::advance(PATIENCE).await;
    drop(late);
    assert_eq!(bench.told(), [OutcomeKind::Failed]);
}

#[tokio::test]
async fn a_full_channel_loses_counts_and_stops_nobody() {
    let mut bench = bench("self", "http://new.example", 2);
    for _ in 0..100 {
        drop(bench.choose().settle(status(500)));
    }
    assert_eq!(bench.told().len(), 2);
}

#[test]
fn a_request_that_comes_back_is_known_among_other_hops() {
    let bench = bench("self", "http://new.example", 1);
    let mut headers = HeaderMap::new();
    headers.append(VIA, HeaderValue::from_static("1.0 fred, 1.1 smartbox-10 (smartbox-1)"));
    assert!(!bench.routing.has_seen(&headers));
    bench.routing.sign(&mut headers);
    assert!(bench.routing.has_seen(&headers));
}
