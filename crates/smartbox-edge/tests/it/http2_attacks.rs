//! Frames that no client library would send.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::harness::LIMIT;
use crate::secure::{NAME, Secure, get};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// RFC 9113 §7.
const PROTOCOL_ERROR: u32 = 1;
const ENHANCE_YOUR_CALM: u32 = 11;

/// A connection on which frames are written by hand.
struct Raw(TlsStream<TcpStream>);

impl Raw {
    async fn open(secure: &Secure) -> Self {
        let mut stream = secure.connect(&["h2"]).await.unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let mut raw = Self(stream);
        raw.send(SETTINGS, 0, 0, &[]).await;
        raw
    }

    /// Whether the frame could be written.
    async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = length[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.0.write_all(&frame).await.is_ok()
    }

    /// Reads frames until one of these kinds comes on this stream; its payload. `None` when the connection ends before.
    async fn until(&mut self, kinds: &[u8], stream: u32) -> Option<(u8, Vec<u8>)> {
        tokio::time::timeout(LIMIT, async {
            loop {
                let mut head = [0; 9];
                self.0.read_exact(&mut head).await.ok()?;
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
                let mut payload = vec![0; length.try_into().unwrap()];
                self.0.read_exact(&mut payload).await.ok()?;
                let of = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
                if kinds.contains(&head[3]) && of == stream {
                    return Some((head[3], payload));
                }
            }
        })
        .await
        .expect("in time")
    }

    /// How the server answers this head on a new stream.
    async fn outcome(&mut self, stream: u32, block: &[u8]) -> Outcome {
        self.send(HEADERS, END_STREAM | END_HEADERS, stream, block).await;
        match self.until(&[HEADERS, RST_STREAM], stream).await {
            Some((RST_STREAM, code)) => Outcome::Reset(number(&code)),
            // 200 is entry 8 of the static table (RFC 7541 appendix A).
            Some((_headers, block)) if block.first() == Some(&0x88) => Outcome::Answered,
            Some(_other_status) => Outcome::Refused,
            None => Outcome::Closed,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Answered,
    Refused,
    Reset(u32),
    Closed,
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes[bytes.len() - 4..].try_into().unwrap())
}

/// A header block of literals (RFC 7541 §6.2.2).
fn block(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.as_bytes());
        }
    }
    block
}

