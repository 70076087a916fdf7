//! Requests about boxes that another platform on the same database keeps.

use std::collections::HashMap;
use std::sync::Arc;

use http::StatusCode;
use http_body_util::BodyExt;
use smartbox_core::Tie;
use smartbox_edge::EdgeConfig;
use tokio_tungstenite::tungstenite::Message;

use crate::gateway::Gateway;
use crate::harness::{TestEdge, as_user, box_id, ready, stopped, until, with};
use crate::websocket::{call, greet, next, open};

/// Two platforms that know the same boxes: `home` (of org 1, its default) is kept by the first, `away` (of org 1) by the second.
struct Two {
    first: TestEdge,
    second: TestEdge,
    away: Gateway,
}

impl Two {
    async fn start() -> Self {
        let config =
            EdgeConfig { trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()], ..EdgeConfig::default() };
        let edge = || TestEdge::start_among(config.clone(), routes(), true, |listener| listener);
        let (first, second) = (edge().await, edge().await);
        let away = Gateway::start().await;
        second.plug(2, &away);
        let two = Self { first, second, away };
        two.spread();
        two
    }

    fn spread(&self) {
        keep(&self.first, &[(1, None), (2, Some(&self.second))]);
        keep(&self.second, &[(1, Some(&self.first)), (2, None)]);
    }
}

fn routes() -> Vec<smartbox_edge::Route> {
    vec![ready(1, 1, "home", true), ready(2, 1, "away", false), ready(3, 2, "theirs", true)]
}

