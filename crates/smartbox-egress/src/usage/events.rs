//! Event streams, line by line as they pass (<https://html.spec.whatwg.org/multipage/server-sent-events.html>). Lines end in
//! `\n` or `\r\n`; no vendor ends them in `\r` alone.

use super::json::{JsonWatch, Seen};

const DATA: &[u8] = b"data:";

#[derive(Clone, Copy, Debug)]
enum Line {
    /// So many bytes of `data:` were there, and nothing else.
    Begun(usize),
    /// After `data:`.
    Data,
    /// A field of no interest.
    Other,
}

/// Finds events and watches their data.
#[derive(Debug)]
pub(super) struct EventWatch {
    line: Line,
    json: JsonWatch,
}

impl EventWatch {
    pub(super) fn new() -> Self {
        Self { line: Line::Begun(0), json: JsonWatch::default() }
    }

    /// The next bytes. Tells of each event that ends in them, and where the next one begins.
    pub(super) fn feed(&mut self, piece: &[u8], mut ends: impl FnMut(usize, &Seen)) {
        let mut at = 0;
        while at < piece.len() {
            let rest = &piece[at..];
            match self.line {
                Line::Begun(matched) => match rest[0] {
                    b'\n' if matched == 0 => {
                        ends(at + 1, self.json.seen());
                        self.json.reset();
                        at += 1;
                    }
                    // An empty line may end in `\r\n`.
                    b'\r' if matched == 0 => at += 1,
                    byte if DATA.get(matched) == Some(&byte) => {
                        let matched = matched + 1;
                        self.line = if matched == DATA.len() { Line::Data } else { Line::Begun(matched) };
                        at += 1;
                    }
                    _ => self.line = Line::Other,
                },
                Line::Data | Line::Other => {
                    let end = memchr::memchr(b'\n', rest);
                    if matches!(self.line, Line::Data) {
                        // With the end of the line: several lines of data are one document with line breaks in it.
                        self.json.feed(&rest[..end.map_or(rest.len(), |end| end + 1)]);
                    }
                    if end.is_some() {
                        self.line = Line::Begun(0);
                    }
                    at += end.map_or(rest.len(), |end| end + 1);
                }
            }
        }
    }

    /// What was seen of the event that has not ended.
    pub(super) const fn unfinished(&self) -> &Seen {
        self.json.seen()
    }
}
