//! A vendor of models on loopback, for tests: speaks Anthropic's and OpenAI's wire protocols and says what the
//! test tells it to.
//!
//! Without a script it follows a convention: a user's text with `RUN:<command>` in it is answered with a call of
//! the tool `exec`, the result of a tool is repeated, and any other text is repeated too. It wants its key, keeps
//! every request for assertions, and notices when a caller leaves in the middle of an answer.

mod convention;
mod script;
mod server;
mod wire;

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use http::HeaderMap;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use script::{Gate, ModelScript, Step};

/// How long [`ScriptedModel::wait_for`] waits: nothing is said about how fast requests should come.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a stop waits for answers under way.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// A running vendor. Dropping it stops it.
#[derive(Debug)]
pub struct ScriptedModel {
    address: SocketAddr,
    state: Arc<State>,
    stop: CancellationToken,
    server: JoinSet<io::Result<()>>,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// Path and query.
    pub target: String,
    /// All headers as they came.
    pub headers: HeaderMap,
    /// The document; null if there was none.
    pub body: Value,
    /// How the answer to it went.
    pub ending: Ending,
}

/// How an answer went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is not over.
    UnderWay,
    /// It was handed over whole, or cut by the script.
    Complete,
    /// The caller left before its end.
    Abandoned,
}

/// What the server and the test share.
#[derive(Debug)]
struct State {
    key: String,
    scripts: Mutex<VecDeque<ModelScript>>,
    requests: watch::Sender<Vec<ModelRequest>>,
}

impl ScriptedModel {
    /// Starts a vendor that wants this key.
    ///
    /// # Errors
    /// If no loopback port is free.
    pub async fn start(key: &str) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            key: key.to_owned(),
            scripts: Mutex::default(),
            requests: watch::Sender::new(Vec::new()),
        });
        let stop = CancellationToken::new();
        let mut server = JoinSet::new();
        let serve = axum::serve(listener, server::router(Arc::clone(&state)))
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        server.spawn(async move { serve.await });
        Ok(Self { address, state, stop, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Base URL for clients of Anthropic.
    pub fn anthropic_base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Base URL for clients of OpenAI.
    pub fn openai_base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Adds a script: each is used for one call, in this order. Calls without a script follow the convention.
    pub fn script(&self, script: ModelScript) {
        self.state.scripts().push_back(script);
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<ModelRequest> {
        self.state.requests.borrow().clone()
    }

    /// Waits until the requests fulfil a condition, and returns them.
    ///
    /// # Errors
    /// If they do not within a minute.
    pub async fn wait_for(
        &self,
        condition: impl Fn(&[ModelRequest]) -> bool,
    ) -> anyhow::Result<Vec<ModelRequest>> {
        let mut requests = self.state.requests.subscribe();
        let fulfilled =
            tokio::time::timeout(PATIENCE, requests.wait_for(|requests| condition(requests))).await;
        let fulfilled =
            fulfilled.with_context(|| format!("the model saw no such requests: {:#?}", self.requests()))?;
        Ok(fulfilled?.clone())
    }

    /// Stops taking requests and lets those under way end.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let ended = async { while self.server.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_PATIENCE, ended).await.is_err() {
            self.server.shutdown().await;
        }
    }
}

impl State {
    fn scripts(&self) -> MutexGuard<'_, VecDeque<ModelScript>> {
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a request and returns its place.
    fn record(&self, request: ModelRequest) -> usize {
        let mut place = 0;
        self.requests.send_modify(|requests| {
            place = requests.len();
            requests.push(request);
        });
        place
    }

    fn end(&self, place: usize, ending: Ending) {
        self.requests.send_modify(|requests| {
            if let Some(request) = requests.get_mut(place) {
                request.ending = ending;
            }
        });
    }
}
