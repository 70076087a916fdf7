use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{Request, StatusCode};
use http_body_util::Full;
use smartbox_edge::ports::WakeRefused;
use smartbox_edge::{EdgeConfig, Route, RouteState};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::gateway::Gateway;
use crate::harness::{LIMIT, TestEdge, as_user, ready, starting, stopped, until};

fn home(state: RouteState) -> Route {
    Route { state, ..ready(1, 1, "home", true) }
}

async fn with_state(config: EdgeConfig, state: RouteState) -> (TestEdge, Gateway) {
    let edge = TestEdge::start_with(config, vec![home(state)]).await;
    let gateway = Gateway::start().await;
    edge.plug(1, &gateway);
    (edge, gateway)
}

fn post(path: &str, body: &'static str) -> Request<Full<Bytes>> {
    as_user("1", "POST", path).map(|_none| Full::from(body))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_a_stopped_box_wakes_it_and_is_answered_when_it_runs() {
    let (edge, _gateway) = with_state(EdgeConfig::default(), stopped()).await;
    let wake = async {
        until("the wake", || edge.wakes() == 1).await;
        edge.publish(vec![home(starting())]);
        edge.publish(vec![home(RouteState::Ready)]);
    };
    let (answer, ()) = tokio::join!(edge.ask(post("/b/home/who", "payload")), wake);
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["body"], "payload");
    assert_eq!(answer.seen("content-length"), ["7"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_to_a_stopped_box_is_held_until_it_runs() {
    let (edge, _gateway) = with_state(EdgeConfig::default(), stopped()).await;
    let mut request = format!("ws://{}/", edge.address).into_client_request().unwrap();
    request.headers_mut().insert("cookie", "smartbox_session=1".parse().unwrap());
    let wake = async {
        until("the wake", || edge.wakes() == 1).await;
        edge.publish(vec![home(RouteState::Ready)]);
    };
    let (socket, ()) = tokio::join!(tokio_tungstenite::connect_async(request), wake);
    assert!(socket.unwrap().0.next().await.unwrap().unwrap().to_text().unwrap().starts_with("hello"));
}

// One thread: the order in which the fake gateway sees requests is the order in which they were sent.
#[tokio::test]
async fn requests_are_released_in_the_order_they_came() {
    let (edge, gateway) = with_state(EdgeConfig::default(), starting()).await;
    let mut waiting = Vec::new();
    for n in 0..20 {
        let mut stream = TcpStream::connect(edge.address).await.unwrap();
        let head =
            format!("GET /{n} HTTP/1.1\r\nhost: {}\r\ncookie: smartbox_session=1\r\n\r\n", edge.address);
        stream.write_all(head.as_bytes()).await.unwrap();
        waiting.push(stream);
        // Each is in the queue before the next is sent.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    edge.publish(vec![home(RouteState::Ready)]);
    let all = async {
        while gateway.seen.lock().await.len() < 20 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, all).await.expect("all are released");
    let expected: Vec<_> = (0..20).map(|n| format!("/{n}")).collect();
    assert_eq!(*gateway.seen.lock().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_full_turns_requests_away_until_somebody_leaves() {
    let config = EdgeConfig { hold_box_max: 2, ..EdgeConfig::default() };
    let (edge, _gateway) = with_state(config, stopped()).await;
    let held = |body: &'static str| {
        let (address, method) = (edge.address, if body.is_empty() { "GET" } else { "POST" });
        async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = format!(
                "{method} / HTTP/1.1\r\nhost: {address}\r\ncookie: smartbox_session=1\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            stream
        }
    };
    let (mut first, mut second) = (held("").await, held("a body").await);
    // The two are in the queue once a third is turned away at once.
    let overflow = async {
        loop {
            if let Ok(third) = tokio::time::timeout(Duration::from_millis(300), edge.get("/")).await {
                return third;
            }
            // The third was faster than one of the two, which was turned away in its stead: that one tries again.
            for (stream, body) in [(&mut first, ""), (&mut second, "a body")] {
                if stream.try_read(&mut [0; 1024]).is_ok() {
                    *stream = held(body).await;
                }
            }
        }
    };
    let third = tokio::time::timeout(LIMIT, overflow).await.expect("turned away");
    assert_eq!((third.status, third.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "box-queue-full"));
    assert_eq!(third.header("retry-after"), "10");
    assert_eq!(third.json()["retry_after_ms"], 10_000);
    // Both leave: one without a body, one whose body was read ahead.
    drop((first, second));
    let free_again = async {
        loop {
            let pause = Duration::from_millis(300);
            let both = tokio::join!(
                tokio::time::timeout(pause, edge.get("/")),
                tokio::time::timeout(pause, edge.get("/"))
            );
            // No answer: it is held.
            if matches!(both, (Err(_), Err(_))) {
                return;
            }
        }
    };
    tokio::time::timeout(LIMIT, free_again).await.expect("both places come back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_told_when_to_come_back_after_the_limit() {
    let config = EdgeConfig { hold_timeout: Duration::from_millis(50), ..EdgeConfig::default() };
    let (edge, _gateway) = with_state(config, starting()).await;
    let answer = edge.get("/").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "box-starting"));
    assert_eq!(answer.header("retry-after"), "5");
    assert_eq!(edge.wakes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_wake_is_told_at_once_with_its_remedy() {
    let (edge, _gateway) = with_state(EdgeConfig::default(), stopped()).await;
    *edge.world.refusal.lock().unwrap() = Some(WakeRefused {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "tier-full",
        title: "All 20 places of the tier are taken".into(),
        detail: Some("home needs a place of standard-1.".into()),
        remedy: Some("Stop another box.".into()),
        retry_after: Some(Duration::from_millis(1500)),
    });
    let answer = edge.get("/").await;
    assert_eq!(answer.code(), "tier-full");
    assert_eq!(answer.json()["remedy"], "Stop another box.");
    assert_eq!(answer.json()["type"], "/docs/errors/tier-full");
    assert_eq!(answer.header("retry-after"), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_box_says_why_at_once() {
    let failed = RouteState::Failed {
        title: "The gateway refuses its configuration".into(),
        detail: Some("Unrecognized key: foo".into()),
        remedy: Some("Correct the configuration.".into()),
        since: jiff::Timestamp::UNIX_EPOCH,
    };
    let (edge, _gateway) = with_state(EdgeConfig::default(), failed).await;
    let answer = edge.get("/").await;
    assert_eq!(answer.code(), "box-failed");
    assert_eq!(answer.json()["detail"], "Unrecognized key: foo");
    assert_eq!(edge.wakes(), 0);
    // Only a person's wish tries again.
    let again = edge.ask(as_user("1", "POST", "/_smartbox/boxes/home/wake")).await;
    assert_eq!((again.status, edge.wakes()), (StatusCode::ACCEPTED, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_box_is_gone_for_its_owner() {
    let (edge, _gateway) = with_state(EdgeConfig::default(), RouteState::Gone).await;
    let answer = edge.get("/").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::GONE, "box-gone"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_stops_while_it_is_asked_is_waited_for() {
    let (edge, gateway) = with_state(EdgeConfig::default(), RouteState::Ready).await;
    edge.world.gateways.lock().unwrap().clear();
    let back = async {
        until("a second attempt", || edge.world.dials.load(std::sync::atomic::Ordering::SeqCst) >= 2).await;
        edge.publish(vec![home(stopped())]);
        until("the wake", || edge.wakes() == 1).await;
        edge.plug(1, &gateway);
        edge.publish(vec![home(RouteState::Ready)]);
    };
    let (answer, ()) = tokio::join!(edge.ask(post("/who", "payload")), back);
    assert_eq!(answer.json()["body"], "payload");
}
