//! What the demo model says.

use crate::demo::REMEDY;

/// Opens a block that OpenClaw adds for the model's eyes only (`internal-runtime-context` of OpenClaw 2026.9.6).
const INTERNAL_BEGIN: &str = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>";
/// Closes it.
const INTERNAL_END: &str = "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>";
/// Ends the heading of a block of facts about the channel (`inbound-context-marker` of OpenClaw 2026.9.6).
const CONTEXT_MARKER: &str = "⟦openclaw:ctx⟧";
/// Longest part of a message that is looked at.
const HEARD_BYTES_MAX: usize = 256 * 1024;
/// Longest part of a message that is repeated.
const REPEATED_CHARS_MAX: usize = 280;
/// Words a chunk.
const CHUNK_WORDS: usize = 4;

/// The whole answer to what the user said.
pub(super) fn reply(said: Option<&str>) -> String {
    let repeated = match said {
        Some(said) => format!("You said: “{}”", shortened(said)),
        None => "You said nothing that I could repeat.".to_owned(),
    };
    format!(
        "This is the Smartbox demo model, which is built in and not an AI. {repeated}\n\n\
         {REMEDY} Token counts of this model are estimates."
    )
}

/// The answer in the pieces it is streamed in: several, and together the whole.
pub(super) fn chunks(reply: &str) -> Vec<&str> {
    let words: Vec<&str> = reply.split_inclusive(char::is_whitespace).collect();
    let ends = words.chunks(CHUNK_WORDS).scan(0, |end, words| {
        let start = *end;
        *end += words.iter().map(|word| word.len()).sum::<usize>();
        Some(start..*end)
    });
    ends.map(|range| &reply[range]).collect()
}

/// What a person said in a message: without the blocks, time stamps and facts that OpenClaw wraps around it.
/// None if nothing is left.
pub(super) fn said(message: &str) -> Option<String> {
    let message = &message[..message.floor_char_boundary(HEARD_BYTES_MAX)];
    let visible = without_context_blocks(&without_internal_context(message));
    let visible = without_runtime_line(without_time_stamp(visible.trim()));
    let words: Vec<&str> = visible.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Drops every internal block.
fn without_internal_context(text: &str) -> String {
    // Taking a block out can put the halves of another marker together. Nobody does that by accident.
    let mut visible = without_blocks_once(text);
    for _ in 0..3 {
        if !visible.contains(INTERNAL_BEGIN) && !visible.contains(INTERNAL_END) {
            return visible;
        }
        visible = without_blocks_once(&visible);
    }
    String::new()
}

/// Blocks nest; one that is never closed reaches to the end.
fn without_blocks_once(text: &str) -> String {
    let (mut visible, mut rest, mut depth) = (String::new(), text, 0_usize);
    while let Some((at, marker)) = next_marker(rest) {
        if depth == 0 {
            visible.push_str(&rest[..at]);
        }
        depth = if marker == INTERNAL_BEGIN { depth + 1 } else { depth.saturating_sub(1) };
        rest = &rest[at + marker.len()..];
    }
    if depth == 0 {
        visible.push_str(rest);
    }
    visible
}

fn next_marker(text: &str) -> Option<(usize, &'static str)> {
    // Both begin alike, so that one pass over the text finds either.
    text.match_indices("<<<").find_map(|(at, _)| {
        let marker =
            [INTERNAL_BEGIN, INTERNAL_END].into_iter().find(|marker| text[at..].starts_with(marker))?;
        Some((at, marker))
    })
}

/// Drops headings that end in the marker, with the block under each: fenced, or up to the next empty line.
fn without_context_blocks(text: &str) -> String {
    let mut visible = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if !line.trim_end().ends_with(CONTEXT_MARKER) {
            visible.push(line);
            continue;
        }
        let mut fenced = false;
        for (index, line) in lines.by_ref().map(str::trim).enumerate() {
            match line {
                "```json" if index == 0 => fenced = true,
                "```" if fenced => break,
                "" if !fenced => break,
                _ => {}
            }
        }
    }
    visible.join("\n")
}

/// Drops a leading `[Sat 2026-11-21 07:53 UTC]`.
fn without_time_stamp(text: &str) -> &str {
    let stamp = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match stamp {
        Some((stamp, rest)) if is_time_stamp(stamp) => rest.trim_start(),
        _ => text,
    }
}

fn is_time_stamp(text: &str) -> bool {
    let shape = "aaa 0000-00-00 00:00";
    text.len() >= shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, of)| match of {
            b'a' => byte.is_ascii_alphabetic(),
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

/// Drops the paragraph `Runtime: agent=main | session=… ` that ends a session's first message.
fn without_runtime_line(text: &str) -> &str {
    match text.rsplit_once("\n\nRuntime: agent=") {
        Some((before, line)) if !line.contains('\n') => before,
        _ => text,
    }
}

fn shortened(said: &str) -> String {
    match said.char_indices().nth(REPEATED_CHARS_MAX) {
        None => said.to_owned(),
        Some((end, _)) => format!("{} …", &said[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(message: &str) -> String {
        said(message).unwrap_or_default()
    }

    #[test]
    fn what_openclaw_wraps_around_a_message_is_taken_off() {
        assert_eq!(heard("[Sat 2026-11-21 07:53 UTC] hello  there\nfriend"), "hello there friend");
        assert_eq!(heard("hi\n\nRuntime: agent=main | session=agent:main:main | host=vm"), "hi");
        assert_eq!(
            heard(
                "Sender: ⟦openclaw:ctx⟧\n```json\n{\"id\": 7}\n```\n\nReply to: ⟦openclaw:ctx⟧\nold\n\nnew words"
            ),
            "new words"
        );
        assert_eq!(heard("[not a stamp] stays"), "[not a stamp] stays");
    }

    #[test]
    fn internal_context_is_dropped_however_it_is_nested_or_broken() {
        let (begin, end) = (INTERNAL_BEGIN, INTERNAL_END);
        assert_eq!(said(&format!("{begin}\nsecret\n{end}")), None);
        assert_eq!(heard(&format!("a {begin} s {begin} s {end} s {end} b")), "a b");
        assert_eq!(heard(&format!("a {begin} secret without an end")), "a");
        assert_eq!(heard(&format!("a {end} b")), "a b");
        assert_eq!(heard(&format!("<<<BEGIN_OPENCLAW_{end}INTERNAL_CONTEXT>>> secret")), "");
    }

    #[test]
    fn chunks_are_several_and_together_the_whole() {
        let reply = reply(Some("grüße,  dich"));
        let chunks = chunks(&reply);
        assert!(chunks.len() > 5, "{chunks:?}");
        assert_eq!(chunks.concat(), reply);
        assert!(chunks.iter().all(|chunk| !chunk.is_empty()));
    }

    #[test]
    fn a_long_message_is_repeated_in_part() {
        let reply = reply(Some(&"ä".repeat(10_000)));
        assert!(reply.chars().count() < 1_000);
    }
}
