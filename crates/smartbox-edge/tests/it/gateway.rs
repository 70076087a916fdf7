//! A small HTTP server that stands for the gateway of a box.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use http::{Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as WsFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

pub(crate) type GatewayBody = UnsyncBoxBody<Bytes, Infallible>;
pub(crate) type Chunks = mpsc::Sender<&'static str>;

pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    /// Connections that were accepted.
    pub(crate) connections: Arc<AtomicUsize>,
    /// Paths in the order in which requests came.
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
    /// How many `/endless` bodies are under way.
    pub(crate) endless: Arc<AtomicUsize>,
    /// Feeds the body of the next `/stream`.
    pub(crate) chunks: Chunks,
    _server: JoinSet<()>,
}

struct State {
    endless: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<String>>>,
    stream: Mutex<Option<mpsc::Receiver<&'static str>>>,
    sockets: Mutex<JoinSet<()>>,
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (chunks, stream) = mpsc::channel(1);
        let endless = Arc::<AtomicUsize>::default();
        let state = Arc::new(State {
            endless: Arc::clone(&endless),
            seen: Arc::clone(&seen),
            stream: Mutex::new(Some(stream)),
            sockets: Mutex::default(),
        });
        let count = Arc::clone(&connections);
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut children = JoinSet::new();
            loop {
                let (stream, _peer) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let state = Arc::clone(&state);
                children.spawn(async move {
                    let service = service_fn(move |request| {
                        let state = Arc::clone(&state);
                        async move { Ok::<_, Infallible>(answer(&state, request).await) }
                    });
                    let io = TokioIo::new(stream);
                    let _end = http1::Builder::new().serve_connection(io, service).with_upgrades().await;
                });
            }
        });
        Self { address, connections, seen, endless, chunks, _server: server }
    }
}

async fn answer(state: &State, request: Request<Incoming>) -> Response<GatewayBody> {
    let path = request.uri().path().to_owned();
    state.seen.lock().await.push(path.clone());
    if request.headers().contains_key(UPGRADE) {
        return upgrade(state, request).await;
    }
    match path.as_str() {
        "/stream" => stream(state).await,
        "/echo-body" => echo_body(request),
        "/endless" => endless(state),
        "/slow-reader" => std::future::pending().await,
        "/status/204" => respond(StatusCode::NO_CONTENT, &[], ""),
        "/redirect" => respond(StatusCode::FOUND, &[("location", "/ui?x=1")], ""),
        "/headers" => respond(StatusCode::OK, &LOUD_HEADERS, "x"),
        "/ui" => respond(
            StatusCode::OK,
            &[
                ("content-type", "text/html; charset=utf-8"),
                ("etag", "\"1\""),
                ("content-security-policy", POLICY),
            ],
            UI,
        ),
        "/headed-ui" => respond(
            StatusCode::OK,
            &[("content-type", "text/html"), ("etag", "\"1\""), ("content-security-policy", POLICY)],
            HEADED_UI,
        ),
        // What an agent may write: it looks like the Control UI and comes without its policy.
        "/agent-page" => respond(StatusCode::OK, &[("content-type", "text/html")], UI),
        "/agent-image" => respond(StatusCode::OK, &[("content-type", "image/svg+xml")], "<svg/>"),
        "/untyped" => respond(StatusCode::OK, &[], "<html>"),
        _ => describe(request).await,
    }
}

const UI: &str = r#"<html data-base=""><link href="/a.css"></html>"#;
const HEADED_UI: &str = r#"<html data-base=""><head><title>UI</title></head></html>"#;
const POLICY: &str = "default-src 'self'; script-src 'self' 'sha256-abc='";

/// What a gateway must not be able to tell the client's browser.
const LOUD_HEADERS: [(&str, &str); 10] = [
    ("set-cookie", "smartbox_session=evil; Path=/"),
    ("set-cookie", "theme=dark; Path=/ui; Domain=example.com"),
    ("strict-transport-security", "max-age=1"),
    ("clear-site-data", "\"cookies\""),
    ("x-smartbox-user-5ec4e7", "admin"),
    ("vary", "Accept, X-Smartbox-User-5ec4e7"),
    ("keep-alive", "timeout=5"),
    ("connection", "x-private"),
    ("x-private", "1"),
    ("x-kept", "1"),
];

