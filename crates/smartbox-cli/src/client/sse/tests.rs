use proptest::prelude::*;

use super::*;

fn parse(bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    Parser::default().push(bytes, &mut events).unwrap();
    events
}

fn event(name: &str, data: &str, id: &str) -> Event {
    Event { name: name.into(), data: data.into(), id: id.into() }
}

#[test]
fn an_event_has_a_name_data_and_the_last_id() {
    let text = b"\xef\xbb\xbf: hello\nid: 7\nevent: delta\ndata: one\ndata:two\n\ndata:  x\n\n";
    assert_eq!(parse(text), [event("delta", "one\ntwo", "7"), event("", " x", "7")]);
}

#[test]
fn every_line_end_of_the_standard_counts_once() {
    for end in ["\n", "\r", "\r\n"] {
        let text = format!("data: a{end}{end}data: b{end}{end}");
        assert_eq!(parse(text.as_bytes()), [event("", "a", ""), event("", "b", "")], "{end:?}");
    }
}

#[test]
fn an_empty_line_of_a_log_is_an_event_and_a_comment_is_none() {
    assert_eq!(parse(b"data:\n\n"), [event("", "", "")]);
    assert_eq!(parse(b"data\n\n"), [event("", "", "")]);
    assert_eq!(parse(b": keep-alive\n\nretry: 5\n\nid: 1\n\n"), []);
    assert_eq!(parse(b"event: end\n\n"), [event("end", "", "")]);
}

#[test]
fn an_unfinished_event_is_not_given() {
    assert_eq!(parse(b"data: a\n"), []);
}

#[test]
fn bytes_that_are_not_utf_8_are_replaced() {
    assert_eq!(parse(b"data: \xff\n\n"), [event("", "\u{fffd}", "")]);
}

#[test]
fn an_endless_line_and_an_endless_event_are_refused() {
    let mut events = Vec::new();
    let line = vec![b'x'; LINE_BYTES_MAX + 1];
    assert_eq!(Parser::default().push(&line, &mut events), Err(TooLong));

    let mut data = b"data: ".to_vec();
    data.resize(LINE_BYTES_MAX, b'x');
    data.push(b'\n');
    let mut parser = Parser::default();
    let results: Vec<_> = (0..5).map(|_| parser.push(&data, &mut events)).collect();
    assert!(results.contains(&Err(TooLong)) && events.is_empty());
}

#[test]
fn a_long_name_is_not_kept() {
    let name = "n".repeat(NAME_BYTES_MAX + 1);
    assert_eq!(parse(format!("event: {name}\nid: {name}\ndata: a\n\n").as_bytes()), [event("", "a", "")]);
}

/// Writes an event as a server does.
fn written(event: &Event) -> String {
    let data: String = event.data.split('\n').map(|line| format!("data: {line}\n")).collect();
    format!("event: {}\nid: {}\n{data}\n", event.name, event.id)
}

proptest! {
    #[test]
    fn what_a_server_writes_is_read_back(events in proptest::collection::vec(
        ("[a-z]{1,8}", "[^\\r\\x00]{0,40}", "[0-9]{1,5}").prop_map(|(name, data, id)| Event { name, data, id }), 0..6))
    {
        let text: String = events.iter().map(written).collect();
        prop_assert_eq!(parse(text.as_bytes()), events);
    }

    #[test]
    fn it_does_not_matter_how_bytes_are_cut(bytes in proptest::collection::vec(
        prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), Just(b'd'), any::<u8>()], 0..200), cut in 1usize..7)
    {
        let mut events = Vec::new();
        let mut parser = Parser::default();
        for piece in bytes.chunks(cut) {
            parser.push(piece, &mut events).unwrap();
        }
        prop_assert_eq!(events, parse(&bytes));
    }

    #[test]
    fn fields_in_any_order_and_noise_never_panic(lines in proptest::collection::vec(
        "(data|event|id|retry|x|)(:| :|: |)[ -~é]{0,20}", 0..30))
    {
        let events = parse(lines.join("\n").as_bytes());
        prop_assert!(events.len() <= lines.len());
    }
}
