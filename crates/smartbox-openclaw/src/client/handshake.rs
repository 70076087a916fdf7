//! The upgrade, the gateway's challenge, and the hello.
//!
//! The platform connects without a device identity: the proxy's headers vouch for it, and the configuration grants
//! their identity everything (`gateway.auth.identityScopes`).

use futures_util::{SinkExt, StreamExt};
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::wire::{self, Frame, Request};
use super::{ClientError, FRAME_BYTES_MAX};
use crate::access::ADMIN_SCOPES;
use crate::versions;

/// The id of the connect request.
const CONNECT_ID: &str = "connect";
/// The event that opens every connection.
const CHALLENGE: &str = "connect.challenge";
/// The upgrade is accepted on any path; the host is only a name.
const URL: &str = "ws://127.0.0.1/";

/// What the gateway said when it accepted the connection (`HelloOk`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Version of OpenClaw that runs.
    pub version: String,
    /// What this connection may do.
    pub scopes: Vec<String>,
}

#[derive(Deserialize)]
struct HelloOk {
    protocol: u32,
    server: Server,
    auth: Auth,
}

#[derive(Deserialize)]
struct Server {
    version: String,
}

#[derive(Deserialize)]
struct Auth {
    #[serde(default)]
    scopes: Vec<String>,
}

pub(super) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    headers: &[(String, String)],
) -> Result<(WebSocketStream<S>, Hello), ClientError> {
    let mut request = URL.into_client_request()?;
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(ClientError::unexpected)?;
        let mut value = HeaderValue::from_str(value).map_err(ClientError::unexpected)?;
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(FRAME_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX));
    let (mut socket, _response) =
        tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
    while !matches!(next(&mut socket).await?, Frame::Event(event) if event.event == CHALLENGE) {}
    let protocol = versions::pinned().gateway_protocol;
    let params = json!({
        "minProtocol": protocol,
        "maxProtocol": protocol,
        "client": { "id": "gateway-client", "version": env!("CARGO_PKG_VERSION"), "platform": "linux", "mode": "backend" },
        "role": "operator",
        "scopes": ADMIN_SCOPES,
        "caps": [],
    });
    socket.send(Message::text(Request::new(CONNECT_ID, "connect", &params).to_text()?)).await?;
    let payload = loop {
        match next(&mut socket).await? {
            Frame::Res(response) if response.id == CONNECT_ID => break response.into_result()?,
            Frame::Res(_) | Frame::Event(_) | Frame::Other => {}
        }
    };
    let hello: HelloOk = serde_json::from_value(payload).map_err(ClientError::unexpected)?;
    if hello.protocol != protocol {
        return Err(ClientError::unexpected(format!("protocol version {}", hello.protocol)));
    }
    Ok((socket, Hello { version: hello.server.version, scopes: hello.auth.scopes }))
}

/// The next frame. Pings are answered by the socket itself.
pub(super) async fn next<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
) -> Result<Frame, ClientError> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return wire::parse(&text),
            Some(Ok(Message::Close(close))) => {
                return Err(match close {
                    Some(close) => ClientError::Closed {
                        code: Some(close.code.into()),
                        reason: close.reason.to_string(),
                    },
                    None => ClientError::gone(),
                });
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
            None => return Err(ClientError::gone()),
        }
    }
}
