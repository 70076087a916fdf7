//! A WebSocket session with a gateway.

use axum::extract::ws::{Message, WebSocket};
use serde_json::{Value, json};
use smartbox_core::BoxId;

use super::{GatewayDouble, Received, Reply};

pub(super) async fn serve(double: GatewayDouble, id: BoxId, trusted: bool, socket: WebSocket) {
    let session = Session { double, id, socket };
    // The end of the connection is the end of the session, whoever caused it.
    let _ = session.run(trusted).await;
}

struct Session {
    double: GatewayDouble,
    id: BoxId,
    socket: WebSocket,
}

/// The client is gone.
struct Gone;

impl Session {
    async fn run(mut self, trusted: bool) -> Result<(), Gone> {
        self.event("connect.challenge", json!({ "nonce": "n", "ts": 1 })).await?;
        loop {
            let request = self.next().await?;
            match request["method"].as_str() {
                Some("connect") if trusted => self.answer(&request, hello()).await?,
                Some("connect") => return self.refuse(&request, "AUTH_UNAUTHORIZED", "unauthorized").await,
                Some("health") => self.answer(&request, json!({ "ok": true })).await?,
                Some("chat.send") => self.chat(&request).await?,
                Some("sessions.list") => {
                    let sessions = self.double.sessions(self.id);
                    self.answer(&request, json!({ "sessions": sessions })).await?;
                }
                Some(method) => match self.double.answer_rest(self.id, method, &request["params"]) {
                    Some(Ok(answer)) => self.answer(&request, answer).await?,
                    Some(Err(())) => self.refuse(&request, "INVALID_REQUEST", "unknown method").await?,
                    None => {}
                },
                None => self.refuse(&request, "INVALID_REQUEST", "no method").await?,
            }
        }
    }

    async fn chat(&mut self, request: &Value) -> Result<(), Gone> {
        let text = |name: &str| request["params"][name].as_str().unwrap_or_default().to_owned();
        let run = text("idempotencyKey");
        let received = Received { id: self.id, session: text("sessionKey"), text: text("message") };
        let reply = self.double.take_reply(received);
        if let Reply::Refused(code, message) = reply {
            return self.refuse(request, &code, &message).await;
        }
        self.answer(request, json!({ "runId": run, "status": "started" })).await?;
        match reply {
            Reply::Text(pieces) => {
                self.deltas(&run, &pieces).await?;
                let message =
                    json!({ "role": "assistant", "content": [{ "type": "text", "text": pieces.concat() }] });
                self.told(&run, json!({ "state": "final", "message": message })).await
            }
            Reply::Error(message) => {
                self.told(&run, json!({ "state": "error", "errorMessage": message })).await
            }
            Reply::Aborted => self.told(&run, json!({ "state": "aborted" })).await,
            Reply::Hangup(pieces) => {
                self.deltas(&run, &pieces).await?;
                Err(Gone)
            }
            Reply::Silence | Reply::Refused(..) => Ok(()),
        }
    }

    async fn deltas(&mut self, run: &str, pieces: &[String]) -> Result<(), Gone> {
        for piece in pieces {
            self.told(run, json!({ "state": "delta", "deltaText": piece })).await?;
        }
        Ok(())
    }

    async fn told(&mut self, run: &str, update: Value) -> Result<(), Gone> {
        let mut payload = json!({ "runId": run, "sessionKey": "agent:main:main", "seq": 1 });
        if let (Some(payload), Value::Object(update)) = (payload.as_object_mut(), update) {
            payload.extend(update);
        }
        self.event("chat", payload).await
    }

    async fn event(&mut self, event: &str, payload: Value) -> Result<(), Gone> {
        self.send(json!({ "type": "event", "event": event, "payload": payload })).await
    }

    async fn answer(&mut self, request: &Value, payload: Value) -> Result<(), Gone> {
        self.send(json!({ "type": "res", "id": request["id"], "ok": true, "payload": payload })).await
    }

    async fn refuse(&mut self, request: &Value, code: &str, message: &str) -> Result<(), Gone> {
        let error = json!({ "code": code, "message": message });
        self.send(json!({ "type": "res", "id": request["id"], "ok": false, "error": error })).await
    }

    async fn send(&mut self, frame: Value) -> Result<(), Gone> {
        self.socket.send(Message::Text(frame.to_string().into())).await.map_err(|_error| Gone)
    }

    async fn next(&mut self) -> Result<Value, Gone> {
        loop {
            match self.socket.recv().await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).map_err(|_error| Gone),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Gone),
                Some(Ok(_)) => {}
            }
        }
    }
}

fn hello() -> Value {
    json!({
        "type": "hello-ok",
        "protocol": 4,
        "server": { "version": "2026.9.6", "connId": "double" },
        "features": { "methods": [], "events": [] },
        "snapshot": {},
        "auth": { "role": "operator", "scopes": ["operator.admin"] },
        "policy": {},
    })
}
