//! Asks the gateway to finish its work before it is stopped.
//!
//! The cooperative suspension of OpenClaw, over its admin RPC (plugin `admin-http-rpc`): `gateway.suspend.prepare`
//! with `drain` closes admission and takes a lease of two minutes; `gateway.suspend.status` tells when the work
//! that was already admitted is done; asking again with the same request id renews the lease. Without this a
//! SIGTERM would wait up to 315 s for running work, with admission still open at first.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::http;

/// The gateway's route.
const PATH: &str = "/api/v1/admin/rpc";
/// One call must be answered by then.
const CALL_TIME_OUT: Duration = Duration::from_secs(5);
/// Between looks at the work that is left.
const POLL_PAUSE: Duration = Duration::from_millis(500);
/// The lease (120 s) is renewed after this. At most 30 such calls a minute are allowed.
const RENEW_AFTER: Duration = Duration::from_secs(50);

/// The gateway's admin RPC.
pub(crate) struct AdminRpc<'a> {
    /// Where the gateway listens.
    pub(crate) gateway: SocketAddr,
    /// What makes it accept the call.
    pub(crate) headers: &'a [(String, String)],
}

/// A gateway that cannot be asked: it is stopped without.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DrainError {
    /// No answer in time.
    #[error("the gateway does not answer")]
    TimeOut,
    /// A configured header cannot be sent.
    #[error("the request cannot be made")]
    Request(#[from] hyper::http::Error),
    /// The connection failed.
    #[error("the gateway cannot be asked")]
    Http(#[from] http::HttpError),
    /// It answered something else.
    #[error("the gateway refused to suspend (status {status}, code {code})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its own error code, or what was missing from its answer.
        code: String,
    },
}

/// Where the work stands.
#[derive(Debug, PartialEq, Eq)]
enum Progress {
    Done,
    Working,
}

impl AdminRpc<'_> {
    /// Closes admission and returns once all work is done. The caller limits the time by dropping the call.
    ///
    /// # Errors
    /// When the gateway cannot be asked or refuses.
    pub(crate) async fn drain(&self, request_id: &str) -> Result<(), DrainError> {
        let prepare = json!({ "requestId": request_id, "drain": true, "terminalPolicy": "terminate" });
        loop {
            let lease = self.call("gateway.suspend.prepare", &prepare).await?;
            if progress(&lease)? == Progress::Done {
                return Ok(());
            }
            let renew_at = Instant::now() + RENEW_AFTER;
            // Without a lease (`busy`: an older gateway) there is nothing to poll.
            let Some(status) = lease.get("suspensionId").map(|id| json!({ "suspensionId": id })) else {
                tokio::time::sleep(POLL_PAUSE * 5).await;
                continue;
            };
            while Instant::now() < renew_at {
                tokio::time::sleep(POLL_PAUSE).await;
                if progress(&self.call("gateway.suspend.status", &status).await?)? == Progress::Done {
                    return Ok(());
                }
            }
        }
    }

    async fn call(&self, method: &str, params: &Value) -> Result<Value, DrainError> {
        let body = json!({ "method": method, "params": params }).to_string();
        let mut request = Request::post(PATH).header(CONTENT_TYPE, "application/json");
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(body)))?;
        let (status, body) = tokio::time::timeout(CALL_TIME_OUT, http::send(self.gateway, request))
            .await
            .map_err(|_elapsed| DrainError::TimeOut)??;
        let refused = |code: &str| DrainError::Refused { status: status.as_u16(), code: code.to_owned() };
        let mut answer: Value =
            serde_json::from_slice(&body).map_err(|_not_json| refused("an answer that is not JSON"))?;
        if !status.is_success() || answer["ok"] != true {
            return Err(refused(answer["error"]["code"].as_str().unwrap_or("none")));
        }
        Ok(answer["payload"].take())
    }
}

fn progress(payload: &Value) -> Result<Progress, DrainError> {
    match payload["status"].as_str() {
        Some("ready") => Ok(Progress::Done),
        Some("draining" | "busy") => Ok(Progress::Working),
        other => {
            Err(DrainError::Refused { status: 200, code: format!("state {}", other.unwrap_or("missing")) })
        }
    }
}
