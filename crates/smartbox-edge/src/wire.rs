//! HTTP/1.1 as bytes (RFC 9112), for the two ends that the edge drives without hyper: clients whose requests are plain, and
//! gateways that are asked with a body that is known as a whole.
//!
//! What a client sends is read strictly: what anybody could read in another way is left to hyper, byte for byte.

use bytes::{Buf, Bytes, BytesMut};

pub(crate) mod chunked;
mod lines;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod write;

pub(crate) use lines::Lines;

/// Pieces up to this size are copied out of a buffer, which stays whole; larger ones are cut off.
const COPIED_BYTES_MAX: usize = 2048;

/// The first bytes of a buffer.
pub(crate) fn take(buffer: &mut BytesMut, length: usize) -> Bytes {
    if length > COPIED_BYTES_MAX {
        return buffer.split_to(length).freeze();
    }
    let piece = Bytes::copy_from_slice(&buffer[..length]);
    buffer.advance(length);
    piece
}

/// A length in digits alone, as `Content-Length` has it (RFC 9110 §8.6).
fn digits(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(bytes).ok()?.parse().ok()
}
