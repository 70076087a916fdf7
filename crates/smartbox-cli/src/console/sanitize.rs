//! What a box says must not command the terminal of whoever reads it.
//!
//! Logs and answers are written by an agent that may have read hostile text. Escape sequences could retitle a window,
//! fill the clipboard or hide lines, so on a terminal only colours, tabs and line ends pass; every other control
//! character is shown as `^X` or `<U+XXXX>`. Files and pipes get the bytes unchanged.

/// Longest colour sequence that is let through, in characters.
const COLOUR_CHARS_MAX: usize = 32;

/// Makes text safe for a terminal. It remembers an escape sequence that a chunk of a stream cuts in two.
#[derive(Debug)]
pub(crate) struct Sanitizer {
    colours: bool,
    /// The beginning of a sequence that may become a colour.
    pending: String,
}

impl Sanitizer {
    /// A sanitizer that lets colours through, or takes them out.
    pub(crate) const fn new(colours: bool) -> Self {
        Self { colours, pending: String::new() }
    }

    /// Makes one whole text safe.
    pub(crate) fn clean(mut self, text: &str) -> String {
        let mut clean = self.push(text);
        clean.push_str(&self.finish());
        clean
    }

    /// Makes the next piece of a stream safe.
    pub(crate) fn push(&mut self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        for character in text.chars() {
            self.step(character, &mut clean);
        }
        clean
    }

    /// Whatever was held back.
    pub(crate) fn finish(&mut self) -> String {
        let mut clean = String::new();
        self.give_up(&mut clean);
        clean
    }

    fn step(&mut self, character: char, clean: &mut String) {
        let fits = match (self.pending.len(), character) {
            (0, '\x1b') | (1, '[') => true,
            (2..COLOUR_CHARS_MAX, '0'..='9' | ';' | ':') => true,
            (2..=COLOUR_CHARS_MAX, 'm') => {
                if self.colours {
                    clean.push_str(&self.pending);
                    clean.push('m');
                }
                self.pending.clear();
                return;
            }
            _ => false,
        };
        if fits {
            self.pending.push(character);
            return;
        }
        self.give_up(clean);
        match character {
            '\x1b' => self.pending.push(character),
            '\n' | '\t' => clean.push(character),
            // A line end of Windows; elsewhere a carriage return would overwrite what was shown.
            '\r' => {}
            _ => show(character, clean),
        }
    }

    fn give_up(&mut self, clean: &mut String) {
        for character in std::mem::take(&mut self.pending).chars() {
            show(character, clean);
        }
    }
}

/// Shows a character; control characters and those that reorder text become visible.
fn show(character: char, clean: &mut String) {
    match character {
        '\0'..='\x1f' => {
            clean.push('^');
            clean.push(char::from(b'@' + u8::try_from(u32::from(character)).unwrap_or_default()));
        }
        '\x7f'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            clean.push_str(&format!("<U+{:04X}>", u32::from(character)));
        }
        _ => clean.push(character),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clean(text: &str) -> String {
        Sanitizer::new(true).clean(text)
    }

    #[test]
    fn colours_and_layout_pass() {
        let coloured = "\x1b[1;31merror\x1b[0m:\tgrün\n";
        assert_eq!(clean(coloured), coloured);
        assert_eq!(Sanitizer::new(false).clean(coloured), "error:\tgrün\n");
    }

    #[test]
    fn commands_to_the_terminal_become_visible() {
        assert_eq!(clean("\x1b]0;owned\x07"), "^[]0;owned^G");
        assert_eq!(clean("\x1b[2Jgone"), "^[[2Jgone");
        assert_eq!(clean("a\r\nb\rc"), "a\nbc");
        assert_eq!(clean("\u{9b}2J \u{202e}txt"), "<U+009B>2J <U+202E>txt");
        assert_eq!(clean("\x1b"), "^[");
        assert_eq!(clean("\x1b\x1b[31mred"), "^[\x1b[31mred");
    }

    #[test]
    fn an_endless_colour_is_none() {
        let endless = format!("\x1b[{}m", "1;".repeat(40));
        assert!(clean(&endless).starts_with("^[["));
    }

    proptest! {
        #[test]
        fn nothing_but_colours_tabs_and_line_ends_passes(text in "[\\x00-\\x1f\\x7f-\\u{9f}a-m0-9;\\[]{0,60}") {
            let clean = Sanitizer::new(false).clean(&text);
            prop_assert!(clean.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'), "{clean:?}");
        }

        #[test]
        fn it_does_not_matter_how_a_stream_is_cut(pieces in proptest::collection::vec("[\\x1b\\[0-9;mab\\n]{0,6}", 0..12)) {
            let mut stream = Sanitizer::new(true);
            let mut cut: String = pieces.iter().map(|piece| stream.push(piece)).collect();
            cut.push_str(&stream.finish());
            prop_assert_eq!(cut, clean(&pieces.concat()));
        }
    }
}
