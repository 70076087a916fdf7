//! The head of a client's request, where it can be read in one way only.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};

use super::digits;

/// Most header lines that are read here.
const HEADERS_MAX: usize = 64;
/// Longest target that is read here. hyper takes 64 KiB.
const TARGET_BYTES_MAX: usize = 8 * 1024;

/// What the bytes of a client are.
pub(crate) enum Read {
    /// The head has not come to its end.
    More,
    /// Something that is left to hyper: another protocol or version, an upgrade, a body in chunks, something that is
    /// wrong, or something that somebody could read in another way.
    Other,
    Plain(Box<Plain>),
}

/// A request that everybody reads alike.
pub(crate) struct Plain {
    pub(crate) head: Parts,
    /// How many of the bytes are its head.
    pub(crate) head_bytes: usize,
    /// How many follow as its body.
    pub(crate) body_bytes: u64,
}

/// Where the head ends, found without looking at anything twice.
#[derive(Default)]
pub(crate) struct Scan {
    seen: usize,
}

/// What a scan has found.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// The head has so many bytes.
    End(usize),
    /// A line that does not end with CRLF, or goes on in the next (RFC 9112 §2.2, §5.2).
    Odd,
}

impl Scan {
    fn find(&mut self, bytes: &[u8]) -> Found {
        if bytes.first().is_some_and(|first| !first.is_ascii_uppercase()) {
            return Found::Odd;
        }
        while let Some(at) = memchr::memchr(b'\n', &bytes[self.seen..]).map(|at| self.seen + at) {
            if at == 0 || bytes[at - 1] != b'\r' {
                return Found::Odd;
            }
            if bytes[..at - 1].ends_with(b"\r\n") {
                return Found::End(at + 1);
            }
            // Whether the next line goes on with this one is only known when its first byte is there.
            match bytes.get(at + 1) {
                None => return Found::Nothing,
                Some(b' ' | b'\t') => return Found::Odd,
                Some(_) => self.seen = at + 1,
            }
        }
        Found::Nothing
    }
}

/// Reads a head at the beginning of `bytes`.
pub(crate) fn read(bytes: &[u8], scan: &mut Scan) -> Read {
    match scan.find(bytes) {
        Found::Nothing => Read::More,
        Found::Odd => Read::Other,
        Found::End(length) => {
            plain(&bytes[..length]).map_or(Read::Other, |plain| Read::Plain(Box::new(plain)))
        }
    }
}

fn plain(bytes: &[u8]) -> Option<Plain> {
    let mut lines = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut lines);
    match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        _ => return None,
    }
    let target = parsed.path.filter(|target| is_plain_target(target))?;
    let method = parsed.method.and_then(method)?;
    if parsed.version != Some(1) {
        return None;
    }
    // One copy, of which all values are parts.
    let whole = Bytes::copy_from_slice(bytes);
    let part = |piece: &[u8]| {
        let start = piece.as_ptr() as usize - bytes.as_ptr() as usize;
        whole.slice(start..start + piece.len())
    };
    let mut head = Request::new(()).into_parts().0;
    head.headers = headers(parsed.headers, &part)?;
    head.method = method;
    head.version = Version::HTTP_11;
    head.uri = Uri::from_maybe_shared(part(target.as_bytes())).ok()?;
    let body_bytes = match head.headers.get(CONTENT_LENGTH) {
        Some(length) => digits(length.as_bytes())?,
        None => 0,
    };
    Some(Plain { head, head_bytes: bytes.len(), body_bytes })
}

/// Methods that are no protocols of their own.
fn method(name: &str) -> Option<Method> {
    Some(match name {
        "GET" => Method::GET,
        "POST" => Method::POST,
        "HEAD" => Method::HEAD,
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        "OPTIONS" => Method::OPTIONS,
        _ => return None,
    })
}

/// A path of printable ASCII, and no whole address.
fn is_plain_target(target: &str) -> bool {
    target.len() <= TARGET_BYTES_MAX
        && target.starts_with('/')
        && target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

/// The header lines; `None` if one of them is about more than this one request, or could count twice.
fn headers(lines: &[httparse::Header<'_>], part: &impl Fn(&[u8]) -> Bytes) -> Option<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(lines.len() + 4);
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes()).ok()?;
        let is_once = match name {
            EXPECT | TE | TRAILER | TRANSFER_ENCODING | UPGRADE => return None,
            CONNECTION if !line.value.eq_ignore_ascii_case(b"keep-alive") => return None,
            CONNECTION | CONTENT_LENGTH | HOST => true,
            _ => false,
        };
        if is_once && headers.contains_key(&name) {
            return None;
        }
        let value = HeaderValue::from_maybe_shared(part(line.value)).ok()?;
        headers.append(name, value);
    }
    headers.contains_key(HOST).then_some(headers)
}

#[cfg(test)]
mod tests;
