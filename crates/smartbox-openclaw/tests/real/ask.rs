//! Plain HTTP requests to a gateway.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

pub(crate) struct Ask {
    port: u16,
}

impl Ask {
    pub(crate) fn new(port: u16) -> Self {
        Self { port }
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(String, String)]) -> (u16, String) {
        self.send(Method::GET, path, headers, Bytes::new()).await
    }

    /// A call through the administrative plugin.
    pub(crate) async fn rpc(&self, method: &str, headers: &[(String, String)]) -> (u16, Value) {
        let mut headers = headers.to_vec();
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        let body = json!({ "method": method, "params": {} }).to_string();
        let (status, answer) = self.send(Method::POST, "/api/v1/admin/rpc", &headers, body.into()).await;
        (status, serde_json::from_str(&answer).unwrap_or(Value::Null))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(String, String)],
        body: Bytes,
    ) -> (u16, String) {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body)).unwrap();
        let exchange = async move {
            let response = sender.send_request(request).await.unwrap();
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8_lossy(&body).into_owned())
        };
        tokio::join!(exchange, connection).0
    }
}
