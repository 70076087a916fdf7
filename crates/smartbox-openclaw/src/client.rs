//! A typed client of the gateway's WebSocket protocol, version 4.
//!
//! Shapes are those of `@openclaw/gateway-protocol` (`protocol.schema.json`); only what is used is typed, and fields
//! that are not known are ignored. One task drives the connection; calls and turns talk to it over bounded queues.

mod chat;
mod cron;
mod driver;
mod error;
mod handshake;
mod results;
mod wire;

use std::time::Duration;

use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

pub use chat::{ChatEvent, Turn};
pub use cron::NextRun;
pub use error::ClientError;
pub use handshake::Hello;
pub use results::{HistoryEntry, Session, SuspendBlocker, SuspendState, Suspension};

use crate::access::admin_headers;
use driver::Command;

/// Largest message of a gateway (`policy.maxPayload`).
pub(crate) const FRAME_BYTES_MAX: usize = 25 * 1024 * 1024;
/// How long a suspension lasts that is not renewed (`GATEWAY_SUSPEND_TTL_MS`).
pub const SUSPEND_LEASE: Duration = Duration::from_mins(2);

/// Calls that wait to be sent.
const COMMANDS_MAX: usize = 32;

/// How long a client waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From the upgrade request until the gateway has said hello.
    pub connect: Duration,
    /// For the answer to a call.
    pub call: Duration,
}

impl Default for Timeouts {
    /// Ten seconds to connect (30 to 130 ms measured), thirty for an answer (a loaded machine).
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), call: Duration::from_secs(30) }
    }
}

/// A connection to a gateway, as its administrator. Dropping it closes the connection.
pub struct GatewayClient {
    commands: mpsc::Sender<Command>,
    hello: Hello,
    timeouts: Timeouts,
    _driver: JoinSet<()>,
}

impl GatewayClient {
    /// Connects over `stream` to the gateway of the box with this gateway token.
    pub async fn connect<S>(stream: S, token: &SecretString) -> Result<Self, ClientError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        Self::connect_with(stream, &admin_headers(token), Timeouts::default()).await
    }

    /// Connects over `stream` with these request headers.
    pub async fn connect_with<S>(
        stream: S,
        headers: &[(String, String)],
        timeouts: Timeouts,
    ) -> Result<Self, ClientError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let connecting = handshake::connect(stream, headers);
        let (socket, hello) =
            tokio::time::timeout(timeouts.connect, connecting).await.map_err(|_elapsed| {
                ClientError::Slow { what: "the connection to the gateway", limit: timeouts.connect }
            })??;
        let (commands, queue) = mpsc::channel(COMMANDS_MAX);
        let mut driver = JoinSet::new();
        driver.spawn(driver::drive(socket, queue));
        Ok(Self { commands, hello, timeouts, _driver: driver })
    }

    /// What the gateway said when it accepted the connection.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Calls any method. Errors of the gateway are [`ClientError::Refused`].
    pub async fn call<R: DeserializeOwned>(
        &self,
        method: &str,
        params: &impl Serialize,
    ) -> Result<R, ClientError> {
        let params = serde_json::to_value(params).map_err(ClientError::unexpected)?;
        let payload = self.exchange(method, params, None).await?;
        serde_json::from_value(payload).map_err(ClientError::unexpected)
    }

    /// Whether the gateway is well, in its own words.
    pub async fn health(&self) -> Result<bool, ClientError> {
        let health: results::Health = self.call("health", &json!({})).await?;
        Ok(health.ok)
    }

    /// Sends a message to a session and follows the agent's turn. `idempotency` makes a repeated send one turn.
    pub async fn chat_send(
        &self,
        session: &str,
        text: &str,
        idempotency: [u8; 16],
    ) -> Result<Turn, ClientError> {
        let key = format!("{:032x}", u128::from_be_bytes(idempotency));
        let (sink, turn) = chat::turn(session.to_owned(), key.clone());
        let params = json!({ "sessionKey": session, "message": text, "idempotencyKey": key });
        let payload = self.exchange("chat.send", params, Some((key, sink))).await?;
        let ack: results::ChatAck = serde_json::from_value(payload).map_err(ClientError::unexpected)?;
        Ok(turn.named(ack.run_id))
    }

    /// Stops a turn, or every turn of the session.
    pub async fn chat_abort(&self, session: &str, run: Option<&str>) -> Result<(), ClientError> {
        let mut params = json!({ "sessionKey": session });
        if let Some(run) = run {
            params["runId"] = Value::from(run);
        }
        self.call::<Value>("chat.abort", &params).await.map(drop)
    }

    /// The last `limit` (1 to 1,000) messages of a session, oldest first.
    pub async fn chat_history(&self, session: &str, limit: u32) -> Result<Vec<HistoryEntry>, ClientError> {
        let params = json!({ "sessionKey": session, "limit": limit.clamp(1, 1000) });
        let history: results::History = self.call("chat.history", &params).await?;
        Ok(history.messages)
    }

    /// At most `limit` sessions, the latest first.
    pub async fn sessions_list(&self, limit: u32) -> Result<Vec<Session>, ClientError> {
        let sessions: results::Sessions =
            self.call("sessions.list", &json!({ "limit": limit.max(1) })).await?;
        Ok(sessions.sessions)
    }

    /// Asks the gateway to come to rest. With `drain` it refuses new work and ends what runs; without, it says what
    /// is in the way. The lease lasts two minutes; the same `request` renews it.
    pub async fn suspend_prepare(&self, request: &str, drain: bool) -> Result<Suspension, ClientError> {
        self.call("gateway.suspend.prepare", &json!({ "requestId": request, "drain": drain })).await
    }

    /// How far a suspension is.
    pub async fn suspend_status(&self, suspension: &str) -> Result<Suspension, ClientError> {
        self.call("gateway.suspend.status", &json!({ "suspensionId": suspension })).await
    }

    /// Ends a suspension. False if its lease was over already: the gateway works again either way.
    pub async fn suspend_resume(&self, suspension: &str) -> Result<bool, ClientError> {
        let resumed: results::Resumed =
            self.call("gateway.suspend.resume", &json!({ "suspensionId": suspension })).await?;
        Ok(resumed.resumed)
    }

    async fn exchange(
        &self,
        method: &str,
        params: Value,
        run: Option<(String, chat::Sink)>,
    ) -> Result<Value, ClientError> {
        let (reply, answer) = oneshot::channel();
        let command = Command { method: method.to_owned(), params, run, reply };
        let exchange = async {
            self.commands.send(command).await.map_err(|_closed| ClientError::gone())?;
            answer.await.map_err(|_closed| ClientError::gone())?
        };
        let limit = self.timeouts.call;
        tokio::time::timeout(limit, exchange)
            .await
            .map_err(|_elapsed| ClientError::Slow { what: "an answer of the gateway", limit })?
    }
}
