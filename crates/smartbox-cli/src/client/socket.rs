//! WebSockets over the same client: same address, credential, TLS and limits as every other request.

use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderValue, Method, StatusCode};
use reqwest::Upgraded;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::{Client, Route};
use crate::failure::Failure;

/// Largest message that is taken, in bytes.
const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An open WebSocket.
pub(crate) type Socket = WebSocketStream<Upgraded>;

impl Client {
    /// Opens a WebSocket (RFC 6455 §4.1).
    pub(crate) async fn socket(&self, route: Route<'_>) -> Result<Socket, Failure> {
        let key = generate_key();
        let mut request = self.request(Method::GET, &route);
        let headers = request.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        let key_value = HeaderValue::from_str(&key).map_err(|_error| self.not_understood("no key"))?;
        headers.insert(SEC_WEBSOCKET_KEY, key_value);
        let response = self.head_of_upgrade(request).await?;
        let accept = response.headers().get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
        if accept != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(self.not_understood("it does not accept the WebSocket it was asked for"));
        }
        let stream = response.upgrade().await.map_err(|error| self.not_reached(&error))?;
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        Ok(WebSocketStream::from_raw_socket(stream, Role::Client, Some(limits)).await)
    }

    async fn head_of_upgrade(&self, request: reqwest::Request) -> Result<reqwest::Response, Failure> {
        let response = self.head_of(request).await?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(response);
        }
        Err(self.not_understood(&format!("it should switch to a WebSocket and is {}", response.status())))
    }
}
