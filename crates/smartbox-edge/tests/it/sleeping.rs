//! Boxes that sleep, and those that fall asleep just now.

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use smartbox_edge::{Busy, EdgeConfig, Route, RouteState};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::gateway::Gateway;
use crate::harness::{TestEdge, as_user, box_id, ready, stopped, until, with};
use crate::websocket::{call, greet, next, open};

const HTML: (&str, &str) = ("accept", "text/html");

fn home(state: RouteState) -> Route {
    Route { state, ..ready(1, 1, "home", true) }
}

fn asleep() -> RouteState {
    RouteState::Asleep { phase: "sleeping", since: Timestamp::UNIX_EPOCH }
}

fn waking() -> RouteState {
    RouteState::Waiting { phase: "waking", stage: None, since: Timestamp::UNIX_EPOCH }
}

async fn with_state(config: EdgeConfig, state: RouteState) -> (TestEdge, Gateway) {
    let edge = TestEdge::start_with(config, vec![home(state)]).await;
    let gateway = Gateway::start().await;
    edge.plug(1, &gateway);
    (edge, gateway)
}

/// Waits for a wake that was asked for, and wakes the box.
async fn wake(edge: &TestEdge) {
    until("the wake", || edge.wakes() == 1).await;
    edge.publish(vec![home(waking())]);
    edge.publish(vec![home(RouteState::Ready)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_box_that_sleeps_comes_without_a_page_in_between() {
    let (edge, _gateway) = with_state(EdgeConfig::default(), asleep()).await;
    let (page, ()) = tokio::join!(edge.ask(with(as_user("1", "GET", "/b/home/ui"), &[HTML])), wake(&edge));
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert!(page.text().contains("/b/home"));
    assert_eq!(edge.wakes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_what_a_box_does_that_does_not_wake_at_once() {
    let config = EdgeConfig { page_patience: Duration::from_millis(50), ..EdgeConfig::default() };
    let (edge, _gateway) = with_state(config, asleep()).await;
    let page = edge.ask(with(as_user("1", "GET", "/b/home/ui"), &[HTML])).await;
    assert_eq!((page.status, edge.wakes()), (StatusCode::SERVICE_UNAVAILABLE, 1));
    assert_eq!(page.header("retry-after"), "3");
    let html = page.text();
    assert!(html.contains(r#""phase":"sleeping""#) && html.contains("The box wakes in a moment."), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_is_told_that_the_box_sleeps_and_a_person_who_asks_wakes_it() {
    let (edge, _gateway) = with_state(EdgeConfig::default(), asleep()).await;
    for path in ["/b/home/healthz", "/api/users/1/avatar"] {
        let answer = edge.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "box-asleep"));
        assert_eq!(answer.header("retry-after"), "60");
    }
    assert_eq!(edge.wakes(), 0);
    let (answer, ()) = tokio::join!(edge.get("/api/users/1"), wake(&edge));
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(edge.get("/b/home/healthz").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fence_is_shut_to_new_requests_and_sockets_until_it_is_opened() {
    let (edge, gateway) = with_state(EdgeConfig::default(), RouteState::Ready).await;
    assert_eq!(edge.ingress.close(box_id(1)), Ok(()));
    let open_it = async {
        until("both are held", || edge.ingress.work(box_id(1)).held == 2).await;
        assert_eq!(edge.wakes(), 1);
        assert!(gateway.seen.lock().await.is_empty());
        // Another look at the same table does not open it.
        edge.publish(vec![home(RouteState::Ready)]);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(gateway.seen.lock().await.is_empty());
        edge.ingress.open(box_id(1));
    };
    let (answer, socket, ()) = tokio::join!(edge.get("/who"), open(&edge, "/", &[]), open_it);
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(next(&mut socket.unwrap()).await, Some(Message::text("hello /")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_is_in_use_until_the_end_of_an_answer_and_not_by_an_open_socket() {
    let (edge, gateway) = TestEdge::with_home().await;
    let mut socket = open(&edge, "/", &[]).await.unwrap();
    next(&mut socket).await;
    let answer = edge.send(as_user("1", "GET", "/stream")).await;
    let work = edge.ingress.work(box_id(1));
    assert_eq!((work.requests, work.sockets), (1, 1));
    assert_eq!(edge.ingress.close(box_id(1)), Err(Busy));
    drop((answer, gateway.chunks));
    until("the request has ended", || edge.ingress.work(box_id(1)).requests == 0).await;
    assert!(edge.ingress.work(box_id(1)).last_work.is_some());
    assert_eq!(edge.ingress.close(box_id(1)), Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_lives_through_a_sleep() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let mut socket = open(&edge, "/", &[]).await.unwrap();
    next(&mut socket).await;
    greet(&mut socket).await;
    edge.publish(vec![home(asleep())]);
    until("it is shut out", || edge.ingress.close(box_id(1)).is_ok()).await;
    futures_util::SinkExt::send(&mut socket, call("sessions.echo", "good morning")).await.unwrap();
    wake(&edge).await;
    assert_eq!(next(&mut socket).await, Some(call("sessions.echo", "good morning")));
    assert_eq!(edge.wakes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_of_a_box_that_was_restarted_in_its_sleep_are_told_to_come_back() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let mut socket = open(&edge, "/", &[]).await.unwrap();
    next(&mut socket).await;
    assert_eq!(edge.ingress.close(box_id(1)), Ok(()));
    edge.publish(vec![Route { generation: 2, ..home(RouteState::Ready) }]);
    let Some(Message::Close(Some(close))) = next(&mut socket).await else { panic!("it is not closed") };
    assert_eq!((u16::from(close.code), close.reason.as_str()), (1012, "the box was restarted"));
    assert!(open(&edge, "/", &[]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_does_not_start_what_its_owner_has_stopped() {
    let by_owner = RouteState::Stopped { phase: "stopped", since: Timestamp::UNIX_EPOCH, by_owner: true };
    let (edge, _gateway) = with_state(EdgeConfig::default(), by_owner).await;
    let Err(Error::Http(refused)) = open(&edge, "/", &[]).await else { panic!("it is not refused") };
    let problem: serde_json::Value = serde_json::from_slice(refused.body().as_deref().unwrap()).unwrap();
    assert_eq!((refused.status(), &problem["code"]), (StatusCode::CONFLICT, &"box-stopped".into()));
    assert!(problem["remedy"].as_str().unwrap().contains("smartbox box start"));
    assert_eq!(edge.wakes(), 0);
    let (answer, ()) = tokio::join!(edge.get("/who"), wake(&edge));
    assert_eq!((answer.status, edge.wakes()), (StatusCode::OK, 1));

    let (edge, _gateway) = with_state(EdgeConfig::default(), stopped()).await;
    let (socket, ()) = tokio::join!(open(&edge, "/", &[]), wake(&edge));
    assert!(socket.is_ok(), "it sleeps without processes");
}
