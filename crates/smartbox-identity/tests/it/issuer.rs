//! An issuer's server: answers what a test tells it to, and counts.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What the server does with every request.
#[derive(Clone)]
pub(crate) enum Mode {
    /// Answers with this status and body.
    Answer(u16, String),
    /// Sends the client elsewhere.
    Redirect(String),
    /// Waits before it answers 200 with the body.
    Slow(Duration, String),
}

/// A server on a port of its own. It ends with the value.
pub(crate) struct Issuer {
    address: SocketAddr,
    shared: Arc<Shared>,
    _server: JoinSet<()>,
}

struct Shared {
    mode: Mutex<Mode>,
    requests: AtomicUsize,
}

impl Issuer {
    /// A server that answers with `document`.
    pub(crate) async fn start(document: &Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mode = Mutex::new(Mode::Answer(200, document.to_string()));
        let shared = Arc::new(Shared { mode, requests: AtomicUsize::new(0) });
        let mut server = JoinSet::new();
        server.spawn(serve(listener, Arc::clone(&shared)));
        Self { address, shared, _server: server }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn publish(&self, document: &Value) {
        self.set(Mode::Answer(200, document.to_string()));
    }

    pub(crate) fn set(&self, mode: Mode) {
        *self.shared.mode.lock().unwrap() = mode;
    }

    /// How many requests there were.
    pub(crate) fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _peer) = listener.accept().await.unwrap();
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
            let served = hyper::server::conn::http1::Builder::new();
            drop(served.serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

async fn answer(
    _request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    shared.requests.fetch_add(1, Ordering::SeqCst);
    let mode = shared.mode.lock().unwrap().clone();
    let response = Response::builder();
    Ok(match mode {
        Mode::Answer(status, body) => response.status(status).body(Full::from(body)).unwrap(),
        Mode::Redirect(to) => response.status(302).header("location", to).body(Full::default()).unwrap(),
        Mode::Slow(time, body) => {
            tokio::time::sleep(time).await;
            response.status(200).body(Full::from(body)).unwrap()
        }
    })
}
