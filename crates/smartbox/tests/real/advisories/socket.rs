//! A socket to the box's gateway, and what its answers say.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::platform::PATIENCE;

/// A socket to the box's gateway.
pub(crate) struct Socket(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Sends the handshake and returns its answer.
    pub(crate) async fn greet(&mut self, params: Value) -> Value {
        self.call("connect", params).await
    }

    /// Calls a method and returns its answer. A socket that is closed instead answers with `closed`.
    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Value {
        let request = json!({ "type": "req", "id": method, "method": method, "params": params });
        self.send_raw(&request.to_string()).await
    }

    /// Sends a text whose id is its method, and returns its answer.
    pub(crate) async fn send_raw(&mut self, text: &str) -> Value {
        if self.0.send(Message::text(text)).await.is_err() {
            return json!({ "closed": self.ended().await });
        }
        loop {
            match self.next().await {
                Ok(frame) if frame["type"] == "res" => return frame,
                Ok(_event) => {}
                Err(code) => return json!({ "closed": code }),
            }
        }
    }

    /// Waits until the socket ends, and returns the close code; 0 without one.
    pub(crate) async fn ended(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }

    /// The next message; the close code when the socket ends, 0 without one.
    pub(crate) async fn next(&mut self) -> Result<Value, u16> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("something comes");
            match message {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(close))) => return Err(close.map_or(0, |close| close.code.into())),
                Some(Ok(_ping)) => {}
                Some(Err(_)) | None => return Err(0),
            }
        }
    }
}

/// The scopes that a handshake was given; none if it was refused.
pub(crate) fn scopes(hello: &Value) -> Vec<String> {
    let given = hello["payload"]["auth"]["scopes"].as_array().map_or(&[][..], Vec::as_slice);
    given.iter().map(|scope| scope.as_str().unwrap().to_owned()).collect()
}

/// Whether the edge itself refused a call for want of a permission.
pub(crate) fn is_forbidden(answer: &Value) -> bool {
    answer["ok"] == false && answer["error"]["details"]["code"] == "PERMISSION_MISSING"
}