fn request<'a>(path: &'a str, more: &[(&'a str, &'a str)]) -> Vec<u8> {
    let mut headers = vec![(":method", "GET"), (":scheme", "https"), (":authority", NAME), (":path", path)];
    headers.push(("cookie", "smartbox_session=1"));
    headers.extend(more);
    block(&headers)
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_http1_have_no_meaning_and_reach_nobody() {
    let secure = Secure::start().await;
    let mut raw = Raw::open(&secure).await;
    let mut stream = 1;
    for (name, value) in [
        ("connection", "upgrade"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "websocket"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "close"),
        ("te", "gzip"),
        ("X-Upper", "1"),
        ("x-line", "a\r\nx-smuggled: 1"),
        ("x-nul", "a\0b"),
        ("x y", "1"),
        ("", "1"),
        (":path", "/other"),
        (":odd", "1"),
        ("content-length", "5"),
        ("content-length", "-1"),
    ] {
        let outcome = raw.outcome(stream, &request("/b/home/who", &[(name, value)])).await;
        assert!(!matches!(outcome, Outcome::Answered | Outcome::Refused), "{name}: {value}: {outcome:?}");
        if outcome == Outcome::Closed {
            raw = Raw::open(&secure).await;
            stream = 1;
        } else {
            stream += 2;
        }
    }
    assert!(secure.gateway.seen.lock().await.is_empty());
    assert_eq!(raw.outcome(stream, &request("/b/home/who", &[])).await, Outcome::Answered);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_without_what_it_needs_reaches_nobody() {
    let secure = Secure::start().await;
    let (method, scheme) = ((":method", "GET"), (":scheme", "https"));
    let (authority, path) = ((":authority", NAME), (":path", "/b/home/who"));
    let cookie = ("cookie", "smartbox_session=1");
    for headers in [
        vec![scheme, authority, path],
        vec![method, authority, path],
        vec![method, scheme, authority],
        vec![method, scheme, path, cookie],
        vec![method, scheme, authority, (":path", ""), cookie],
        vec![method, scheme, authority, (":path", "*"), cookie],
        vec![method, scheme, authority, (":path", "who"), cookie],
        vec![method, method, scheme, authority, path, cookie],
        vec![method, scheme, authority, authority, path, cookie],
        vec![method, scheme, (":authority", "user@boxes.example"), path, cookie],
        vec![method, scheme, (":authority", "boxes.example/x"), path, cookie],
        vec![method, (":scheme", "http"), authority, path, cookie],
        vec![method, scheme, authority, cookie, path],
    ] {
        let mut raw = Raw::open(&secure).await;
        let outcome = raw.outcome(1, &block(&headers)).await;
        assert_ne!(outcome, Outcome::Answered, "{headers:?}");
    }
    assert!(secure.gateway.seen.lock().await.is_empty());
}

/// CVE-2023-44487: requests that are taken back as soon as they are made.
#[tokio::test(flavor = "multi_thread")]
async fn who_takes_every_request_back_is_sent_away() {
    let secure = Secure::start().await;
    let mut raw = Raw::open(&secure).await;
    let head = request("/b/home/who", &[]);
    let mut burst = Vec::new();
    for n in 0..2000_u32 {
        let stream = 2 * n + 1;
        let length = u32::try_from(head.len()).unwrap().to_be_bytes();
        burst.extend(&length[1..]);
        burst.extend([HEADERS, END_STREAM | END_HEADERS]);
        burst.extend(stream.to_be_bytes());
        burst.extend(&head);
        burst.extend([0, 0, 4, RST_STREAM, 0]);
        burst.extend(stream.to_be_bytes());
        burst.extend(8_u32.to_be_bytes());
    }
    let _cut_off = raw.0.write_all(&burst).await;
    let goodbye = raw.until(&[GOAWAY], 0).await;
    assert!(goodbye.is_none_or(|(_kind, payload)| number(&payload[4..8]) == ENHANCE_YOUR_CALM));
    let mut other = secure.http2().await;
    assert_eq!(other.ask(get("/healthz")).await.unwrap().status, http::StatusCode::OK);
    assert!(secure.gateway.seen.lock().await.len() < 2000);
}

/// CVE-2024-27316 and its like: a head that does not end.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_without_an_end_is_cut_off() {
    let secure = Secure::start().await;
    let mut raw = Raw::open(&secure).await;
    raw.send(HEADERS, END_STREAM, 1, &request("/b/home/who", &[])).await;
    let more = block(&[("x-more", &"a".repeat(100))]).repeat(100);
    let sent = async { while raw.send(CONTINUATION, 0, 1, &more).await {} };
    tokio::time::timeout(LIMIT, sent).await.expect("the edge closes");
    assert!(secure.gateway.seen.lock().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_break_the_rules_end_the_connection_or_their_stream() {
    let secure = Secure::start().await;
    for (kind, flags, stream, payload) in [
        (DATA, 0, 1, &b"nobody asked"[..]),
        (HEADERS, END_STREAM | END_HEADERS, 2, &request("/b/home/who", &[])[..]),
        (HEADERS, END_STREAM | END_HEADERS, 0, &request("/b/home/who", &[])[..]),
        (CONTINUATION, END_HEADERS, 1, &[]),
        (SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff]),
        (SETTINGS, 0, 0, &[1]),
        (HEADERS, END_STREAM | END_HEADERS, 1, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ] {
        let mut raw = Raw::open(&secure).await;
        raw.send(kind, flags, stream, payload).await;
        let goodbye = raw.until(&[GOAWAY], 0).await;
        let code = goodbye.map_or(PROTOCOL_ERROR, |(_kind, payload)| number(&payload[4..8]));
        assert_ne!(code, 0, "frame {kind} on stream {stream}");
    }
    assert!(secure.gateway.seen.lock().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_is_spoken_where_it_was_agreed_upon_and_nowhere_else() {
    let secure = Secure::start().await;
    let mut stream = secure.connect(&["http/1.1"]).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _end = tokio::time::timeout(LIMIT, stream.read_to_end(&mut answer)).await.expect("in time");
    assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
    let (plain, _gateway) = crate::harness::TestEdge::with_home().await;
    let answer = plain.raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert_eq!(answer, "");
}
