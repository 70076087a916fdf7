//! Heads of both directions, written out.

use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, Method, StatusCode, response};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use super::{Lines, digits};
use crate::decimal::Decimal;

/// What is known of the length of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// There is none.
    Nothing,
    Known(u64),
    Unknown,
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sending {
    /// Not at all: there is none, or nobody expects one.
    Nothing,
    /// So many bytes.
    Length(u64),
    Chunked,
}

/// Writes a request's head. A body is told by its length alone, whatever the client said about it.
pub(crate) fn request(
    out: &mut Vec<u8>,
    (method, target): (&Method, &str),
    headers: &Lines,
    body_bytes: usize,
) {
    push(out, &[method.as_str().as_bytes(), b" ", target.as_bytes(), b" HTTP/1.1\r\n"]);
    for (name, value) in headers.iter() {
        if *name != CONTENT_LENGTH {
            push(out, &[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
        }
    }
    if body_bytes > 0 || headers.has(&CONTENT_LENGTH) {
        number(out, "content-length: ", body_bytes as u64);
    }
    out.extend_from_slice(b"\r\n");
}

/// Writes the head of an answer to a request of this method, and says how its body is to be written. `keeps` is whether
/// another request may follow, and becomes `false` if the answer says otherwise.
pub(crate) fn answer(
    out: &mut Vec<u8>,
    head: &response::Parts,
    method: &Method,
    size: Size,
    keeps: &mut bool,
    now: impl FnOnce() -> Timestamp,
) -> Sending {
    status_line(out, head.status);
    let sending = sending(&head.headers, head.status, method, size);
    let (mut is_dated, mut says_close) = (false, false);
    for (name, value) in &head.headers {
        match *name {
            CONTENT_LENGTH if *method != Method::HEAD || size != Size::Nothing => continue,
            TRANSFER_ENCODING => continue,
            CONNECTION => says_close |= is_close(value.as_bytes()),
            DATE => is_dated = true,
            _ => {}
        }
        line(out, name, value.as_bytes());
    }
    *keeps &= !says_close;
    if !*keeps && !says_close {
        out.extend_from_slice(b"connection: close\r\n");
    }
    let has_length = !matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    match (sending, size) {
        (Sending::Chunked, _) => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        (Sending::Length(length), _) => number(out, "content-length: ", length),
        (Sending::Nothing, Size::Known(length)) if has_length => number(out, "content-length: ", length),
        (Sending::Nothing, Size::Nothing) if has_length && *method != Method::HEAD => {
            number(out, "content-length: ", 0);
        }
        (Sending::Nothing, _) => {}
    }
    if !is_dated && let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&now()) {
        push(out, &[b"date: ", date.as_bytes(), b"\r\n"]);
    }
    out.extend_from_slice(b"\r\n");
    sending
}

fn sending(headers: &HeaderMap, status: StatusCode, method: &Method, size: Size) -> Sending {
    let is_bare = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        || status.is_informational()
        || *method == Method::HEAD;
    match size {
        _ if is_bare => Sending::Nothing,
        Size::Nothing => Sending::Nothing,
        Size::Known(length) => Sending::Length(length),
        Size::Unknown => {
            let said = headers.get(CONTENT_LENGTH).and_then(|length| digits(length.as_bytes()));
            said.map_or(Sending::Chunked, Sending::Length)
        }
    }
}

fn status_line(out: &mut Vec<u8>, status: StatusCode) {
    if status == StatusCode::OK {
        out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
    } else {
        let reason = status.canonical_reason().unwrap_or("None").as_bytes();
        push(out, &[b"HTTP/1.1 ", status.as_str().as_bytes(), b" ", reason, b"\r\n"]);
    }
}

/// Writes what stands in front of a chunk.
pub(crate) fn chunk(out: &mut Vec<u8>, length: usize) {
    let mut digits = [0; 16];
    let mut at = digits.len();
    let mut left = length;
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdef"[left & 0xF];
        left >>= 4;
        if left == 0 {
            break;
        }
    }
    push(out, &[&digits[at..], b"\r\n"]);
}