/// Says what came in.
async fn describe(request: Request<Incoming>) -> Response<GatewayBody> {
    let (head, body) = request.into_parts();
    let headers: Vec<_> = head
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(_cut_off) => return respond(StatusCode::BAD_REQUEST, &[], ""),
    };
    let told = serde_json::json!({
        "method": head.method.as_str(),
        "target": head.uri.to_string(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
    });
    respond(StatusCode::OK, &[("content-type", "application/json")], &told.to_string())
}

fn respond(status: StatusCode, headers: &[(&str, &str)], body: &str) -> Response<GatewayBody> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Full::new(Bytes::copy_from_slice(body.as_bytes())).boxed_unsync()).unwrap()
}

async fn stream(state: &State) -> Response<GatewayBody> {
    let receiver = state.stream.lock().await.take().unwrap();
    let frames = futures_util::stream::unfold(receiver, |mut receiver| async move {
        let chunk = receiver.recv().await?;
        Some((Ok(Frame::data(Bytes::from_static(chunk.as_bytes()))), receiver))
    });
    let response = Response::builder().header("content-type", "text/event-stream");
    response.body(StreamBody::new(frames).boxed_unsync()).unwrap()
}

/// Sends as long as somebody takes it.
fn endless(state: &State) -> Response<GatewayBody> {
    struct UnderWay(Arc<AtomicUsize>);
    impl Drop for UnderWay {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    state.endless.fetch_add(1, Ordering::SeqCst);
    let under_way = UnderWay(Arc::clone(&state.endless));
    let frames = futures_util::stream::repeat_with(move || {
        let _under_way = &under_way;
        Ok(Frame::data(Bytes::from_static(&[0; 64 * 1024])))
    });
    Response::new(StreamBody::new(frames).boxed_unsync())
}

/// Streams the request's body back as it comes.
fn echo_body(request: Request<Incoming>) -> Response<GatewayBody> {
    let frames = futures_util::stream::unfold(request.into_body(), |mut body| async move {
        let frame = body.frame().await?.ok()?;
        Some((Ok(frame), body))
    });
    Response::new(StreamBody::new(frames).boxed_unsync())
}

/// Speaks WebSocket: sends every message back, closes when asked to `sessions.bye`, and drops the connection when asked to
/// `sessions.die`. `sessions.burst` is answered with a message in three fragments, some time apart.
async fn upgrade(state: &State, mut request: Request<Incoming>) -> Response<GatewayBody> {
    let key = request.headers().get(SEC_WEBSOCKET_KEY).cloned();
    let Some(key) = key else { return respond(StatusCode::BAD_REQUEST, &[], "no key") };
    if request.uri().path() == "/refuses-sockets" {
        return respond(StatusCode::FORBIDDEN, &[], "no sockets here");
    }
    let target = request.uri().to_string();
    let upgraded = hyper::upgrade::on(&mut request);
    state.sockets.lock().await.spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        let _ok = socket.send(format!("hello {target}").into()).await;
        while let Some(Ok(message)) = socket.next().await {
            match message.to_text() {
                Ok(text) if text.contains("sessions.die") => return,
                Ok(text) if text.contains("sessions.bye") => drop(socket.close(None).await),
                Ok(text) if text.contains("sessions.burst") => burst(&mut socket).await,
                _ if message.is_text() || message.is_binary() => drop(socket.send(message).await),
                _ => {}
            }
        }
    });
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_ACCEPT, derive_accept_key(key.as_bytes()))
        .header("x-smartbox-user-5ec4e7", "admin")
        .body(Empty::new().boxed_unsync())
        .unwrap()
}

async fn burst<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocketStream<S>) {
    for (code, is_last) in [(Data::Text, false), (Data::Continue, false), (Data::Continue, true)] {
        let frame = WsFrame::message(Bytes::from_static(b"piece "), OpCode::Data(code), is_last);
        let _ok = socket.send(Message::Frame(frame)).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
