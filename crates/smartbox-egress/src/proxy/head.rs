//! The head of a CONNECT request, read before anything else is built for its connection.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use secrecy::SecretString;
use smartbox_core::BoxId;
use smartbox_core::egress_policy::Host;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::credentials;
use super::refusal::Refusal;

/// How a request for a tunnel begins.
const CONNECT: &[u8] = b"CONNECT ";
/// Most header lines.
const LINES_MAX: usize = 100;
/// Room for a head that is as long as most are.
const USUAL_BYTES: usize = 512;

/// A request for a tunnel.
#[derive(Debug)]
pub(crate) struct Connect {
    /// Where to, as it was written.
    pub(crate) host: Host,
    /// The port.
    pub(crate) port: u16,
    /// Who says to ask.
    pub(crate) credential: Option<(BoxId, SecretString)>,
}

/// What a connection begins with.
#[derive(Debug)]
pub(crate) enum First {
    /// A tunnel, and what was sent ahead through it.
    Connect(Connect, Bytes),
    /// Something else, and what was read of it.
    Other(Bytes),
    /// Nothing.
    End,
}

/// Reads until it is known what a connection begins with.
///
/// # Errors
/// The head is too long, too slow, or none.
pub(crate) async fn first(
    stream: &mut (impl AsyncRead + Unpin + ?Sized),
    bytes_max: usize,
    timeout: Duration,
) -> Result<First, Refusal> {
    let mut read = BytesMut::with_capacity(USUAL_BYTES);
    let reading = async {
        loop {
            let seen = read.len();
            if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                return Ok(First::End);
            }
            let start = &read[..read.len().min(CONNECT.len())];
            if !CONNECT.starts_with(start) {
                return Ok(First::Other(read.split().freeze()));
            }
            if let Some(end) = end_of_head(&read, seen) {
                let head = read.split_to(end);
                return parse(&head).map(|connect| First::Connect(connect, read.split().freeze()));
            }
            if read.len() >= bytes_max {
                return Err(Refusal::HeadTooLarge);
            }
        }
    };
    tokio::time::timeout(timeout, reading).await.unwrap_or(Err(Refusal::HeadTooSlow))
}

/// Where the head ends, when what came before `seen` holds no end.
fn end_of_head(read: &[u8], seen: usize) -> Option<usize> {
    let from = seen.saturating_sub(3);
    read[from..].windows(4).position(|four| four == b"\r\n\r\n").map(|at| from + at + 4)
}

/// Understands a whole head.
pub(crate) fn parse(head: &[u8]) -> Result<Connect, Refusal> {
    let mut lines = [httparse::EMPTY_HEADER; LINES_MAX];
    let mut request = httparse::Request::new(&mut lines);
    match request.parse(head) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        Ok(_) => return Err(Refusal::Malformed("its head ends in the middle")),
        Err(httparse::Error::TooManyHeaders) => return Err(Refusal::HeadTooLarge),
        Err(_) => return Err(Refusal::Malformed("it is not HTTP/1.1")),
    }
    let (Some("CONNECT"), Some(target)) = (request.method, request.path) else {
        return Err(Refusal::Malformed("it is no CONNECT"));
    };
    let (host, port) = Host::parse_authority(target, None)?;
    let mut credential = None;
    for line in request.headers.iter() {
        if line.name.eq_ignore_ascii_case("proxy-authorization") {
            if credential.is_some() {
                return Err(Refusal::Malformed("it has two credentials"));
            }
            credential = Some(credentials::basic(line.value).ok_or(Refusal::Unauthenticated)?);
        }
        // What follows the head belongs to the tunnel. A client that means a body and a proxy that means a tunnel would
        // not talk about the same bytes.
        let is_length = line.name.eq_ignore_ascii_case("content-length") && line.value != b"0";
        if is_length || line.name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(Refusal::Malformed("a CONNECT has no body"));
        }
    }
    Ok(Connect { host, port, credential })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(head: &str) -> Result<String, &'static str> {
        parse(head.as_bytes())
            .map(|connect| format!("{}:{}", connect.host, connect.port))
            .map_err(|refusal| refusal.reason())
    }

    #[test]
    fn a_head_is_a_tunnel_or_says_what_is_wrong() {
        for (head, found) in [
            ("CONNECT a.example:443 HTTP/1.1\r\nhost: other.example\r\n\r\n", Ok("a.example:443")),
            ("CONNECT A.example.:443 HTTP/1.0\r\n\r\n", Ok("a.example:443")),
            ("CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n", Ok("[2001:db8::1]:443")),
            ("CONNECT a.example:443 HTTP/1.1\r\ncontent-length: 0\r\n\r\n", Ok("a.example:443")),
            ("CONNECT a.example HTTP/1.1\r\n\r\n", Err("bad-target")),
            ("CONNECT http://a.example:443/ HTTP/1.1\r\n\r\n", Err("bad-target")),
            ("CONNECT u:p@a.example:443 HTTP/1.1\r\n\r\n", Err("bad-target")),
            ("CONNECT  a.example:443 HTTP/1.1\r\n\r\n", Err("malformed")),
            ("CONNECT a.example:443\r\n\r\n", Err("malformed")),
            ("CONNECT a.example:443 HTTP/2.0\r\n\r\n", Err("malformed")),
            ("CONNECT a.example:443 HTTP/1.1\r\ncontent-length: 3\r\n\r\n", Err("malformed")),
            ("CONNECT a.example:443 HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", Err("malformed")),
            ("CONNECT a.example:443 HTTP/1.1\r\nbad header: x\r\n\r\n", Err("malformed")),
            ("CONNECT a.example:443 HTTP/1.1\r\na: b\r\n c\r\n\r\n", Err("malformed")),
            (
                "CONNECT a.example:443 HTTP/1.1\r\nproxy-authorization: Bearer x\r\n\r\n",
                Err("authentication-required"),
            ),
            ("GET http://a.example/ HTTP/1.1\r\n\r\n", Err("malformed")),
        ] {
            assert_eq!(target(head).as_deref().map_err(|reason| *reason), found, "{head:?}");
        }
    }

    #[tokio::test]
    async fn a_head_may_come_in_pieces_and_what_follows_it_is_the_tunnels() {
        let head = "CONNECT a.example:443 HTTP/1.1\r\nhost: a\r\n\r\nhello";
        for cut in 1..head.len() {
            let (front, back) = head.as_bytes().split_at(cut);
            let mut stream = tokio::io::join(front.chain(back), tokio::io::sink());
            let found = first(&mut stream, 1024, Duration::from_secs(1)).await.unwrap();
            let First::Connect(connect, ahead) = found else { panic!("{found:?}") };
            assert_eq!(connect.port, 443);
            assert!(b"hello".starts_with(&ahead), "{ahead:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_tunnel_is_given_on_as_it_came() {
        let mut stream = &b"GET http://a.example/ HTTP/1.1\r\n\r\n"[..];
        let found = first(&mut stream, 1024, Duration::from_secs(1)).await.unwrap();
        assert!(matches!(&found, First::Other(read) if read.starts_with(b"GET ")), "{found:?}");
        assert!(matches!(first(&mut &b""[..], 1024, Duration::from_secs(1)).await, Ok(First::End)));
    }

    proptest::proptest! {
        #[test]
        fn foreign_bytes_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = parse(&bytes);
            let _ = parse(&[b"CONNECT ", bytes.as_slice(), b"\r\n\r\n"].concat());
        }
    }
}
