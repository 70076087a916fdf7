//! A routing flag is flipped under traffic: nothing is dropped, and what is under way stays where it is.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::SinkExt;
use http::StatusCode;
use http::header::HOST;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use smartbox_core::routing::RouteName;
use smartbox_edge::{EdgeConfig, Rate};
use tokio::task::JoinSet;

use crate::gateway::Gateway;
use crate::harness::{LIMIT, TestEdge, as_user, ready};
use crate::websocket::{Socket, call, greet, next, open};

/// Clients that ask without pause.
const CLIENTS: usize = 4;
/// How often the flag goes to 100 % and back.
const FLIPS: usize = 10;
/// Requests that have to reach the side that was switched to before the flag is flipped again.
const REQUESTS_A_FLIP: usize = 20;

/// A stream and a socket, both under way.
struct UnderWay {
    stream: http::Response<Incoming>,
    socket: Socket,
}

impl UnderWay {
    async fn begin(edge: &TestEdge, gateway: &Gateway) -> Self {
        let mut stream = edge.send(as_user("1", "GET", "/stream")).await;
        gateway.chunks.send("begun").await.unwrap();
        assert_eq!(piece(&mut stream).await, "begun");
        let mut socket = open(edge, "/b/home/", &[]).await.unwrap();
        next(&mut socket).await.unwrap();
        greet(&mut socket).await;
        Self { stream, socket }
    }

    /// Shows that both still reach the gateway with which they began.
    async fn go_on(&mut self, gateway: &Gateway) {
        gateway.chunks.send("more").await.unwrap();
        assert_eq!(piece(&mut self.stream).await, "more");
        let message = call("sessions.echo", "still there");
        self.socket.send(message.clone()).await.unwrap();
        assert_eq!(next(&mut self.socket).await.unwrap(), message);
    }
}

async fn piece(stream: &mut http::Response<Incoming>) -> Bytes {
    let frame = tokio::time::timeout(LIMIT, stream.frame()).await.expect("in time");
    frame.unwrap().unwrap().into_data().unwrap()
}

/// Asks over one connection after the other until told to stop; every answer must be good. Returns how many there were.
async fn client(edge: Arc<TestEdge>, number: usize, asked: Arc<AtomicUsize>, stop: Arc<AtomicBool>) -> usize {
    let mut answers = 0;
    let mut connection = edge.connect::<Full<Bytes>>().await;
    while !stop.load(Ordering::SeqCst) {
        let path = format!("/n/{}", asked.fetch_add(1, Ordering::SeqCst));
        let mut request = as_user("1", "POST", &path).map(|_empty| Full::from(path.clone()));
        request.headers_mut().insert(HOST, edge.address.to_string().parse().unwrap());
        connection.ready().await.unwrap();
        let answer = tokio::time::timeout(LIMIT, connection.send_request(request)).await.expect("in time");
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "client {number}, {path}");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let told: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(told["body"], path);
        answers += 1;
    }
    answers
}

/// Waits until a gateway has seen so many requests more.
async fn sees_more(gateway: &Gateway) {
    let before = gateway.seen.lock().await.len();
    let enough = async {
        while gateway.seen.lock().await.len() < before + REQUESTS_A_FLIP {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    assert!(tokio::time::timeout(LIMIT, enough).await.is_ok(), "nobody comes");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_answered_exactly_once_while_a_flag_flips_and_what_is_under_way_stays() {
    let rate = Rate { burst: 1_000_000, window: Duration::from_secs(60) };
    let config =
        EdgeConfig { address_rate: rate, caller_rate: rate, box_rate: rate, ..EdgeConfig::default() };
    let edge = Arc::new(TestEdge::start_with(config, vec![ready(1, 1, "home", true)]).await);
    let (home, other) = (Gateway::start().await, Gateway::start().await);
    edge.plug(1, &home);
    let there = format!("http://{}", other.address);
    let switch = |percentage| edge.route(RouteName::ContainerGateway, "self", &there, percentage);
    switch(0);
    let mut at_home = UnderWay::begin(&edge, &home).await;

    let (asked, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(client(Arc::clone(&edge), number, Arc::clone(&asked), Arc::clone(&stop)));
    }
    let mut elsewhere = None;
    for _flip in 0..FLIPS {
        switch(100);
        sees_more(&other).await;
        at_home.go_on(&home).await;
        if elsewhere.is_none() {
            elsewhere = Some(UnderWay::begin(&edge, &other).await);
        }
        switch(0);
        sees_more(&home).await;
        elsewhere.as_mut().unwrap().go_on(&other).await;
    }
    stop.store(true, Ordering::SeqCst);
    let answers: usize = clients.join_all().await.into_iter().sum();

    let mut times = HashMap::new();
    for gateway in [&home, &other] {
        let seen = gateway.seen.lock().await;
        for path in seen.iter().filter(|path| path.starts_with("/n/")) {
            *times.entry(path.clone()).or_insert(0) += 1;
        }
    }
    assert_eq!((answers, times.len()), (asked.load(Ordering::SeqCst), answers));
    assert!(times.values().all(|times| *times == 1), "each request reached one gateway, once");
}
