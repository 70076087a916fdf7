//! Watches a JSON document go by and remembers a few numbers of it: no tree, no copy, the same memory for any size.
//!
//! Keys that hold escapes are not recognised: no vendor writes `"usage"` with one. What is no JSON is watched as well as it
//! goes; whoever sends that gets counts of no meaning, and no failure.

use super::Reported;

/// Containers whose keys are remembered; nothing that is looked for lies deeper.
const DEPTH_MAX: usize = 5;
/// Longest key that is looked for.
const KEY_BYTES_MAX: usize = 32;

/// Keys that matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Key {
    #[default]
    Other,
    Usage,
    /// `message` of Anthropic's first event, `response` of the Responses API's events: usage may lie in it.
    Wrapper,
    Input,
    Output,
    Cached,
    CacheRead,
    CacheWrite,
    /// Of what is put into the cache, how much for how long.
    CacheTimes,
    CacheWriteHour,
    Details,
    Choices,
    Text,
    Delta,
}

impl Key {
    fn of(key: &[u8]) -> Self {
        match key {
            b"usage" => Self::Usage,
            b"message" | b"response" => Self::Wrapper,
            b"input_tokens" | b"prompt_tokens" => Self::Input,
            b"output_tokens" | b"completion_tokens" => Self::Output,
            b"cached_tokens" => Self::Cached,
            b"cache_read_input_tokens" => Self::CacheRead,
            b"cache_creation_input_tokens" => Self::CacheWrite,
            b"cache_creation" => Self::CacheTimes,
            b"ephemeral_1h_input_tokens" => Self::CacheWriteHour,
            b"input_tokens_details" | b"prompt_tokens_details" => Self::Details,
            b"choices" => Self::Choices,
            b"text" | b"content" | b"partial_json" | b"arguments" | b"thinking" | b"reasoning_content"
            | b"refusal" => Self::Text,
            b"delta" => Self::Delta,
            _ => Self::Other,
        }
    }
}

/// A container, while it is open.
#[derive(Clone, Copy, Debug, Default)]
struct Frame {
    is_object: bool,
    /// Whether the next string is a key.
    expects_key: bool,
    /// Whose value is being read.
    key: Key,
    has_entries: bool,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Between,
    /// In a string; whether the byte before was a backslash.
    Text { escaped: bool, is_key: bool },
    /// In a number; `None` once it is none that counts tokens.
    Number(Option<u64>),
    /// In `true`, `false` or `null`.
    Word,
}

/// What was seen of one document.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) reported: Reported,
    /// Whether `choices` is an empty list.
    pub(super) has_no_choices: bool,
    /// Bytes of texts that a model wrote.
    pub(super) text_bytes: u64,
    /// The same where a text comes as `delta`, as in the Responses API's events.
    pub(super) delta_bytes: u64,
}

/// The watch.
#[derive(Clone, Debug, Default)]
pub(super) struct JsonWatch {
    state: State,
    depth: usize,
    frames: [Frame; DEPTH_MAX],
    key: [u8; KEY_BYTES_MAX],
    /// Longer than the room for a key: it is none that matters.
    key_len: usize,
    seen: Seen,
}

impl JsonWatch {
    /// What was seen so far; a number counts once something comes after it.
    pub(super) const fn seen(&self) -> &Seen {
        &self.seen
    }

