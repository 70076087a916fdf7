//! What a command printed, as far as it is kept: the beginning and the end.

use smartbox_store::ExecOutput;

use super::CommandEvent;

/// A quarter of what is kept is the beginning; the end is where errors stand.
const HEAD_SHARE: usize = 4;

/// Collects what a command prints.
#[derive(Debug)]
pub struct CommandKept {
    stdout: Ends,
    stderr: Ends,
}

impl CommandKept {
    /// Keeps at most `bytes_max` bytes of each stream.
    pub fn new(bytes_max: usize) -> Self {
        Self { stdout: Ends::new(bytes_max), stderr: Ends::new(bytes_max) }
    }

    /// Takes output in; other events have none.
    pub fn push(&mut self, event: &CommandEvent) {
        match event {
            CommandEvent::Stdout(bytes) => self.stdout.push(bytes),
            CommandEvent::Stderr(bytes) => self.stderr.push(bytes),
            CommandEvent::Exited(_) | CommandEvent::Signalled(_) => {}
        }
    }

    /// Whether something was left out.
    pub fn is_truncated(&self) -> bool {
        self.stdout.is_cut() || self.stderr.is_cut()
    }

    /// What is kept so far. Bytes that are no text are replaced; a line says how much was left out where.
    pub fn output(&self) -> ExecOutput {
        ExecOutput {
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
            stdout_bytes: self.stdout.total,
            stderr_bytes: self.stderr.total,
        }
    }
}

/// The first and the last bytes of a stream.
#[derive(Debug)]
struct Ends {
    head: Vec<u8>,
    head_max: usize,
    tail: Vec<u8>,
    tail_max: usize,
    total: u64,
}

impl Ends {
    fn new(bytes_max: usize) -> Self {
        let head_max = bytes_max / HEAD_SHARE;
        Self { head: Vec::new(), head_max, tail: Vec::new(), tail_max: bytes_max - head_max, total: 0 }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.total = self.total.saturating_add(bytes.len() as u64);
        let (first, rest) = bytes.split_at(bytes.len().min(self.head_max - self.head.len()));
        self.head.extend_from_slice(first);
        self.tail.extend_from_slice(rest);
        // Cutting at twice the bound makes each byte move once at most.
        if self.tail.len() > 2 * self.tail_max {
            let surplus = self.tail.len() - self.tail_max;
            self.tail.drain(..surplus);
        }
    }

    fn is_cut(&self) -> bool {
        self.total > (self.head_max + self.tail_max) as u64
    }

    fn text(&self) -> String {
        if !self.is_cut() {
            return lossy(&[self.head.as_slice(), self.tail.as_slice()].concat());
        }
        let tail = self.tail.get(self.tail.len().saturating_sub(self.tail_max)..).unwrap_or_default();
        // A cut in the middle of a character leaves up to three bytes of it on either side.
        let tail =
            tail.get(tail.iter().take(3).take_while(|byte| is_inside(**byte)).count()..).unwrap_or_default();
        let head = whole_characters(&self.head);
        let left_out = self.total.saturating_sub((head.len() + tail.len()) as u64);
        format!("{}\n[… {left_out} bytes left out …]\n{}", lossy(head), lossy(tail))
    }
}

/// Text without NUL, which no database keeps.
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}")
}

const fn is_inside(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// Without a character at the end of which only a part is there.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    let continued = bytes.iter().rev().take(3).take_while(|byte| is_inside(**byte)).count();
    let Some(first) = bytes.len().checked_sub(continued + 1) else { return bytes };
    let needed = match bytes.get(first) {
        Some(0b1100_0000..=0b1101_1111) => 1,
        Some(0b1110_0000..=0b1110_1111) => 2,
        Some(0b1111_0000..=0b1111_0111) => 3,
        _ => return bytes,
    };
    if continued < needed { bytes.get(..first).unwrap_or_default() } else { bytes }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const MAX: usize = 1000;

    fn kept(pieces: &[&[u8]]) -> (String, bool) {
        let mut kept = CommandKept::new(MAX);
        pieces.iter().for_each(|piece| kept.push(&CommandEvent::Stdout(Bytes::copy_from_slice(piece))));
        (kept.output().stdout, kept.is_truncated())
    }

    #[test]
    fn short_output_is_kept_whole() {
        assert_eq!(kept(&[b"a", b"b\xff\0"]), ("ab\u{fffd}\u{fffd}".to_owned(), false));
        assert_eq!(kept(&[&[b'x'; MAX]]), ("x".repeat(MAX), false));
        let characters = "ü".repeat(MAX / 2);
        assert_eq!(kept(&[characters.as_bytes()]), (characters.clone(), false));
    }

    #[test]
    fn the_beginning_and_the_end_of_long_output_are_kept() {
        for (count, size) in [(5, MAX), (40_000, 10), (1, 30 * MAX)] {
            let piece = vec![b'x'; size];
            let mut pieces = vec![b"the beginning".as_slice()];
            pieces.extend(std::iter::repeat_n(piece.as_slice(), count));
            pieces.push(b"the end");
            let (text, is_cut) = kept(&pieces);
            assert!(
                is_cut && text.starts_with("the beginningx") && text.ends_with("xthe end"),
                "{count} of {size}"
            );
            let left_out = 13 + count * size + 7 - MAX;
            assert!(text.contains(&format!("\n[… {left_out} bytes left out …]\n")), "{text}");
        }
    }

    #[test]
    fn a_cut_leaves_no_half_character() {
        for shift in ["", "x", "xy", "xyz"] {
            for character in ["ü", "€", "🦀"] {
                let long = format!("{shift}{}", character.repeat(MAX));
                let (text, is_cut) = kept(&[long.as_bytes()]);
                assert!(is_cut && !text.contains('\u{fffd}'), "{shift} {character}");
            }
        }
    }

    #[test]
    fn both_streams_are_counted_and_kept_apart() {
        let mut kept = CommandKept::new(8);
        kept.push(&CommandEvent::Stderr(Bytes::from_static(b"0123456789")));
        kept.push(&CommandEvent::Stdout(Bytes::from_static(b"ok")));
        let output = kept.output();
        assert_eq!((output.stdout.as_str(), output.stdout_bytes, output.stderr_bytes), ("ok", 2, 10));
        assert!(
            kept.is_truncated() && output.stderr.starts_with("01\n") && output.stderr.ends_with("\n456789")
        );
    }
}
