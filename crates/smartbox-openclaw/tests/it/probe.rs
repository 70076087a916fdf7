use smartbox_openclaw::probe::{Finding, Probe, probe};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use crate::gateway::Script;

fn answering(answer: &'static str) -> (DuplexStream, Script) {
    Script::run(async move |mut stream: DuplexStream| {
        let mut head = vec![0; 4096];
        let length = stream.read(&mut head).await?;
        assert!(head[..length].starts_with(b"GET /readyz HTTP/1.1\r\n"));
        stream.write_all(answer.as_bytes()).await?;
        Ok(())
    })
}

#[tokio::test]
async fn a_ready_gateway_is_ready() {
    let (stream, _script) =
        answering("HTTP/1.1 200 OK\r\ncontent-length: 27\r\n\r\n{\"ready\":true,\"failing\":[]}");
    let found = probe(stream, Probe::Ready).await.unwrap();
    assert_eq!(found, Finding { ok: true, failing: Vec::new() });
}

#[tokio::test]
async fn a_draining_gateway_says_so() {
    let (stream, _script) = answering(
        "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n{\"ready\":false,\"failing\":[\"gateway-draining\"]}",
    );
    let found = probe(stream, Probe::Ready).await.unwrap();
    assert_eq!(found, Finding { ok: false, failing: vec!["gateway-draining".to_owned()] });
}

#[tokio::test]
async fn a_connection_that_ends_is_no_answer() {
    let (stream, theirs) = tokio::io::duplex(1024);
    drop(theirs);
    assert!(probe(stream, Probe::Health).await.is_err());
}
