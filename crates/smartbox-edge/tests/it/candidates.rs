//! How callers move to a candidate, and what is told of how it does.

use http::StatusCode;
use http_body_util::{BodyExt, Full};
use smartbox_core::routing::OutcomeKind::{Answered, BrokeOff, Failed};
use smartbox_core::routing::{RouteName, Side};

use crate::gateway::Gateway;
use crate::harness::{TestEdge, as_user, ready, user};
use crate::upstreams::{seen, two, url};

/// An address where nobody listens: port 9 of the loopback.
const NOBODY: &str = "http://127.0.0.1:9";

#[tokio::test(flavor = "multi_thread")]
async fn callers_move_by_their_own_place_and_keep_their_side() {
    let orgs: Vec<u8> = (1..=40).collect();
    let edge = TestEdge::start(orgs.iter().map(|n| ready(*n, *n, "home", true)).collect()).await;
    let (home, other) = (Gateway::start().await, Gateway::start().await);
    orgs.iter().for_each(|n| edge.plug(*n, &home));
    edge.boxes_to("self", &url(&other), 50);
    let flag = edge.flags.borrow().get(RouteName::ContainerGateway).clone();
    let moved: Vec<u8> =
        orgs.iter().copied().filter(|n| flag.side_of(&user(*n).to_string()) == Side::Candidate).collect();
    assert!(!moved.is_empty() && moved.len() < orgs.len());
    for _again in 0..2 {
        for n in &orgs {
            let answer = edge.ask(as_user(&n.to_string(), "GET", &format!("/who/{n}"))).await;
            assert_eq!(answer.status, StatusCode::OK);
        }
    }
    let there = seen(&other).await;
    let expected: Vec<String> = moved.iter().chain(&moved).map(|n| format!("/who/{n}")).collect();
    assert_eq!(there, expected);
    assert_eq!(seen(&home).await.len(), 2 * (orgs.len() - moved.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_sent_to_the_candidate_goes_to_the_primary() {
    let (mut edge, _home, other) = two().await;
    let post = |path: &str| as_user("1", "POST", path).map(|_empty| Full::from("a body"));
    edge.boxes_to("self", NOBODY, 100);
    assert_eq!(edge.ask(post("/b/home/who")).await.json()["body"], "a body");
    edge.boxes_to(&url(&other), NOBODY, 100);
    assert_eq!(edge.ask(post("/b/home/who")).await.json()["body"], "a body");
    edge.route(RouteName::AdminApi, "self", NOBODY, 100);
    let admin = edge.ask(as_user("admin", "POST", "/api/super/bulk/restart")).await;
    assert_eq!(admin.json()["platform"], "/api/super/bulk/restart");
    assert_eq!(edge.told(), [Failed, Failed, Failed], "each counts for the candidate, and not as an answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_is_down_has_nobody_to_stand_in_for_it() {
    let (mut edge, home, _other) = two().await;
    edge.boxes_to(NOBODY, "self", 0);
    let answer = edge.get("/").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_GATEWAY, "upstream-unreachable"));
    edge.boxes_to(NOBODY, NOBODY, 100);
    assert_eq!(edge.get("/").await.code(), "upstream-unreachable");
    assert_eq!(edge.told(), [Failed]);
    assert_eq!(seen(&home).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_that_took_the_request_and_broke_off_is_not_asked_for_by_another() {
    let (mut edge, home, _other) = two().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    edge.boxes_to("self", &format!("http://{}", listener.local_addr().unwrap()), 100);
    for (said, code) in [("", "upstream-unreachable"), ("SSH-2.0-x\r\n\r\n", "upstream-broken-answer")] {
        let accepted = async {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let (mut stream, _peer) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
            stream.write_all(said.as_bytes()).await.unwrap();
        };
        let (answer, ()) = tokio::join!(edge.get("/"), accepted);
        assert_eq!(answer.code(), code);
    }
    assert_eq!(edge.told(), [Failed, Failed]);
    assert_eq!(seen(&home).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_counts_against_the_candidate() {
    let (mut edge, _home, other) = two().await;
    edge.boxes_to("self", &url(&other), 100);
    let mut response = edge.send(as_user("1", "GET", "/stream")).await;
    other.chunks.send("one").await.unwrap();
    assert_eq!(response.frame().await.unwrap().unwrap().into_data().unwrap(), "one");
    assert_eq!(edge.told(), [Answered]);
    // With its sender the stream would end in good order.
    let _kept = other.chunks.clone();
    drop(other);
    assert!(response.collect().await.is_err());
    assert_eq!(edge.told(), [BrokeOff]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_leads_back_here_ends_at_once() {
    let (mut edge, home, _other) = two().await;
    edge.boxes_to("self", &format!("http://{}", edge.address), 100);
    // The session does not travel; a signed address does, and comes back with it.
    let request = http::Request::builder().uri("/who?signed=1&kept=1").body(Full::default()).unwrap();
    let answer = edge.ask(request).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::LOOP_DETECTED, "loop-detected"));
    assert_eq!(edge.told(), [Failed, Failed], "here and at its return");
    assert_eq!(seen(&home).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_right_ends_a_stream_of_another_server_and_is_not_its_fault() {
    let (mut edge, _home, other) = two().await;
    edge.boxes_to("self", &url(&other), 100);
    let mut response = edge.send(as_user("1", "GET", "/stream")).await;
    other.chunks.send("one").await.unwrap();
    response.frame().await.unwrap().unwrap();
    edge.sockets.close(&smartbox_core::Tie::User(user(1)), "you were signed out");
    assert!(response.collect().await.is_err());
    assert_eq!(edge.told(), [Answered]);
}
