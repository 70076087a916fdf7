//! The text of an audit line that its hash is made of.
//!
//! The server hashes it when it writes a line, and anybody who checks a log hashes it again. It must therefore be the
//! same text to the byte, for all time: it is written here by hand and depends on no serializer's taste.

/// What is hashed of an audit line; the fields are those of the line in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number on the platform.
    pub seq: i64,
    /// `evt_…`.
    pub id: &'a str,
    /// Whose matter it is; absent for the platform's own.
    pub org: Option<&'a str>,
    /// About which box.
    pub box_id: Option<&'a str>,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Who.
    pub actor: &'a str,
    /// What.
    pub action: &'a str,
    /// Why.
    pub reason: &'a str,
    /// More facts, as text.
    pub detail: &'a str,
    /// The address of the client, if it is known.
    pub address: Option<&'a str>,
    /// `ok` or `refused`.
    pub outcome: &'a str,
}

/// The canonical text of a line: the previous hash, a line feed, and the compact JSON array
/// `[seq, id, org, box_id, at_ms, actor, action, reason, detail, address, outcome]`.
///
/// The line's hash is the lower-case hexadecimal SHA-256 of this text in UTF-8. `previous_hash` is empty for the
/// first line of the chain.
#[must_use]
pub fn canonical(previous_hash: &str, line: &Line<'_>) -> String {
    let mut text = format!("{previous_hash}\n[{}", line.seq);
    push(&mut text, Some(line.id));
    push(&mut text, line.org);
    push(&mut text, line.box_id);
    text.push(',');
    text.push_str(&line.at_ms.to_string());
    push(&mut text, Some(line.actor));
    push(&mut text, Some(line.action));
    push(&mut text, Some(line.reason));
    push(&mut text, Some(line.detail));
    push(&mut text, line.address);
    push(&mut text, Some(line.outcome));
    text.push(']');
    text
}

/// A comma and the value as JSON.
fn push(text: &mut String, value: Option<&str>) {
    text.push(',');
    let Some(value) = value else {
        text.push_str("null");
        return;
    };
    text.push('"');
    for character in value.chars() {
        push_escaped(text, character);
    }
    text.push('"');
}

/// Escapes what RFC 8259 (section 7) demands and nothing else: the short form where there is one, else `\u00xx` in
/// lower case. Everything from U+0020 on stays as it is, U+007F and all that is not ASCII included.
fn push_escaped(text: &mut String, character: char) {
    match character {
        '"' => text.push_str("\\\""),
        '\\' => text.push_str("\\\\"),
        '\u{8}' => text.push_str("\\b"),
        '\t' => text.push_str("\\t"),
        '\n' => text.push_str("\\n"),
        '\u{c}' => text.push_str("\\f"),
        '\r' => text.push_str("\\r"),
        control if control < ' ' => text.push_str(&format!("\\u{:04x}", u32::from(control))),
        other => text.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Line<'_> = Line {
        seq: 7,
        id: "evt_1",
        org: Some("org_1"),
        box_id: None,
        at_ms: 1_764_000_000_000,
        actor: "admin",
        action: "user.added",
        reason: "",
        detail: r#"{"name":"ada"}"#,
        address: Some("::1"),
        outcome: "ok",
    };

    #[test]
    fn the_first_line_of_the_chain_follows_an_empty_hash() {
        assert_eq!(
            canonical("", &LINE),
            "\n[7,\"evt_1\",\"org_1\",null,1764000000000,\"admin\",\"user.added\",\"\",\
             \"{\\\"name\\\":\\\"ada\\\"}\",\"::1\",\"ok\"]"
        );
    }

    #[test]
    fn only_what_json_demands_is_escaped() {
        let reason = "\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1b}\u{1f} \"\\/<\u{7f}é\u{2028}🦀";
        let text = canonical("ab", &Line { reason, ..LINE });
        let expected = "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001b\\u001f \\\"\\\\/<\u{7f}é\u{2028}🦀\"";
        assert!(text.starts_with("ab\n[7,") && text.contains(expected), "{text:?}");
    }

    #[test]
    fn what_is_absent_differs_from_what_is_empty_or_says_null() {
        let texts = [None, Some(""), Some("null")].map(|address| canonical("", &Line { address, ..LINE }));
        assert!(texts[0] != texts[1] && texts[1] != texts[2] && texts[0] != texts[2]);
    }
}
