//! One HTTP request to the gateway.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Longest answer that is read. The gateway's are below 4 KiB.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// A request without an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// Nothing listens.
    #[error("cannot connect")]
    Connect(#[source] std::io::Error),
    /// It listens and does not answer as HTTP asks for.
    #[error("no proper answer")]
    Exchange(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Sends one request over a connection of its own. The caller limits the time.
pub(crate) async fn send(
    gateway: SocketAddr,
    mut request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), HttpError> {
    let stream = TcpStream::connect(gateway).await.map_err(HttpError::Connect)?;
    let headers = request.headers_mut();
    let host =
        HeaderValue::try_from(gateway.to_string()).map_err(|error| HttpError::Exchange(error.into()))?;
    headers.insert(HOST, host);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| HttpError::Exchange(error.into()))?;
    let exchange = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), BODY_BYTES_MAX).collect().await?.to_bytes();
        Ok((status, body))
    };
    // An error of the connection reaches the exchange too, so its own end says nothing new.
    let connection = async {
        let _ = connection.await;
        std::future::pending().await
    };
    tokio::select! {
        result = exchange => result.map_err(HttpError::Exchange),
        never = connection => never,
    }
}
