use proptest::prelude::*;
use smartbox_core::Permission::{BoxesRead, BoxesTalk};
use smartbox_core::Role;

use super::super::frames::{BINARY, CLOSE, CONTINUATION, PING, TEXT};
use super::*;
use crate::policy::Handshake;

const KEY: [u8; 4] = [1, 2, 3, 4];
const CONNECT: &str = r#"{"type":"req","id":"0","method":"connect","params":{"scopes":["admin","read"]}}"#;
const PINNED: &str =
    r#"{"id":"0","method":"connect","params":{"role":"operator","scopes":["read"]},"type":"req"}"#;
const ALLOWED: &str = r#"{"type":"req","id":"1","method":"health","params":{}}"#;
const DENIED: &str = r#"{"type":"req","id":"2","method":"confi\u0067.get"}"#;

fn rules() -> Rules {
    let handshake = Handshake { method: "connect", kept_auth: &[], signed_auth: &[] };
    let policy = Policy::new(handshake, &[(BoxesRead, &["health"]), (BoxesTalk, &["chat.send"])], &[]);
    Rules {
        policy: Arc::new(policy),
        may: Role::Viewer.permissions(),
        grant: Grant { headers: Vec::new(), role: "operator", scopes: &["read"] },
        first_bytes_max: 1000,
        bytes_max: 200_000,
        memory: Arc::new(Semaphore::new(2)),
    }
}

fn frame(opcode: u8, payload: &[u8], is_last: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    frames::write(&mut bytes, opcode, payload, Some(KEY));
    if !is_last {
        bytes[0] &= 0x7F;
    }
    bytes
}

fn text(text: &str) -> Vec<u8> {
    frame(TEXT, text.as_bytes(), true)
}

/// What comes of bytes in pieces of these sizes, again and again.
fn outcome(bytes: &[u8], sizes: &[usize]) -> (Out, Result<(), End>) {
    let (mut inspector, mut out, mut rest) = (Inspector::new(rules()), Out::default(), bytes);
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, more) = rest.split_at((*size).clamp(1, rest.len()));
        rest = more;
        if let Err(end) = inspector.take(piece, &mut out) {
            return (out, Err(end));
        }
    }
    (out, Ok(()))
}

fn ended(bytes: &[u8]) -> (u16, Cow<'static, str>) {
    let (_out, end) = outcome(bytes, &[usize::MAX]);
    let end = end.expect_err("it ends");
    (end.code, end.reason)
}

#[test]
fn a_handshake_is_pinned_and_what_is_allowed_passes_as_it_came() {
    let (out, end) = outcome(&[text(CONNECT), text(ALLOWED)].concat(), &[usize::MAX]);
    assert_eq!(end, Ok(()));
    assert_eq!(out.relayed, [text(PINNED), text(ALLOWED)].concat());
    assert!(out.answers.is_empty());
}

#[test]
fn what_is_not_allowed_is_answered_and_the_socket_goes_on() {
    let (out, end) = outcome(&[text(CONNECT), text(DENIED), text(ALLOWED), text(CONNECT)].concat(), &[7]);
    assert_eq!(end, Ok(()));
    assert_eq!(out.relayed, [text(PINNED), text(ALLOWED)].concat());
    let answer: serde_json::Value = serde_json::from_str(&out.answers[0]).unwrap();
    assert_eq!((&answer["id"], &answer["ok"]), (&"2".into(), &false.into()));
    assert_eq!(answer["error"]["code"], "FORBIDDEN");
    assert_eq!(answer["error"]["message"], "config.get needs the permission boxes:administer on this box");
    assert!(out.answers[1].contains("CONNECTED_ALREADY"), "{:?}", out.answers);
}

#[test]
fn control_frames_pass_between_fragments_and_the_message_is_seen_whole() {
    let (one, two) = DENIED.split_at(30);
    let ping = frame(PING, b"are you there", true);
    let hidden =
        [frame(TEXT, one.as_bytes(), false), ping.clone(), frame(CONTINUATION, two.as_bytes(), true)];
    let (out, end) = outcome(&[text(CONNECT), hidden.concat()].concat(), &[1]);
    assert_eq!(end, Ok(()));
    assert_eq!(out.relayed, [text(PINNED), ping].concat());
    assert_eq!(out.answers.len(), 1);

    let (one, two) = ALLOWED.split_at(20);
    let whole = [frame(TEXT, one.as_bytes(), false), frame(CONTINUATION, two.as_bytes(), true)].concat();
    let (out, _end) = outcome(&[text(CONNECT), whole.clone()].concat(), &[3]);
    assert_eq!(out.relayed, [text(PINNED), whole].concat());
}