fn line(out: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    push(out, &[name.as_str().as_bytes(), b": ", value, b"\r\n"]);
}

fn number(out: &mut Vec<u8>, name: &str, number: u64) {
    push(out, &[name.as_bytes(), Decimal::new(number).as_bytes(), b"\r\n"]);
}

fn push(out: &mut Vec<u8>, pieces: &[&[u8]]) {
    pieces.iter().for_each(|piece| out.extend_from_slice(piece));
}

fn is_close(value: &[u8]) -> bool {
    value.split(|byte| *byte == b',').any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close"))
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Response};

    use super::*;

    fn written(
        status: u16,
        method: &Method,
        size: Size,
        headers: &[(&'static str, &'static str)],
    ) -> (String, Sending, bool) {
        let mut head = Response::builder().status(status).body(()).unwrap().into_parts().0;
        for (name, value) in headers {
            head.headers.append(*name, HeaderValue::from_static(value));
        }
        let (mut out, mut keeps) = (Vec::new(), true);
        let sending = answer(&mut out, &head, method, size, &mut keeps, || Timestamp::UNIX_EPOCH);
        let date = "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
        (String::from_utf8(out).unwrap().replace(date, ""), sending, keeps)
    }

    #[test]
    fn an_answer_says_how_long_it_is() {
        let (get, head) = (Method::GET, Method::HEAD);
        let length: &[_] = &[("content-length", "7")];
        for (status, method, size, headers, said, sending) in [
            (200, &get, Size::Known(7), &[][..], "content-length: 7\r\n", Sending::Length(7)),
            (200, &get, Size::Known(7), length, "content-length: 7\r\n", Sending::Length(7)),
            (200, &get, Size::Unknown, length, "content-length: 7\r\n", Sending::Length(7)),
            (200, &get, Size::Unknown, &[], "transfer-encoding: chunked\r\n", Sending::Chunked),
            (200, &get, Size::Nothing, &[], "content-length: 0\r\n", Sending::Nothing),
            (200, &get, Size::Nothing, length, "content-length: 0\r\n", Sending::Nothing),
            (200, &head, Size::Nothing, length, "content-length: 7\r\n", Sending::Nothing),
            (200, &head, Size::Nothing, &[], "", Sending::Nothing),
            (200, &head, Size::Known(7), &[], "content-length: 7\r\n", Sending::Nothing),
            (204, &get, Size::Nothing, &[], "", Sending::Nothing),
            (304, &get, Size::Nothing, length, "", Sending::Nothing),
        ] {
            let text = written(status, method, size, headers);
            let status = StatusCode::from_u16(status).unwrap();
            let whole = format!("HTTP/1.1 {status}\r\n{said}\r\n");
            assert_eq!(text, (whole, sending, true), "{status} {method} {size:?}");
        }
    }

    #[test]
    fn who_says_that_the_connection_ends_ends_it() {
        let (text, _, keeps) = written(200, &Method::GET, Size::Nothing, &[("connection", "close")]);
        assert_eq!((text.matches("connection: close").count(), keeps), (1, false));
    }

    #[test]
    fn sizes_of_chunks_are_hexadecimal() {
        for (length, text) in [(0, "0\r\n"), (10, "a\r\n"), (4096, "1000\r\n")] {
            let mut out = Vec::new();
            chunk(&mut out, length);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn a_gateway_is_told_the_length_that_the_body_has() {
        let mut out = Vec::new();
        let mut headers = Lines::with_capacity(1);
        headers.add(CONTENT_LENGTH, HeaderValue::from_static("99"));
        request(&mut out, (&Method::POST, "/a"), &headers, 3);
        assert_eq!(String::from_utf8(out).unwrap(), "POST /a HTTP/1.1\r\ncontent-length: 3\r\n\r\n");
    }
}
