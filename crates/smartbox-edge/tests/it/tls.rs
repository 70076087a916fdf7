use futures_util::{SinkExt, StreamExt};
use http::StatusCode;
use smartbox_edge::{TlsError, TlsIdentity};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::harness::{LIMIT, as_user, with};
use crate::secure::{NAME, Pair, Secure};

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_everybody_is_told_that_it_is_tls() {
    let secure = Secure::start().await;
    let seen = secure.ask(with(as_user("1", "GET", "/who"), &[("host", NAME)])).await;
    assert_eq!(seen.seen("x-forwarded-proto"), ["https"]);
    assert_eq!(seen.header("strict-transport-security"), "max-age=15552000");
    let platform = secure.ask(with(as_user("1", "GET", "/v1/boxes"), &[("host", NAME)])).await;
    assert_eq!(platform.json()["scheme"], "https", "which makes its cookies Secure");
    assert!(!platform.header("strict-transport-security").is_empty());
    // Other programs serve under these names, too.
    for host in ["localhost", "home.localhost:8443", &secure.edge.address.to_string()] {
        let answer = secure.ask(with(as_user("1", "GET", "/who"), &[("host", host)])).await;
        assert_eq!(
            (answer.status, answer.header("strict-transport-security")),
            (StatusCode::OK, ""),
            "{host}"
        );
        assert_eq!(answer.seen("x-forwarded-proto"), ["https"], "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_clear_text_is_a_page_of_another_site() {
    let secure = Secure::start().await;
    let post = |origin: &str| with(as_user("1", "POST", "/who"), &[("host", NAME), ("origin", origin)]);
    assert_eq!(secure.ask(post("http://boxes.example")).await.code(), "bad-origin");
    assert_eq!(secure.ask(post("https://boxes.example")).await.status, StatusCode::OK);
    assert_eq!(secure.ask(post("https://boxes.example:443")).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_speaks_clear_text_is_told_to_use_tls_and_reaches_nobody() {
    let secure = Secure::start().await;
    let request = format!("GET /who HTTP/1.1\r\nhost: {NAME}\r\ncookie: smartbox_session=1\r\n\r\n");
    let answer = secure.edge.raw(&request.repeat(2)).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("https-required") && answer.contains("connection: close"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    assert_eq!(secure.edge.raw("\0\0\0\0").await, "", "something else is let go without a word");
    // A TLS record that is no beginning of a handshake: the answer is an alert (RFC 8446 §6), if any.
    let broken = secure.edge.raw("\x16\x03\x01\0\x05hello").await;
    assert!(!broken.contains("HTTP"), "{broken}");
    assert!(secure.gateway.seen.lock().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_shown_to_new_connections_and_open_ones_go_on() {
    let secure = Secure::start().await;
    let mut open = secure.connect(&["http/1.1"]).await.unwrap();
    let new = Pair::new();
    secure.tls.replace(new.identity());
    assert!(secure.connect(&["http/1.1"]).await.is_err(), "the old one is not shown any more");
    secure.connect_knowing(&new, &["http/1.1"]).await.unwrap();
    let request = format!(
        "GET /who HTTP/1.1\r\nhost: {NAME}\r\ncookie: smartbox_session=1\r\nconnection: close\r\n\r\n"
    );
    open.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(LIMIT, open.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_speaks_websocket_over_tls() {
    let secure = Secure::start().await;
    // A browser asks for HTTP/1.1 alone when it wants a WebSocket and HTTP/2 has none to offer.
    let stream = secure.connect(&["http/1.1"]).await.unwrap();
    let mut request = format!("wss://{NAME}/b/home/chat").into_client_request().unwrap();
    request.headers_mut().insert("cookie", "smartbox_session=1".parse().unwrap());
    request.headers_mut().insert("origin", format!("https://{NAME}").parse().unwrap());
    let (mut socket, _response) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().to_text().unwrap(), "hello /chat");
    let handshake = r#"{"type":"req","id":"1","method":"connect","params":{"role":"operator","scopes":[]}}"#;
    socket.send(handshake.into()).await.unwrap();
    let echo = socket.next().await.unwrap().unwrap();
    assert!(echo.to_text().unwrap().contains(r#""method":"connect""#), "{echo:?}");
    socket.close(None).await.unwrap();
}

#[test]
fn a_certificate_without_its_key_is_refused() {
    let (one, other) = (Pair::new(), Pair::new());
    let read = |certificate: &str, key: &str| {
        TlsIdentity::from_pem(certificate.as_bytes(), key.as_bytes()).map(|_identity| ()) //
    };
    assert_eq!(read(&one.certificate, &one.key), Ok(()));
    assert_eq!(read(&one.certificate, &other.key), Err(TlsError::Mismatch));
    assert_eq!(read(&one.key, &one.key), Err(TlsError::NoCertificate));
    assert_eq!(read("", &one.key), Err(TlsError::NoCertificate));
    assert_eq!(read(&one.certificate, &one.certificate), Err(TlsError::NoKey));
    let broken = one.certificate.replace("MII", "MIJ");
    assert!(read(&broken, &one.key).is_err());
}
