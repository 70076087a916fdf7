//! Somebody sets the machine's clock.

use std::time::Duration;

use http::StatusCode;
use jiff::SignedDuration;
use smartbox_edge::{EdgeConfig, Rate};

use crate::gateway::Gateway;
use crate::harness::{TestEdge, as_user, ready};

const HOURS: SignedDuration = SignedDuration::from_hours(5);

#[tokio::test(flavor = "multi_thread")]
async fn limits_do_not_follow_the_wall_clock() {
    let rate = Rate { burst: 1, window: Duration::from_secs(3600) };
    let config = EdgeConfig { address_rate: rate, ..EdgeConfig::default() };
    let edge = TestEdge::start_with(config, vec![ready(1, 1, "home", true)]).await;
    let gateway = Gateway::start().await;
    edge.plug(1, &gateway);
    assert_eq!(edge.get("/who").await.status, StatusCode::OK);
    for jump in [HOURS, -HOURS, -HOURS] {
        edge.world.jump(jump);
        let answer = edge.get("/who").await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "nobody gets in by {jump:?}");
        let wait: u64 = answer.header("retry-after").parse().unwrap();
        assert!(wait <= 3600, "nobody waits longer for {jump:?}: {wait} s");
    }
}

/// A session ends when the wall clock says so: neither a jump back nor one forward makes two of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_counts_by_the_time_that_it_says() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let status = || async { edge.ask(as_user("1-soon", "GET", "/who")).await.status };
    assert_eq!(status().await, StatusCode::OK);
    edge.world.jump(HOURS);
    assert_eq!(status().await, StatusCode::UNAUTHORIZED, "it is over");
    assert_eq!(edge.get("/who").await.status, StatusCode::OK, "others go on");
    edge.world.jump(-HOURS);
    assert_eq!(status().await, StatusCode::OK, "the clock was wrong, the session was not");
    edge.world.jump(-HOURS);
    assert_eq!(status().await, StatusCode::OK);
}
