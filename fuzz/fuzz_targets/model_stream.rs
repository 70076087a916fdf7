//! Any bytes as an answer of a model, in pieces of any size: the meter never fails and never grows, pieces change neither what is relayed nor what is
//! counted, and only events with counts and nothing else are taken out.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use smartbox_egress::usage_fuzzing::model_stream;

fuzz_target!(|data: &[u8]| {
    let (sizes, stream) = data.split_at(data.len().min(4));
    for is_events in [true, false] {
        let (whole, counts) = model_stream(stream, &[255], false, is_events);
        let (pieces, again) = model_stream(stream, sizes, false, is_events);
        assert_eq!(whole, stream);
        assert_eq!((whole, counts), (pieces, again));
    }
    let (stripped, _) = model_stream(stream, sizes, true, true);
    assert!(stripped.len() <= stream.len());
    // One document without escapes, which keys may not have: its counts are those of its tree.
    let Ok(text) = std::str::from_utf8(stream) else { return };
    let Ok(document) = serde_json::from_str::<Value>(text) else { return };
    let has_doubles = document.to_string().len() < text.split_whitespace().collect::<String>().len();
    if text.contains('\\') || has_doubles {
        return;
    }
    let (_, counts) = model_stream(stream, sizes, false, false);
    if let Some(input) = document["usage"]["input_tokens"].as_u64() {
        let later = document["usage"]["prompt_tokens"].as_u64().unwrap_or(0);
        let wrapped =
            ["message", "response"].map(|name| document[name]["usage"]["input_tokens"].as_u64().unwrap_or(0));
        let most = wrapped.into_iter().fold(input.max(later), u64::max);
        if wrapped == [0, 0] {
            assert!(counts.contains(&format!("input: Some({most})")), "{counts} of {text}");
        }
    }
});
