//! What handlers work with.

use std::sync::{Arc, OnceLock};

use smartbox_control::Control;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ApiNumbers;
use crate::debug::Insight;
use crate::problem::{ApiError, codes};

/// Requests to `/v1` that are worked on at the same time. A wait for an operation takes one for up to a minute.
const REQUESTS_MAX: usize = 512;
/// Answers that are streamed at the same time: logs, chats and commands.
const STREAMS_MAX: usize = 256;

/// Says whether the platform can do its work. Implemented by the composition root.
#[async_trait::async_trait]
pub trait ReadyCheck: Send + Sync {
    /// What is missing, in words for an operator; nothing when it is ready. Answers within a second.
    async fn missing(&self) -> Vec<String>;
}

/// The address under which people reach this server, once it is known. All clones are one.
#[derive(Clone, Debug, Default)]
pub struct PublicUrl(Arc<OnceLock<String>>);

impl PublicUrl {
    /// Tells the address, such as `http://127.0.0.1:8080`. The first one stays.
    pub fn set(&self, url: &str) {
        let _ = self.0.set(url.trim_end_matches('/').to_owned());
    }

    /// The absolute form of a path of this server; the path itself while the address is not known.
    pub fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.0.get().map_or("", String::as_str))
    }
}

/// What [`HttpState`] is made of.
pub struct HttpParts {
    /// The use-cases.
    pub control: Control,
    /// For links that people click.
    pub public_url: PublicUrl,
    /// Below which domains each box has a host of its own.
    pub box_domains: Vec<String>,
    /// For `/readyz`.
    pub ready: Arc<dyn ReadyCheck>,
    /// Where it is counted what was answered.
    pub numbers: ApiNumbers,
    /// For whoever looks at the process from this machine; `None` where that is off.
    pub insight: Option<Arc<dyn Insight>>,
    /// Version of Smartbox.
    pub version: &'static str,
    /// Ends streams, so that a stop of the platform does not wait for them.
    pub stop: CancellationToken,
}

/// What handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct HttpState {
    inner: Arc<Inner>,
}

struct Inner {
    parts: HttpParts,
    requests: Semaphore,
    streams: Arc<Semaphore>,
    work: TaskTracker,
}

impl HttpState {
    /// Puts the parts together.
    pub fn new(parts: HttpParts) -> Self {
        let streams = Arc::new(Semaphore::new(STREAMS_MAX));
        let inner =
            Inner { parts, requests: Semaphore::new(REQUESTS_MAX), streams, work: TaskTracker::new() };
        Self { inner: Arc::new(inner) }
    }

    /// Waits for what goes on without its request: creations whose client left, and open exec streams. Call it
    /// after the stop signal, when no request comes any more.
    pub async fn finish(&self) {
        self.inner.work.close();
        self.inner.work.wait().await;
    }

    pub(crate) fn control(&self) -> &Control {
        &self.inner.parts.control
    }

    pub(crate) fn public_url(&self) -> &PublicUrl {
        &self.inner.parts.public_url
    }

    pub(crate) fn box_domains(&self) -> &[String] {
        &self.inner.parts.box_domains
    }

    pub(crate) fn ready(&self) -> &dyn ReadyCheck {
        &*self.inner.parts.ready
    }

    /// What was answered so far.
    pub fn numbers(&self) -> &ApiNumbers {
        &self.inner.parts.numbers
    }

    pub(crate) fn insight(&self) -> Option<&dyn Insight> {
        self.inner.parts.insight.as_deref()
    }

    pub(crate) fn version(&self) -> &'static str {
        self.inner.parts.version
    }

    pub(crate) fn stop(&self) -> CancellationToken {
        self.inner.parts.stop.clone()
    }

    /// Owns what outlives its request.
    pub(crate) fn work(&self) -> &TaskTracker {
        &self.inner.work
    }

    pub(crate) fn requests(&self) -> &Semaphore {
        &self.inner.requests
    }

    /// A place for one streamed answer, kept as long as the stream.
    pub(crate) fn stream_permit(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let permit = Arc::clone(&self.inner.streams).try_acquire_owned();
        permit.map_err(|_full| ApiError::known(&codes::OVERLOADED))
    }
}
