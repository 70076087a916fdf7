//! Any bytes as what a client sends over a socket. However they are cut, the same comes of them, and the gateway gets nothing
//! but whole messages that were looked at. The messages are read again here, by another reader.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use smartbox_edge::fuzzing::{ALLOWED_METHOD, GRANTED_SCOPE, inspect};

const CONNECT: &str = r#"{"type":"req","id":"0","method":"connect","params":{"scopes":["admin"]}}"#;

/// A client's frame in one piece.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let key = [7, 1, 9, 3];
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..126 => bytes.push(0x80 | short as u8),
        medium @ 126..65_536 => {
            bytes.push(0x80 | 126);
            bytes.extend((medium as u16).to_be_bytes());
        }
        long => {
            bytes.push(0x80 | 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend(key);
    bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]));
    bytes
}

/// The messages in what the gateway gets. Whatever is not a whole frame of a whole message fails.
fn messages(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let (mut messages, mut message, mut is_within) = (Vec::new(), Vec::new(), false);
    while !bytes.is_empty() {
        let (first, second) = (bytes[0], bytes[1]);
        assert_eq!(first & 0x70, 0, "reserved bits");
        assert_eq!(second & 0x80, 0x80, "not masked");
        let (length, head) = match second & 0x7F {
            126 => (u64::from(u16::from_be_bytes(bytes[2..4].try_into().unwrap())), 4),
            127 => (u64::from_be_bytes(bytes[2..10].try_into().unwrap()), 10),
            short => (u64::from(short), 2),
        };
        let key: [u8; 4] = bytes[head..head + 4].try_into().unwrap();
        let end = head + 4 + usize::try_from(length).unwrap();
        let payload = bytes[head + 4..end].iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]);
        match first & 0x0F {
            opcode @ (0 | 1) => {
                assert_eq!(opcode == 0, is_within, "frames of messages are mixed up");
                message.extend(payload);
                is_within = first & 0x80 == 0;
                if !is_within {
                    messages.push(std::mem::take(&mut message));
                }
            }
            8..=10 => assert!(first & 0x80 != 0 && length <= 125, "a bad control frame"),
            opcode => panic!("opcode {opcode}"),
        }
        bytes = &bytes[end..];
    }
    assert!(!is_within, "part of a message");
    messages
}

fn check(bytes: &[u8], sizes: &[u8]) {
    let whole = inspect(bytes, &[]);
    assert_eq!(inspect(bytes, sizes), whole, "in pieces of {sizes:?}");
    assert_eq!(inspect(bytes, &[1]), whole, "byte by byte");
    for (place, message) in messages(&whole.relayed).iter().enumerate() {
        let read: Value = serde_json::from_slice(message).unwrap();
        if place == 0 {
            assert_eq!(read["method"], "connect");
            let scopes = read["params"]["scopes"].as_array().unwrap();
            let is_signed = read["params"].get("device").is_some();
            assert!(is_signed || scopes.iter().all(|scope| scope == GRANTED_SCOPE), "{read}");
            assert_eq!(read["params"]["role"], "operator");
        } else {
            assert_eq!(read["method"], ALLOWED_METHOD, "{read}");
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((cuts, bytes)) = data.split_first() else { return };
    let sizes = [cuts & 0x0F, cuts >> 4, 3];
    // As they are; behind a handshake; as the text of a message before and after one.
    check(bytes, &sizes);
    let connect = frame(0x81, CONNECT.as_bytes());
    check(&[&connect[..], bytes].concat(), &sizes);
    check(&frame(0x81, bytes), &sizes);
    check(&[connect, frame(0x81, bytes), frame(0x81, bytes)].concat(), &sizes);
    // Cut into the frames of one message, with a ping between them.
    let (one, two) = bytes.split_at(bytes.len() / 2);
    check(&[frame(0x01, one), frame(0x89, b"p"), frame(0x80, two)].concat(), &sizes);
});