/// Says who keeps boxes, as one platform knows it.
fn keep(edge: &TestEdge, kept: &[(u8, Option<&TestEdge>)]) {
    let keeper = |other: &TestEdge| Arc::new(format!("http://{}", other.peer_address).parse().unwrap());
    let table: HashMap<_, _> = kept.iter().map(|(n, other)| (box_id(*n), other.map(keeper))).collect();
    edge.peers.send_replace(Arc::new(table));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_answered_by_the_keeper_as_if_it_had_come_to_it() {
    let two = Two::start().await;
    let request = with(as_user("1", "GET", "/b/away/who?x=1"), &[("x-forwarded-for", "198.51.100.7")]);
    let answer = two.first.ask(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.json()["target"], "/who?x=1");
    assert_eq!(answer.seen("x-forwarded-host"), [two.first.address.to_string()], "the client's own host");
    assert_eq!(answer.seen("x-forwarded-for"), ["198.51.100.7"], "the client, and not the platform between");
    assert_eq!(answer.seen("x-request-id"), [answer.header("x-request-id")], "one id all the way");
    assert!(answer.seen("x-smartbox-hop").is_empty());

    let uploaded = two.first.ask(as_user("1", "POST", "/b/away/echo")).await;
    assert_eq!(uploaded.status, StatusCode::OK, "{}", uploaded.text());
    // The API of a box is its keeper's as well; everything else is answered where it comes.
    let api = two.first.ask(as_user("1", "GET", "/v1/boxes/away/logs")).await;
    assert_eq!(api.json()["platform"], "/v1/boxes/away/logs");
    assert_eq!(two.away.seen.lock().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_on_through_both_platforms_to_the_gateway() {
    let two = Two::start().await;
    let client = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = with(as_user("1", "GET", "/b/away/who"), &[("traceparent", client)]);
    let answer = two.first.ask(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let (first, second) = (&two.first.traces, &two.second.traces);
    assert_eq!(*first.joined.lock().unwrap(), [Some(client.to_owned())]);
    let told = first.told.lock().unwrap().clone();
    assert_eq!(told.len(), 1, "the other platform is asked once: {told:?}");
    assert_eq!(*second.joined.lock().unwrap(), [Some(told[0].clone())], "it belongs to what the first asked");
    assert_eq!(
        answer.seen("traceparent"),
        *second.told.lock().unwrap(),
        "and the gateway to what the second did"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keeper_finds_out_by_itself_who_asks() {
    let two = Two::start().await;
    let stranger = two.first.ask(as_user("nobody", "GET", "/b/away/")).await;
    assert_eq!((stranger.status, stranger.code().as_str()), (StatusCode::UNAUTHORIZED, "not-signed-in"));
    let other = two.first.ask(as_user("2", "GET", "/b/away/")).await;
    assert_eq!(other.code(), "box-not-found", "of another org it does not exist");
    let other = two.first.ask(as_user("2", "GET", &format!("/b/{}/", box_id(2)))).await;
    assert_eq!(other.code(), "box-not-found");
    let foreign = with(as_user("1", "POST", "/b/away/"), &[("origin", "https://evil.example")]);
    assert_eq!(two.first.ask(foreign).await.code(), "bad-origin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_box_is_found_wherever_its_keeper_is() {
    let two = Two::start().await;
    let home = Gateway::start().await;
    two.first.plug(1, &home);
    let answer = two.second.get("/who").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(home.seen.lock().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_goes_through_both_and_ends_with_its_right_at_the_keeper() {
    let two = Two::start().await;
    let mut socket = open(&two.first, "/b/away", &[]).await.unwrap();
    assert_eq!(next(&mut socket).await.unwrap().to_text().unwrap(), "hello /");
    greet(&mut socket).await;
    socket_asks(&mut socket).await;
    until("the keeper has it", || two.second.sockets.len() == 1).await;
    two.second.sockets.close(&Tie::User(crate::harness::user(1)), "you were signed out");
    let closed = loop {
        match next(&mut socket).await {
            Some(Message::Close(Some(frame))) => break Some(u16::from(frame.code)),
            Some(_) => {}
            None => break None,
        }
    };
    assert_eq!(closed, Some(4001));
}

async fn socket_asks(socket: &mut crate::websocket::Socket) {
    use futures_util::SinkExt;
    socket.send(call("chat.history", "{}")).await.unwrap();
    assert!(next(socket).await.is_some(), "an answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_whose_box_gets_another_keeper_is_closed_where_it_came_in() {
    let two = Two::start().await;
    let mut socket = open(&two.first, "/b/away", &[]).await.unwrap();
    assert_eq!(next(&mut socket).await.unwrap().to_text().unwrap(), "hello /");
    greet(&mut socket).await;
    keep(&two.first, &[(1, None), (2, None)]);
    while next(&mut socket).await.is_some_and(|message| !message.is_close()) {}
    let away = &two.away;
    two.first.plug(2, away);
    let answer = two.first.get("/b/away/who").await;
    assert_eq!(answer.status, StatusCode::OK, "its new keeper answers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_makes_one_hop_and_not_another() {
    let two = Two::start().await;
    // The two disagree for a moment: each believes that the other keeps it.
    keep(&two.second, &[(1, None), (2, Some(&two.first))]);
    let answer = two.first.get("/b/away/").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "box-moving"));
    assert!(!answer.header("retry-after").is_empty());
    let answer = two.first.get("/v1/boxes/away/logs").await;
    assert_eq!(answer.code(), "box-moving");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_box_has_no_keeper_its_clients_are_asked_to_come_again() {
    let two = Two::start().await;
    keep(&two.first, &[(1, None)]);
    let answer = two.first.get("/b/away/").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "box-moving"));
    let page = with(
        as_user("1", "GET", "/b/away/"),
        &[("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
    );
    assert!(two.first.ask(page).await.text().contains("<html"), "a person sees the loading page");
    // The platform is gone, and nobody has missed it yet.
    two.spread();
    two.second.hard.cancel();
    let mut second = two.second;
    second.stop.cancel();
    while second.server.join_next().await.is_some() {}
    let answer = two.first.get("/b/away/").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "box-moving"));
    assert_eq!(two.first.wakes(), 0, "nobody else touches the box");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_platforms_come_in_where_platforms_do_and_a_clients_word_counts_nowhere() {
    let two = Two::start().await;
    let connected = tokio::net::TcpStream::connect(two.second.peer_address).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(connected);
    let (mut sender, driver) = hyper::client::conn::http1::handshake(io).await.unwrap();
    let mut driving = tokio::task::JoinSet::new();
    driving.spawn(driver);
    for hop in [None, Some("1 0 127.0.0.1:1 127.0.0.1:2 http req-1 00"), Some("nonsense")] {
        let mut request = as_user("1", "GET", "/b/away/");
        request.headers_mut().insert("host", two.second.address.to_string().parse().unwrap());
        if let Some(hop) = hop {
            request.headers_mut().insert("x-smartbox-hop", hop.parse().unwrap());
        }
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(String::from_utf8_lossy(&body).contains("not-a-platform"));
    }
    // At the public address the header is nobody's.
    let request = with(
        as_user("1", "GET", "/b/away/who"),
        &[("x-smartbox-hop", "1 0 203.0.113.9:1 127.0.0.1:2 https req-9 00")],
    );
    let answer = two.second.ask(request).await;
    assert_ne!(answer.seen("x-forwarded-for"), ["203.0.113.9"]);
    assert!(answer.seen("x-smartbox-hop").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_box_is_woken_by_its_keeper() {
    let two = Two::start().await;
    let mut away = ready(2, 1, "away", false);
    away.state = stopped();
    let table = || vec![ready(1, 1, "home", true), away.clone()];
    two.first.publish(table());
    two.second.publish(table());
    let (asked, ()) = tokio::join!(two.first.get("/b/away/who"), async {
        until("it is woken", || two.second.wakes() == 1).await;
        two.second.publish(routes());
    });
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text());
    assert_eq!((two.first.wakes(), two.second.wakes()), (0, 1));
}
