//! A model that says the same to everybody, over Anthropic Messages.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What it says.
pub(crate) const ANSWER: &str = "The word is marmalade.";

pub(crate) struct ScriptedModel {
    address: SocketAddr,
    _task: JoinSet<()>,
}

impl ScriptedModel {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _peer)) = listener.accept().await {
                connections.spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service_fn(answer)),
                );
            }
        });
        Self { address, _task: task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_message = request.uri().path() == "/v1/messages";
    let _ = request.into_body().collect().await;
    let status = if is_message { 200 } else { 404 };
    let body = if is_message { stream() } else { String::new() };
    let response = Response::builder().status(status).header("content-type", "text/event-stream");
    Ok(response.body(Full::new(Bytes::from(body))).unwrap())
}

fn stream() -> String {
    let usage = json!({ "input_tokens": 10, "output_tokens": 5 });
    let message = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": usage,
    });
    let mut events = vec![
        ("message_start", json!({ "type": "message_start", "message": message })),
        (
            "content_block_start",
            json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
        ),
    ];
    events.extend(ANSWER.split_inclusive(' ').map(|word| {
        let delta = json!({ "type": "text_delta", "text": word });
        ("content_block_delta", json!({ "type": "content_block_delta", "index": 0, "delta": delta }))
    }));
    events.push(("content_block_stop", json!({ "type": "content_block_stop", "index": 0 })));
    let delta = json!({ "stop_reason": "end_turn", "stop_sequence": null });
    events.push((
        "message_delta",
        json!({ "type": "message_delta", "delta": delta, "usage": { "output_tokens": 5 } }),
    ));
    events.push(("message_stop", json!({ "type": "message_stop" })));
    events.iter().map(|(name, data)| format!("event: {name}\ndata: {data}\n\n")).collect()
}