    /// The next document begins.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// The next bytes.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while let Some((&byte, rest)) = bytes.split_first() {
            match self.state {
                State::Text { escaped: true, is_key } => {
                    self.state = State::Text { escaped: false, is_key };
                    bytes = rest;
                }
                State::Text { escaped: false, is_key } => bytes = self.text(bytes, is_key),
                State::Number(value) => {
                    if is_of_number(byte) {
                        self.state = State::Number(value.and_then(|value| digit(value, byte)));
                        bytes = rest;
                    } else {
                        self.state = State::Between;
                        self.number(value);
                    }
                }
                State::Word if byte.is_ascii_alphabetic() => bytes = rest,
                State::Word => self.state = State::Between,
                State::Between => {
                    self.between(byte);
                    bytes = rest;
                }
            }
        }
    }

    /// In a string: goes to its end, or to the next escape.
    fn text<'a>(&mut self, bytes: &'a [u8], is_key: bool) -> &'a [u8] {
        let at = memchr::memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
        if is_key {
            self.read_key(&bytes[..at]);
        } else {
            self.read_text(at as u64);
        }
        match bytes.get(at) {
            None => {}
            Some(b'"') => {
                self.state = State::Between;
                if is_key {
                    self.ends_key();
                }
            }
            Some(_backslash) => {
                self.state = State::Text { escaped: true, is_key };
                self.key_len = KEY_BYTES_MAX + 1;
                // What stands for the character counts as what it says.
                if !is_key {
                    self.read_text(1);
                }
            }
        }
        bytes.get(at + 1..).unwrap_or_default()
    }

    fn read_key(&mut self, bytes: &[u8]) {
        let end = self.key_len.saturating_add(bytes.len());
        if let Some(room) = self.key.get_mut(self.key_len..end) {
            room.copy_from_slice(bytes);
            self.key_len = end;
        } else {
            self.key_len = KEY_BYTES_MAX + 1;
        }
    }

    fn ends_key(&mut self) {
        let key = self.key.get(..self.key_len).map_or(Key::Other, Key::of);
        if let Some(frame) = self.frame() {
            frame.key = key;
        }
    }

    fn read_text(&mut self, bytes: u64) {
        match self.frame().map(|frame| frame.key) {
            Some(Key::Text) => self.seen.text_bytes = self.seen.text_bytes.saturating_add(bytes),
            Some(Key::Delta) => self.seen.delta_bytes = self.seen.delta_bytes.saturating_add(bytes),
            _ => {}
        }
    }

    /// The innermost container, unless it lies too deep.
    fn frame(&mut self) -> Option<&mut Frame> {
        self.depth.checked_sub(1).and_then(|index| self.frames.get_mut(index))
    }

    fn between(&mut self, byte: u8) {
        match byte {
            b'{' | b'[' => {
                self.begins_value();
                self.depth = self.depth.saturating_add(1);
                let is_object = byte == b'{';
                if let Some(frame) = self.frame() {
                    *frame = Frame { is_object, expects_key: is_object, ..Frame::default() };
                }
            }
            b'}' | b']' => self.closes(),
            b',' => {
                if let Some(frame) = self.frame() {
                    frame.expects_key = frame.is_object;
                    frame.key = Key::Other;
                }
            }
            b':' => {
                if let Some(frame) = self.frame() {
                    frame.expects_key = false;
                }
            }
            b'"' => {
                let is_key = self.frame().is_some_and(|frame| frame.expects_key);
                if is_key {
                    self.key_len = 0;
                } else {
                    self.begins_value();
                }
                self.state = State::Text { escaped: false, is_key };
            }
            b'-' | b'0'..=b'9' => {
                self.begins_value();
                self.state = State::Number(digit(0, byte));
            }
            _ if byte.is_ascii_alphabetic() => {
                self.begins_value();
                self.state = State::Word;
            }
            _white_space_or_nonsense => {}
        }
    }

    fn begins_value(&mut self) {
        if let Some(frame) = self.frame() {
            frame.has_entries = true;
        }
    }

    fn closes(&mut self) {
        let is_choices = self.depth == 2 && self.frames[0].key == Key::Choices;
        if is_choices {
            self.seen.has_no_choices = !self.frames[1].is_object && !self.frames[1].has_entries;
        }
        self.depth = self.depth.saturating_sub(1);
    }

    /// A number has ended: is it one that is looked for?
    fn number(&mut self, value: Option<u64>) {
        let Some(value) = value else { return };
        let Some(frames) = self.frames.get(..self.depth) else { return };
        let reported = &mut self.seen.reported;
        let mut keys = frames.iter().map(|frame| frame.key);
        let mut next = keys.next();
        if next == Some(Key::Wrapper) {
            next = keys.next();
        }
        if next != Some(Key::Usage) {
            return;
        }
        let place = match (keys.next(), keys.next(), keys.next()) {
            (Some(Key::Input), None, _) => &mut reported.input,
            (Some(Key::Output), None, _) => &mut reported.output,
            (Some(Key::CacheRead), None, _) => &mut reported.cache_read,
            (Some(Key::CacheWrite), None, _) => &mut reported.cache_write,
            (Some(Key::Details), Some(Key::Cached), None) => &mut reported.cached,
            (Some(Key::CacheTimes), Some(Key::CacheWriteHour), None) => &mut reported.cache_write_hour,
            _ => return,
        };
        *place = (*place).max(Some(value));
    }
}

const fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E')
}

/// One more digit. Counts of tokens are whole and not negative.
fn digit(value: u64, byte: u8) -> Option<u64> {
    let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
    Some(value.saturating_mul(10).saturating_add(digit))
}
