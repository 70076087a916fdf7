//! How often and how much at a time, and how clients are told.

use std::time::Duration;

use futures_util::StreamExt;
use http::StatusCode;
use smartbox_edge::{EdgeConfig, Rate};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::gateway::Gateway;
use crate::harness::{LIMIT, TestEdge, as_user, ready, until, with};

const fn often(burst: u32) -> Rate {
    Rate { burst, window: Duration::from_secs(600) }
}

async fn edge(config: EdgeConfig) -> (TestEdge, Gateway) {
    let edge = TestEdge::start_with(config, vec![ready(1, 1, "home", true)]).await;
    let gateway = Gateway::start().await;
    edge.plug(1, &gateway);
    (edge, gateway)
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn socket(edge: &TestEdge, session: &str) -> Result<Socket, Error> {
    let mut request = format!("ws://{}/b/home/chat", edge.address).into_client_request().unwrap();
    request.headers_mut().insert("cookie", format!("smartbox_session={session}").parse().unwrap());
    let (mut socket, _response) = tokio_tungstenite::connect_async(request).await?;
    socket.next().await.unwrap()?;
    Ok(socket)
}

/// How a socket was refused: status, `RateLimit` and `RateLimit-Policy`.
fn refusal(refused: Result<Socket, Error>) -> (StatusCode, String, String) {
    let Err(Error::Http(response)) = refused else { panic!("not refused over HTTP: {refused:?}") };
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    (response.status(), header("ratelimit"), header("ratelimit-policy"))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_refused_is_told_how_much_is_left() {
    let config = EdgeConfig { address_rate: often(10), caller_rate: often(4), ..EdgeConfig::default() };
    let (edge, _gateway) = edge(config).await;
    let answer = edge.get("/v1/boxes").await;
    assert_eq!(answer.header("ratelimit-policy"), "\"address\";q=10;w=600");
    assert_eq!(answer.header("ratelimit"), "\"address\";r=9;t=60");
    // A quarter of the caller's is more than two tenths of the address's: the nearest limit is told.
    let answer = edge.get("/b/home/who").await;
    assert_eq!(answer.header("ratelimit-policy"), "\"caller\";q=4;w=600");
    assert_eq!(answer.header("ratelimit"), "\"caller\";r=3;t=150");
    assert!(!edge.get("/healthz").await.headers.contains_key("ratelimit"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platforms_own_paths_count_and_its_health_does_not() {
    let (edge, gateway) = edge(EdgeConfig { address_rate: often(3), ..EdgeConfig::default() }).await;
    for path in ["/v1/boxes", "/sign-in", "/b/home/who"] {
        assert_eq!(edge.get(path).await.status, StatusCode::OK, "{path}");
    }
    for path in ["/v1/boxes", "/sign-in", "/b/home/who", "/openapi.json", "/_smartbox/boxes/home/state"] {
        let answer = edge.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (429, "too-many-requests"), "{path}");
        assert!(answer.header("ratelimit").starts_with("\"address\";r=0;t="), "{path}");
    }
    for path in ["/health", "/healthz", "/readyz"] {
        assert_eq!(edge.get(path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(gateway.seen.lock().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tries_to_sign_in_again_and_again_is_stopped_earlier() {
    let (edge, _gateway) = edge(EdgeConfig { sign_in_rate: often(2), ..EdgeConfig::default() }).await;
    for path in ["/sign-in", "/sign-in/password"] {
        assert_eq!(edge.ask(as_user("none", "POST", path)).await.status, StatusCode::OK);
    }
    let refused = edge.ask(as_user("none", "POST", "/sign-in/password")).await;
    assert_eq!(refused.code(), "too-many-requests");
    assert_eq!(refused.header("ratelimit-policy"), "\"sign-ins\";q=2;w=600");
    assert_eq!(edge.get("/sign-in").await.status, StatusCode::OK, "the page itself still comes");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_so_many_sockets_open_and_not_more() {
    let (edge, gateway) = edge(EdgeConfig { sockets_per_address: 2, ..EdgeConfig::default() }).await;
    let one = socket(&edge, "1").await.unwrap();
    let _other = socket(&edge, "1").await.unwrap();
    let (status, left, policy) = refusal(socket(&edge, "1").await);
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        (left.as_str(), policy.as_str()),
        ("\"open-sockets\";r=0", "\"open-sockets\";q=2;qu=\"concurrent-requests\"")
    );
    assert_eq!(gateway.seen.lock().await.len(), 2);
    assert_eq!(edge.get("/b/home/who").await.status, StatusCode::OK, "requests are not sockets");
    drop(one);
    let again = async { while socket(&edge, "1").await.is_err() {} };
    tokio::time::timeout(LIMIT, again).await.expect("its place is free again");
}

/// Sockets of the platform's own paths and of boxes are of one number.
#[tokio::test(flavor = "multi_thread")]
async fn sockets_of_the_platform_count_as_well() {
    let (edge, _gateway) = edge(EdgeConfig { sockets_per_address: 1, ..EdgeConfig::default() }).await;
    let ask = || {
        let upgrade = [("connection", "upgrade"), ("upgrade", "websocket")];
        edge.ask(with(as_user("1", "GET", "/v1/boxes/home/exec:stream"), &upgrade))
    };
    assert_eq!(
        ask().await.status,
        StatusCode::OK,
        "there is a place, and what is not upgraded gives it back"
    );
    let open = socket(&edge, "1").await.unwrap();
    assert_eq!(ask().await.code(), "too-many-open");
    drop(open);
    let again = async { while ask().await.status != StatusCode::OK {} };
    tokio::time::timeout(LIMIT, again).await.expect("its place is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_has_so_many_sockets_open_and_not_more() {
    let (edge, _gateway) = edge(EdgeConfig { sockets_per_caller: 1, ..EdgeConfig::default() }).await;
    let _one = socket(&edge, "1").await.unwrap();
    let (status, left, _policy) = refusal(socket(&edge, "1").await);
    assert_eq!((status.as_u16(), left.as_str()), (429, "\"open-sockets-of-caller\";r=0"));
    // The platform's admin is no one person: only the address counts.
    edge.publish(vec![ready(1, 1, "home", true)]);
    let _two = (socket(&edge, "admin").await.unwrap(), socket(&edge, "admin").await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_is_refused_takes_no_place() {
    let (edge, _gateway) = edge(EdgeConfig { sockets_per_address: 1, ..EdgeConfig::default() }).await;
    let mut request = format!("ws://{}/b/home/refuses-sockets", edge.address).into_client_request().unwrap();
    request.headers_mut().insert("cookie", "smartbox_session=1".parse().unwrap());
    for _ in 0..3 {
        let refused = tokio_tungstenite::connect_async(request.clone()).await;
        assert!(matches!(refused, Err(Error::Http(response)) if response.status() == StatusCode::FORBIDDEN));
    }
    let admitted = async { while socket(&edge, "1").await.is_err() {} };
    tokio::time::timeout(LIMIT, admitted).await.expect("there is a place");
}

/// Somebody who has said nothing yet cannot be answered: one too many is closed.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_so_many_connections_and_not_more() {
    let (edge, _gateway) = edge(EdgeConfig { connections_per_address: 2, ..EdgeConfig::default() }).await;
    // An upgraded one is a socket, and no connection any more.
    let _socket = socket(&edge, "1").await.unwrap();
    let connect = || TcpStream::connect(edge.address);
    let (silent, _other) = (connect().await.unwrap(), connect().await.unwrap());
    // The edge may take a moment to notice the upgrade.
    until("both are served", || edge.sockets.len() == 1).await;
    let closed = async {
        loop {
            let mut one_too_many = connect().await.unwrap();
            let mut rest = Vec::new();
            let read =
                tokio::time::timeout(Duration::from_secs(1), one_too_many.read_to_end(&mut rest)).await;
            if read.is_ok() {
                return;
            }
        }
    };
    tokio::time::timeout(LIMIT, closed).await.expect("one too many is closed");
    drop(silent);
    let answered = async {
        loop {
            let mut stream = connect().await.unwrap();
            let request = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            let mut answer = String::new();
            if stream.write_all(request.as_bytes()).await.is_ok()
                && stream.read_to_string(&mut answer).await.is_ok()
                && answer.starts_with("HTTP/1.1 200 ")
            {
                return;
            }
        }
    };
    tokio::time::timeout(LIMIT, answered).await.expect("its place is free again");
}
