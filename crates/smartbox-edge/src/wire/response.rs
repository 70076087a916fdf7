//! The head of a gateway's response, and how its body ends.

use bytes::{Buf, Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version};

use super::chunked::Chunked;
use super::digits;

/// Most header lines, as many as hyper takes.
const HEADERS_MAX: usize = 100;

/// A head.
pub(crate) struct Head {
    pub(crate) parts: Parts,
    pub(crate) framing: Framing,
    /// Whether another request may follow on the connection, once the body has been read.
    pub(crate) keeps: bool,
}

/// How a body ends (RFC 9112 §6.3).
#[derive(Debug)]
pub(crate) enum Framing {
    /// After so many bytes.
    Length(u64),
    Chunked(Chunked),
    /// With the connection.
    Close,
}

/// It is no response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// Takes a head out of a buffer, the answer to a request of this method; `None` while it has not come to its end.
///
/// # Errors
/// What comes is no response, or nobody can tell where it ends.
pub(crate) fn read(buffer: &mut BytesMut, method: &Method) -> Result<Option<Head>, Broken> {
    let mut lines = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Response::new(&mut lines);
    let length = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_no_response) => return Err(Broken),
    };
    let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or(Broken)?;
    let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
    // One copy, of which all values are parts.
    let whole = Bytes::copy_from_slice(&buffer[..length]);
    let mut headers = HeaderMap::with_capacity(parsed.headers.len() + 8);
    for line in parsed.headers.iter() {
        let start = line.value.as_ptr() as usize - buffer.as_ptr() as usize;
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_no_name| Broken)?;
        let value = HeaderValue::from_maybe_shared(whole.slice(start..start + line.value.len()));
        headers.append(name, value.map_err(|_no_value| Broken)?);
    }
    buffer.advance(length);
    let mut parts = Response::new(()).into_parts().0;
    parts.status = status;
    parts.version = version;
    parts.headers = headers;
    let (framing, can_keep) = framing(&mut parts, method)?;
    let keeps = can_keep && wants_to_be_kept(&parts);
    Ok(Some(Head { parts, framing, keeps }))
}

/// How the body ends, and whether that is clear enough for another response behind it.
fn framing(parts: &mut Parts, method: &Method) -> Result<(Framing, bool), Broken> {
    let has_no_body = parts.status.is_informational()
        || matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        || *method == Method::HEAD;
    let length = length(&parts.headers)?;
    let codings = parts.headers.get_all(TRANSFER_ENCODING).iter().next_back();
    let Some(codings) = codings else {
        return Ok(match length {
            _ if has_no_body => (Framing::Length(0), true),
            Some(length) => (Framing::Length(length), true),
            None => (Framing::Close, false),
        });
    };
    if parts.version != Version::HTTP_11 {
        return Err(Broken);
    }
    // A list with something strange in it names nothing.
    let last = codings.to_str().unwrap_or_default().rsplit(',').next().unwrap_or_default();
    let is_chunked = last.trim().eq_ignore_ascii_case("chunked");
    // Whoever says both may mean either: the length goes no further, and nothing is read behind the body.
    parts.headers.remove(CONTENT_LENGTH);
    Ok(match is_chunked {
        _ if has_no_body => (Framing::Length(0), length.is_none()),
        true => (Framing::Chunked(Chunked::default()), length.is_none()),
        false => (Framing::Close, false),
    })
}

/// What `Content-Length` says, however often it says it.
fn length(headers: &HeaderMap) -> Result<Option<u64>, Broken> {
    let mut length = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        for number in value.as_bytes().split(|byte| *byte == b',') {
            let number = digits(number.trim_ascii()).ok_or(Broken)?;
            if length.is_some_and(|length| length != number) {
                return Err(Broken);
            }
            length = Some(number);
        }
    }
    Ok(length)
}

fn wants_to_be_kept(parts: &Parts) -> bool {
    let mut words = parts
        .headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii);
    if parts.version == Version::HTTP_11 {
        !words.any(|word| word.eq_ignore_ascii_case(b"close"))
    } else {
        words.any(|word| word.eq_ignore_ascii_case(b"keep-alive"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Head {
        read(&mut text.into(), &Method::GET).unwrap().unwrap()
    }

    fn framing_of(method: &Method, head: &str) -> String {
        let text = format!("HTTP/1.1 {head}\r\n\r\n");
        let head = read(&mut text.as_str().into(), method).unwrap().unwrap();
        let framing = match head.framing {
            Framing::Length(length) => length.to_string(),
            Framing::Chunked(_) => "chunked".to_owned(),
            Framing::Close => "close".to_owned(),
        };
        if head.keeps { framing } else { format!("{framing}, not kept") }
    }

    #[test]
    fn a_head_is_taken_and_the_body_stays() {
        let mut buffer = BytesMut::from("HTTP/1.1 200 Fine\r\nA: 1\r\ncontent-length: 2\r\na: 2\r\n\r\nok");
        let head = read(&mut buffer, &Method::GET).unwrap().unwrap();
        assert_eq!(head.parts.status, StatusCode::OK);
        assert_eq!(head.parts.headers.get_all("a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(buffer, "ok");
        for part in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\na: 1\r\n"] {
            assert!(read(&mut part.into(), &Method::GET).unwrap().is_none(), "{part:?}");
        }
    }

    #[test]
    fn a_body_ends_as_the_standard_says() {
        let (get, head) = (Method::GET, Method::HEAD);
        for (method, text, framing) in [
            (&get, "200 OK\r\ncontent-length: 7", "7"),
            (&get, "200 OK\r\ncontent-length: 7\r\ncontent-length: 7, 7", "7"),
            (&get, "200 OK\r\ntransfer-encoding: chunked", "chunked"),
            (&get, "200 OK\r\ntransfer-encoding: gzip, Chunked", "chunked"),
            (&get, "200 OK\r\ntransfer-encoding: chunked, gzip", "close, not kept"),
            (&get, "200 OK\r\ntransfer-encoding: \u{e9}, chunked", "close, not kept"),
            (&get, "200 OK\r\ncontent-length: 7\r\ntransfer-encoding: chunked", "chunked, not kept"),
            (&get, "200 OK", "close, not kept"),
            (&get, "204 No Content", "0"),
            (&get, "304 Not Modified\r\ncontent-length: 7", "0"),
            (&head, "200 OK\r\ncontent-length: 7", "0"),
            (&head, "200 OK\r\ntransfer-encoding: chunked", "0"),
            (&get, "200 OK\r\ncontent-length: 7\r\nconnection: a, Close", "7, not kept"),
        ] {
            assert_eq!(framing_of(method, text), framing, "{text}");
        }
        let old = of("HTTP/1.0 200 OK\r\ncontent-length: 7\r\n\r\n");
        assert!(!old.keeps);
        assert!(of("HTTP/1.0 200 OK\r\ncontent-length: 7\r\nconnection: keep-alive\r\n\r\n").keeps);
        let both = of("HTTP/1.1 200 OK\r\ncontent-length: 7\r\ntransfer-encoding: chunked\r\n\r\n");
        assert!(!both.parts.headers.contains_key(CONTENT_LENGTH), "what nobody counts by is told to nobody");
    }

    #[test]
    fn what_is_no_response_is_refused() {
        for broken in [
            "nonsense\r\n\r\n",
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1 99 Low\r\n\r\n",
            "HTTP/1.1 200 OK\r\na : 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1, 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n",
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        ] {
            assert!(read(&mut broken.into(), &Method::GET).is_err(), "{broken:?}");
        }
    }
}