#[test]
fn frames_that_break_the_protocol_end_the_socket() {
    let mut unmasked = Vec::new();
    frames::write(&mut unmasked, TEXT, CONNECT.as_bytes(), None);
    let with_first_byte = |byte: u8| {
        let mut bytes = text(CONNECT);
        bytes[0] = byte;
        bytes
    };
    let broken = [
        unmasked,
        // A compressed frame, as far as anybody could tell.
        with_first_byte(0xC1),
        // An unknown opcode, and an unknown control frame.
        with_first_byte(0x83),
        with_first_byte(0x8B),
        frame(CONTINUATION, b"", true),
        [frame(TEXT, b"a", false), frame(TEXT, b"b", true)].concat(),
        frame(PING, b"", false),
        frame(PING, &[7; 126], true),
    ];
    for bytes in broken {
        assert_eq!(ended(&bytes).0, PROTOCOL_ERROR, "{bytes:?}");
    }
    assert_eq!(ended(&frame(BINARY, CONNECT.as_bytes(), true)).0, UNSUPPORTED);
    assert_eq!(ended(&frame(TEXT, b"\xff", true)).0, NOT_TEXT);
}

#[test]
fn sizes_are_bounded_before_and_after_the_handshake_and_by_what_all_share() {
    assert_eq!(ended(&frame(TEXT, &[b' '; 1001], true)).0, TOO_BIG);
    // A length is not believed before it is checked.
    assert_eq!(ended(&[0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4]).0, TOO_BIG);
    let after = |payload: &[u8]| [text(CONNECT), frame(TEXT, payload, true)].concat();
    assert_eq!(ended(&after(&[b' '; 200_001])).0, TOO_BIG);
    assert_eq!(ended(&after(&[b' '; 199_000])).0, TRY_LATER, "64 KiB are free, two more pieces are shared");
    let large = format!(r#"{{"type":"req","id":"1","method":"health","params":"{}"}}"#, "x".repeat(150_000));
    assert_eq!(outcome(&after(large.as_bytes()), &[1000]).1, Ok(()));
    let pieces = [frame(TEXT, b" ", false), frame(CONTINUATION, b"", false).repeat(FRAGMENTS_MAX)].concat();
    assert_eq!(ended(&pieces).0, POLICY);
}

#[test]
fn the_first_request_is_the_handshake_and_every_message_a_request() {
    assert_eq!(ended(&text(ALLOWED)).0, POLICY);
    let twice = r#"{"type":"req","id":"1","method":"health","method":"config.set"}"#;
    for noise in ["hello", "{}", twice] {
        assert_eq!(ended(&[text(CONNECT), text(noise)].concat()).0, POLICY, "{noise}");
    }
}

#[test]
fn nothing_follows_a_goodbye() {
    let goodbye = frame(CLOSE, &1000_u16.to_be_bytes(), true);
    let (out, end) = outcome(&[text(CONNECT), goodbye.clone(), text(DENIED), text(ALLOWED)].concat(), &[5]);
    assert_eq!((out.relayed, out.answers.len(), end), ([text(PINNED), goodbye].concat(), 0, Ok(())));
}

fn some_frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => Just(text(ALLOWED)),
        2 => Just(text(DENIED)),
        2 => Just(frame(PING, b"p", true)),
        1 => (1..ALLOWED.len()).prop_map(|at| {
            let (one, two) = ALLOWED.split_at(at);
            let pieces = [frame(TEXT, one.as_bytes(), false), frame(PING, b"", true)];
            [pieces.concat(), frame(CONTINUATION, two.as_bytes(), true)].concat()
        }),
        1 => Just(text(CONNECT)),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    #[test]
    fn however_the_bytes_are_cut_the_same_comes_of_them(
        parts in proptest::collection::vec(some_frame(), 0..12),
        sizes in proptest::collection::vec(1..200_usize, 1..20),
        greets in any::<bool>(),
    ) {
        let start = if greets { text(CONNECT) } else { Vec::new() };
        let bytes = [start, parts.concat()].concat();
        prop_assert_eq!(outcome(&bytes, &sizes), outcome(&bytes, &[usize::MAX]));
    }

    #[test]
    fn what_is_allowed_arrives_as_it_was_sent(
        params in proptest::collection::vec(".{0,300}", 0..8),
        sizes in proptest::collection::vec(1..500_usize, 1..20),
    ) {
        let request = |params: &String| {
            serde_json::json!({ "type": "req", "id": "1", "method": "health", "params": params }).to_string()
        };
        let sent: Vec<_> = params.iter().flat_map(|params| text(&request(params))).collect();
        let (out, end) = outcome(&[text(CONNECT), sent.clone()].concat(), &sizes);
        prop_assert_eq!(end, Ok(()));
        prop_assert_eq!(out.relayed, [text(PINNED), sent].concat());
    }
}
