//! A receiver of webhooks: a real server on a loopback port that keeps what it was sent.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::State;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use smartbox_api::EventMessage;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, to the byte.
    pub body: Bytes,
    /// What was answered.
    pub status: StatusCode,
}

impl Receipt {
    /// A header's text; empty without it.
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }

    /// The event in it.
    ///
    /// # Panics
    /// When there is none.
    #[expect(clippy::expect_used, reason = "that is how a test fails")]
    pub fn event(&self) -> EventMessage {
        serde_json::from_slice(&self.body).expect("an event")
    }
}

/// A receiver of webhooks. Dropping it closes its port.
pub struct Receiver {
    /// Where it listens.
    pub url: String,
    kept: Arc<Kept>,
    _server: JoinSet<()>,
}

#[derive(Default)]
struct Kept {
    receipts: Mutex<Vec<Receipt>>,
    answers: Mutex<VecDeque<StatusCode>>,
}

impl Receiver {
    /// Listens on a free loopback port and takes everything.
    ///
    /// # Panics
    /// When there is none.
    #[expect(clippy::expect_used, reason = "that is how a test fails")]
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("the port has a number");
        let kept = Arc::<Kept>::default();
        let router = Router::new().fallback(receive).with_state(Arc::clone(&kept));
        let mut server = JoinSet::new();
        server.spawn(async move {
            // It ends with its set; an error would show itself in the test.
            let _ = axum::serve(listener, router).await;
        });
        Self { url: format!("http://{address}/hook?key=in-the-address"), kept, _server: server }
    }

    /// Answers the next requests with these, one each.
    pub fn answer_next(&self, statuses: impl IntoIterator<Item = StatusCode>) {
        lock(&self.kept.answers).extend(statuses);
    }

    /// What came so far, and is not asked for again.
    pub fn take(&self) -> Vec<Receipt> {
        std::mem::take(&mut *lock(&self.kept.receipts))
    }
}

async fn receive(State(kept): State<Arc<Kept>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let status = lock(&kept.answers).pop_front().unwrap_or(StatusCode::NO_CONTENT);
    lock(&kept.receipts).push(Receipt { headers, body, status });
    status
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
