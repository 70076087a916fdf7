//! Gateways that answer in their own way: what clients get of it, and what is kept of the connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::StatusCode;
use smartbox_edge::EdgeConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::harness::{TestEdge, as_user, box_id, ready};

/// A gateway that answers each path with fixed bytes.
struct Scripted {
    edge: TestEdge,
    connections: Arc<AtomicUsize>,
    /// How many requests have been answered to the last byte.
    answered: watch::Receiver<usize>,
    _server: JoinSet<()>,
}

/// The bytes of an answer, in pieces, and whether the connection is closed behind them.
type Script = (&'static [&'static str], bool);

impl Scripted {
    async fn start(scripts: &[(&'static str, Script)]) -> Self {
        Self::start_with(EdgeConfig::default(), scripts).await
    }

    async fn start_with(config: EdgeConfig, scripts: &[(&'static str, Script)]) -> Self {
        let edge = TestEdge::start_with(config, vec![ready(1, 1, "home", true)]).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        edge.world.gateways.lock().unwrap().insert(box_id(1), listener.local_addr().unwrap());
        let scripts: Arc<HashMap<_, _>> = Arc::new(scripts.iter().copied().collect());
        let connections = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&connections);
        let (written, answered) = watch::channel(0);
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut children = JoinSet::new();
            while let Ok((stream, _peer)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                children.spawn(answer(stream, Arc::clone(&scripts), written.clone()));
            }
        });
        Self { edge, connections, answered, _server: server }
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let answer = self.edge.get(path).await;
        (answer.status, answer.text())
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Waits until all that the gateway wrote for its first requests has been noticed by the edge's runtime: what the kernel
    /// tells of a newer connection, it tells after that.
    async fn has_noticed(&mut self, answers: usize) {
        self.answered.wait_for(|answered| *answered >= answers).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut here = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut there, _peer) = listener.accept().await.unwrap();
        there.write_all(b"!").await.unwrap();
        assert_eq!(here.read_u8().await.unwrap(), b'!');
    }
}

/// Answers requests without a body, one after the other.
async fn answer(
    mut stream: TcpStream,
    scripts: Arc<HashMap<&'static str, Script>>,
    written: watch::Sender<usize>,
) {
    stream.set_nodelay(true).unwrap();
    let mut read = Vec::new();
    loop {
        while !read.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let text = String::from_utf8(std::mem::take(&mut read)).unwrap();
        let path = text.split(' ').nth(1).unwrap();
        let (pieces, closes) = scripts.get(path).copied().unwrap_or((&[FINE], false));
        for piece in pieces {
            if stream.write_all(piece.as_bytes()).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
        written.send_modify(|answered| *answered += 1);
        if closes {
            return;
        }
    }
}

const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine";

#[tokio::test(flavor = "multi_thread")]
async fn however_a_body_ends_all_of_it_comes_through() {
    let scripted = Scripted::start(&[
        ("/chunks", (&["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", "2;x=y\r\nde\r\n0\r\n\r\n"], false)),
        ("/trailers", (&["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\nx-smartbox-a: 1\r\n\r\n"], false)),
        ("/closing", (&["HTTP/1.1 200 OK\r\n\r\nab", "cde"], true)),
        ("/old", (&["HTTP/1.0 200 OK\r\n\r\nabcde"], true)),
        ("/pieces", (&["HTTP/1.1 20", "0 OK\r\ncontent-le", "ngth: 5\r\n\r", "\nab", "cde"], false)),
        ("/interim", (&["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcde"], false)),
    ])
    .await;
    for path in ["/chunks", "/trailers", "/closing", "/old", "/pieces", "/interim"] {
        assert_eq!(scripted.get(path).await, (StatusCode::OK, "abcde".to_owned()), "{path}");
        assert_eq!(scripted.get("/").await, (StatusCode::OK, "fine".to_owned()), "after {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_kept_where_it_is_clear_what_follows() {
    let scripted = Scripted::start(&[
        ("/chunks", (&["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"], false)),
        ("/none", (&["HTTP/1.1 204 No Content\r\n\r\n"], false)),
        ("/unchanged", (&["HTTP/1.1 304 Not Modified\r\ncontent-length: 100\r\n\r\n"], false)),
    ])
    .await;
    for path in ["/", "/chunks", "/none", "/unchanged", "/"] {
        scripted.get(path).await;
    }
    let head = scripted.edge.ask(as_user("1", "HEAD", "/")).await;
    assert_eq!((head.status, head.header("content-length")), (StatusCode::OK, "4"));
    // The body that a gateway must not send came all the same: nothing of it is taken for an answer.
    assert_eq!(scripted.get("/").await, (StatusCode::OK, "fine".to_owned()));
    assert_eq!(scripted.connections(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_behind_an_answer_is_no_answer_to_anybody() {
    const SMUGGLED: &str =
        "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfineHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
    const BOTH: &str =
        "HTTP/1.1 200 OK\r\ncontent-length: 40\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\n";
    const EVIL: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
    let mut scripted = Scripted::start(&[
        ("/smuggled", (&[SMUGGLED], false)),
        ("/both", (&[BOTH], false)),
        // Nobody can tell an answer that comes after the next request from the answer to that: this one comes before it.
        ("/late", (&[FINE, EVIL], false)),
    ])
    .await;
    assert!(SMUGGLED.ends_with(EVIL));
    let mut answers = 0;
    for path in ["/smuggled", "/both", "/late"] {
        for _ in 0..5 {
            assert_eq!(scripted.get(path).await, (StatusCode::OK, "fine".to_owned()), "{path}");
            scripted.has_noticed(answers + 1).await;
            assert_eq!(scripted.get("/").await, (StatusCode::OK, "fine".to_owned()), "after {path}");
            answers += 2;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_is_said_to_be_none() {
    let scripted = Scripted::start(&[
        ("/nonsense", (&["nonsense\r\n\r\n"], false)),
        ("/lengths", (&["HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"], false)),
        ("/nothing", (&[], true)),
        ("/half", (&["HTTP/1.1 200 OK\r\ncontent-"], true)),
        ("/switched", (&["HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"], false)),
    ])
    .await;
    for (path, code) in [
        ("/nonsense", "gateway-broken-answer"),
        ("/lengths", "gateway-broken-answer"),
        ("/nothing", "gateway-unreachable"),
        ("/half", "gateway-unreachable"),
        ("/switched", "gateway-broken-answer"),
    ] {
        let answer = scripted.edge.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_GATEWAY, code), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_cut_off_or_broken_does_not_look_whole() {
    let scripted = Scripted::start(&[
        ("/short", (&["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"], true)),
        ("/chunk", (&["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhalf"], true)),
        ("/broken", (&["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n"], false)),
    ])
    .await;
    for path in ["/short", "/chunk", "/broken"] {
        let response = scripted.edge.send(as_user("1", "GET", path)).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert!(http_body_util::BodyExt::collect(response.into_body()).await.is_err(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_answer_in_time_is_not_waited_for() {
    let config = EdgeConfig { response_head_timeout: Duration::from_millis(200), ..EdgeConfig::default() };
    let scripted = Scripted::start_with(
        config,
        &[("/silent", (&[], false)), ("/half", (&["HTTP/1.1 200 OK\r\n"], false))],
    )
    .await;
    for path in ["/silent", "/half"] {
        // Also on a connection that has served before.
        assert_eq!(scripted.get("/").await.0, StatusCode::OK);
        let answer = scripted.edge.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::GATEWAY_TIMEOUT, "gateway-timeout"));
    }
    assert_eq!(scripted.get("/").await, (StatusCode::OK, "fine".to_owned()));
}
