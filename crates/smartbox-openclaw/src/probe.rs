//! Probes of a gateway over plain HTTP. They need no credential.
//!
//! Only these paths may be probed: to any other the gateway answers 200 with a page.

use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};

/// Largest answer to a probe. A kilobyte measured.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// `/healthz`: the process answers; true while it drains, too.
    Health,
    /// `/startupz`: it has started, and is not stopping.
    Startup,
    /// `/readyz`: it takes work.
    Ready,
}

impl Probe {
    fn path(self) -> &'static str {
        match self {
            Self::Health => "/healthz",
            Self::Startup => "/startupz",
            Self::Ready => "/readyz",
        }
    }
}

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether the answer was yes.
    pub ok: bool,
    /// What the gateway names as the reason, such as `gateway-draining`.
    pub failing: Vec<String>,
}

/// A probe that got no answer.
#[derive(Debug, thiserror::Error)]
#[error("the gateway does not answer")]
pub struct NoAnswer(#[source] Box<dyn std::error::Error + Send + Sync>);

#[derive(Default, Deserialize)]
struct Answer {
    #[serde(default)]
    failing: Vec<String>,
}

/// Asks the gateway at the other end of `stream`, which is used up. How long to wait is the caller's to say.
pub async fn probe<S>(stream: S, probe: Probe) -> Result<Finding, NoAnswer>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let no_answer = |error: hyper::Error| NoAnswer(error.into());
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(no_answer)?;
    let request = Request::get(probe.path())
        .header(header::HOST, "127.0.0.1")
        .body(Empty::<bytes::Bytes>::new())
        .map_err(|error| NoAnswer(error.into()))?;
    let exchange = async move {
        let response = sender.send_request(request).await.map_err(no_answer)?;
        let ok = response.status() == StatusCode::OK;
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await.map_err(NoAnswer)?;
        let answer: Answer = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
        Ok(Finding { ok, failing: answer.failing })
    };
    // The connection does the exchange's work. It may end first, when the gateway closes after its answer.
    let (finding, _connection) = tokio::join!(exchange, connection);
    finding
}
