//! Incremental reading against reading the whole.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Feeds a text in pieces of these sizes.
fn read(meter: &mut AnswerMeter, text: &[u8], sizes: &[usize]) -> Vec<u8> {
    let (mut out, mut rest, mut sizes) = (Vec::new(), text, sizes.iter().cycle());
    while !rest.is_empty() {
        let size = (*sizes.next().unwrap_or(&usize::MAX)).clamp(1, rest.len());
        out.extend_from_slice(&meter.pass(Bytes::copy_from_slice(&rest[..size])));
        assert!(meter.held_bytes() <= HELD_BYTES_MAX);
        rest = &rest[size..];
    }
    out.extend_from_slice(&meter.finish());
    out
}

/// The counts of a document, from its tree.
fn counts(document: &Value) -> Reported {
    let usages = [&document["usage"], &document["message"]["usage"], &document["response"]["usage"]];
    let mut reported = Reported::default();
    for usage in usages {
        let pick = |names: [&str; 2]| names.iter().filter_map(|name| usage[name].as_u64()).max();
        let details = ["input_tokens_details", "prompt_tokens_details"];
        reported.merge(Reported {
            input: pick(["input_tokens", "prompt_tokens"]),
            output: pick(["output_tokens", "completion_tokens"]),
            cached: details.iter().filter_map(|name| usage[name]["cached_tokens"].as_u64()).max(),
            cache_read: usage["cache_read_input_tokens"].as_u64(),
            cache_write: usage["cache_creation_input_tokens"].as_u64(),
            cache_write_hour: usage["cache_creation"]["ephemeral_1h_input_tokens"].as_u64(),
        });
    }
    reported
}

/// Documents made of the words that matter, at every depth, among others.
fn document() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "usage",
        "message",
        "response",
        "input_tokens",
        "prompt_tokens",
        "output_tokens",
        "completion_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "cache_creation",
        "ephemeral_1h_input_tokens",
        "prompt_tokens_details",
        "input_tokens_details",
        "cached_tokens",
        "choices",
        "content",
        "a key that is longer than any key that is looked for",
    ]);
    let leaf = prop_oneof![
        any::<u64>().prop_map(Value::from),
        (0_u64..100_000).prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        Just(json!(1.5)),
        Just(json!(true)),
        Just(Value::Null),
        "[ -~]{0,12}".prop_map(Value::from),
        Just(json!("\"usage\":{\"input_tokens\":9}, ü\\")),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec((word.clone(), inner.clone()), 0..6).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
            )),
            prop::collection::vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1_usize..40, 1..8)
}

proptest! {
    #[test]
    fn a_document_in_pieces_has_the_counts_of_the_whole(document in document(), sizes in sizes()) {
        let mut meter = AnswerMeter::new(Endpoint::Messages, false, false);
        let text = document.to_string();
        prop_assert_eq!(read(&mut meter, text.as_bytes(), &sizes), text.into_bytes());
        prop_assert_eq!(meter.reported(), counts(&document));
    }

    #[test]
    fn a_stream_in_pieces_has_the_highest_counts_of_its_events(
        documents in prop::collection::vec(document(), 0..6), sizes in sizes(), crlf in any::<bool>(),
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let stream: String =
            documents.iter().map(|document| format!("event: x{end}data: {document}{end}{end}")).collect();
        let mut meter = AnswerMeter::new(Endpoint::Messages, true, false);
        prop_assert_eq!(read(&mut meter, stream.as_bytes(), &sizes), stream.into_bytes());
        let mut whole = Reported::default();
        documents.iter().for_each(|document| whole.merge(counts(document)));
        prop_assert_eq!(meter.reported(), whole);
    }

    #[test]
    fn only_the_event_with_counts_and_nothing_else_is_taken_out(
        texts in prop::collection::vec("[a-z \"{}]{0,30}", 0..6), sizes in sizes(), reports in any::<bool>(),
    ) {
        let chunk = |choices: Value, usage: Value| {
            format!("data: {}\n\n", json!({ "object": "chat.completion.chunk", "choices": choices, "usage": usage }))
        };
        let mut kept: String = texts
            .iter()
            .map(|text| chunk(json!([{ "delta": { "content": text } }]), Value::Null))
            .collect();
        let mut sent = kept.clone();
        if reports {
            sent += &chunk(json!([]), json!({ "prompt_tokens": 7, "completion_tokens": 3 }));
        }
        kept += "data: [DONE]\n\n";
        sent += "data: [DONE]\n\n";
        let mut meter = AnswerMeter::new(Endpoint::ChatCompletions, true, true);
        let relayed = read(&mut meter, sent.as_bytes(), &sizes);
        prop_assert_eq!(String::from_utf8(relayed).unwrap(), kept);
        prop_assert_eq!(meter.reported().input, reports.then_some(7));
    }

    #[test]
    fn any_bytes_pass_and_pieces_do_not_matter(bytes in prop::collection::vec(any::<u8>(), 0..400), sizes in sizes()) {
        for is_events in [true, false] {
            let mut whole = AnswerMeter::new(Endpoint::Responses, is_events, false);
            let mut pieces = AnswerMeter::new(Endpoint::Responses, is_events, false);
            prop_assert_eq!(&read(&mut whole, &bytes, &[usize::MAX]), &bytes);
            prop_assert_eq!(&read(&mut pieces, &bytes, &sizes), &bytes);
            prop_assert_eq!(whole.reported(), pieces.reported());
            prop_assert_eq!(whole.text_bytes(), pieces.text_bytes());
        }
    }
}

#[test]
fn an_event_too_large_to_hold_passes() {
    let long = format!(
        "data: {{\"x\":\"{}\",\"choices\":[],\"usage\":{{\"prompt_tokens\":1}}}}\n\n",
        "y".repeat(20_000)
    );
    let mut meter = AnswerMeter::new(Endpoint::ChatCompletions, true, true);
    assert_eq!(read(&mut meter, long.as_bytes(), &[1000]), long.as_bytes());
    assert_eq!(meter.reported().input, Some(1));
}

#[test]
fn whole_events_are_relayed_without_a_copy() {
    let mut meter = AnswerMeter::new(Endpoint::ChatCompletions, true, true);
    let piece = Bytes::from_static(b"data: {\"choices\":[{}]}\n\ndata: {\"choices\":[{}]}\n\n");
    assert_eq!(meter.pass(piece.clone()).as_ptr(), piece.as_ptr());
}

#[test]
fn texts_are_measured_once_in_each_api() {
    for (endpoint, stream, bytes) in [
        (Endpoint::Messages, "data: {\"delta\":{\"type\":\"text_delta\",\"text\":\"hello\"}}\n\n", 5),
        (Endpoint::ChatCompletions, "data: {\"choices\":[{\"delta\":{\"content\":\"hello\"}}]}\n\n", 5),
        (
            Endpoint::Responses,
            "data: {\"delta\":\"hello\"}\n\ndata: {\"text\":\"hello\"}\n\n\
             data: {\"response\":{\"output\":[{\"content\":[{\"text\":\"hello\"}]}]}}\n\n",
            5,
        ),
    ] {
        let mut meter = AnswerMeter::new(endpoint, true, false);
        read(&mut meter, stream.as_bytes(), &[3]);
        assert_eq!(meter.text_bytes(), bytes, "{endpoint:?}");
    }
}
