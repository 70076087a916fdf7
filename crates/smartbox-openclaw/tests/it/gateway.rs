//! A scripted gateway: a WebSocket server in this process.

use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use http::HeaderMap;
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

/// Bytes in flight between client and gateway.
const PIPE_BYTES: usize = 64 * 1024;

/// The gateway's side of one connection.
pub(crate) struct Gateway {
    socket: WebSocketStream<DuplexStream>,
    pub(crate) headers: HeaderMap,
}

/// A script runs as a task until the test ends.
pub(crate) struct Script {
    tasks: JoinSet<Result<()>>,
}

impl Script {
    /// Runs `script` as the gateway. The stream is the client's end.
    pub(crate) fn run<F, Fut>(script: F) -> (DuplexStream, Self)
    where
        F: FnOnce(DuplexStream) -> Fut,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
        let mut tasks = JoinSet::new();
        tasks.spawn(script(theirs));
        (ours, Self { tasks })
    }

    /// Waits for the end of the script and passes its failure on.
    pub(crate) async fn finish(mut self) {
        self.tasks.join_next().await.unwrap().unwrap().unwrap();
    }
}

impl Gateway {
    /// Accepts the upgrade and sends the challenge.
    #[expect(clippy::result_large_err, reason = "the callback's type is the library's")]
    pub(crate) async fn accept(stream: DuplexStream) -> Result<Self> {
        let seen = Arc::new(Mutex::new(HeaderMap::new()));
        let keep = Arc::clone(&seen);
        let callback = move |request: &Request, response: Response| {
            *keep.lock().unwrap() = request.headers().clone();
            Ok(response)
        };
        let socket = tokio_tungstenite::accept_hdr_async(stream, callback).await?;
        let headers = seen.lock().unwrap().clone();
        let mut gateway = Self { socket, headers };
        gateway.event("connect.challenge", json!({ "nonce": "n", "ts": 1 })).await?;
        Ok(gateway)
    }

    /// Accepts the upgrade and says hello.
    pub(crate) async fn greet(stream: DuplexStream) -> Result<Self> {
        let mut gateway = Self::accept(stream).await?;
        let connect = gateway.request("connect").await?;
        gateway.answer(&connect, hello()).await?;
        Ok(gateway)
    }

    /// The next call, which must be of `method`.
    pub(crate) async fn request(&mut self, method: &str) -> Result<Value> {
        loop {
            let message = self.socket.next().await.context("the client is gone")??;
            if let Message::Text(text) = message {
                let request: Value = serde_json::from_str(&text)?;
                assert_eq!(request["type"], "req");
                assert_eq!(request["method"], method);
                return Ok(request);
            }
        }
    }

    pub(crate) async fn answer(&mut self, request: &Value, payload: Value) -> Result<()> {
        self.send(json!({ "type": "res", "id": request["id"], "ok": true, "payload": payload })).await
    }

    pub(crate) async fn refuse(&mut self, request: &Value, error: Value) -> Result<()> {
        self.send(json!({ "type": "res", "id": request["id"], "ok": false, "error": error })).await
    }

    pub(crate) async fn event(&mut self, event: &str, payload: Value) -> Result<()> {
        self.send(json!({ "type": "event", "event": event, "payload": payload })).await
    }

    pub(crate) async fn chat(&mut self, run: &str, state: Value) -> Result<()> {
        let mut payload = json!({ "runId": run, "sessionKey": "agent:main:main", "seq": 1 });
        payload.as_object_mut().unwrap().extend(state.as_object().unwrap().clone());
        self.event("chat", payload).await
    }

    pub(crate) async fn close(mut self) -> Result<()> {
        self.socket.close(None).await?;
        Ok(())
    }

    /// Until the client closes.
    pub(crate) async fn wait_for_close(mut self) -> Result<()> {
        while self.socket.next().await.is_some_and(|message| message.is_ok()) {}
        Ok(())
    }

    async fn send(&mut self, frame: Value) -> Result<()> {
        Ok(self.socket.send(Message::text(frame.to_string())).await?)
    }
}

pub(crate) fn hello() -> Value {
    json!({
        "type": "hello-ok",
        "protocol": 4,
        "server": { "version": "2026.9.6", "connId": "c" },
        "features": { "methods": [], "events": [] },
        "snapshot": {},
        "auth": { "role": "operator", "scopes": ["operator.admin"] },
        "policy": {},
    })
}
