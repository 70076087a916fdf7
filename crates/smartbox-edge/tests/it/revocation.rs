use std::time::Duration;

use futures_util::StreamExt;
use http::StatusCode;
use http_body_util::BodyExt;
use smartbox_core::Tie;
use smartbox_edge::RouteState;

use crate::gateway::Gateway;
use crate::harness::{LIMIT, TestEdge, as_user, box_id, ready, starting, until, user};
use crate::websocket::open;

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_cut_off_when_the_right_behind_it_ends() {
    let (edge, gateway) = TestEdge::with_home().await;
    let mut response = edge.send(as_user("1", "GET", "/stream")).await;
    gateway.chunks.send("one").await.unwrap();
    assert_eq!(response.frame().await.unwrap().unwrap().into_data().unwrap(), "one");
    assert_eq!(edge.sockets.close(&Tie::User(user(2)), "removed"), 0);
    assert_eq!(edge.sockets.close(&Tie::User(user(1)), "removed"), 1);
    let end = tokio::time::timeout(LIMIT, response.frame()).await.expect("in time");
    assert!(end.is_none_or(|frame| frame.is_err()), "nothing more comes");
    until("it has left", || edge.sockets.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_a_box_is_not_sent_for_somebody_who_may_not_any_more() {
    let mut route = ready(1, 1, "home", true);
    route.state = starting();
    let edge = TestEdge::start(vec![route]).await;
    let gateway = Gateway::start().await;
    edge.plug(1, &gateway);
    let revoked = async {
        until("it waits", || edge.sockets.len() == 1).await;
        edge.sockets.close(&Tie::User(user(1)), "removed");
    };
    let (answer, ()) = tokio::join!(edge.get("/who"), revoked);
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "access-ended"));
    assert!(gateway.seen.lock().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_a_box_is_told_that_the_box_is_deleted() {
    let mut route = ready(1, 1, "home", true);
    route.state = starting();
    let edge = TestEdge::start(vec![route.clone()]).await;
    let deleted = async {
        until("it waits", || edge.sockets.len() == 1).await;
        route.state = RouteState::Gone;
        edge.publish(vec![route]);
    };
    let (answer, ()) = tokio::join!(edge.get("/who"), deleted);
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::GONE, "box-gone"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_to_a_box_that_is_deleted_are_closed() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let mut socket = open(&edge, "/", &[]).await.unwrap();
    let mut route = ready(1, 1, "home", true);
    route.state = RouteState::Gone;
    edge.publish(vec![route]);
    let ended = async { while let Some(Ok(_message)) = socket.next().await {} };
    tokio::time::timeout(LIMIT, ended).await.expect("closed");
    until("it has left", || edge.sockets.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_with_the_session_that_opened_it() {
    let (edge, _gateway) = TestEdge::with_home().await;
    let mut socket = open(&edge, "/", &[("cookie", "smartbox_session=1-soon")]).await.unwrap();
    let ended = async { while let Some(Ok(_message)) = socket.next().await {} };
    tokio::time::timeout(Duration::from_secs(5), ended).await.expect("closed");
    until("it has left", || edge.sockets.close(&Tie::Box(box_id(1)), "nobody is there") == 0).await;
}
