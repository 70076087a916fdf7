//! Server-sent events, as the HTML standard defines them (WHATWG HTML §9.2.6), read from untrusted bytes.

/// Longest line, in bytes. A log line or the whole answer of an agent is one line.
pub(crate) const LINE_BYTES_MAX: usize = 1024 * 1024;
/// Largest data of one event, in bytes.
pub(crate) const EVENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest id or event name that is kept, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its name; empty if it has none.
    pub(crate) name: String,
    /// Its data; several `data` lines are joined by line ends.
    pub(crate) data: String,
    /// The id that was sent last.
    pub(crate) id: String,
}

/// The stream breaks a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Takes bytes as they come and gives events.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    /// A carriage return ended the last line, so a line feed that follows belongs to it.
    after_carriage_return: bool,
    has_begun: bool,
    name: String,
    data: String,
    has_data: bool,
    id: String,
}

impl Parser {
    /// Takes the next bytes and appends the events they complete.
    ///
    /// # Errors
    /// [`TooLong`] when a line or an event breaks its bound; the stream is of no use after that.
    pub(crate) fn push(&mut self, bytes: &[u8], events: &mut impl Extend<Event>) -> Result<(), TooLong> {
        for &byte in bytes {
            let ends_previous = std::mem::take(&mut self.after_carriage_return) && byte == b'\n';
            match byte {
                b'\n' if ends_previous => {}
                b'\n' => self.end_line(events)?,
                b'\r' => {
                    self.after_carriage_return = true;
                    self.end_line(events)?;
                }
                _ if self.line.len() == LINE_BYTES_MAX => return Err(TooLong),
                _ => self.line.push(byte),
            }
        }
        Ok(())
    }

    fn end_line(&mut self, events: &mut impl Extend<Event>) -> Result<(), TooLong> {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        // A byte order mark may stand before the first line.
        let text = if self.has_begun { &text } else { text.strip_prefix('\u{feff}').unwrap_or(&text) };
        self.has_begun = true;
        if text.is_empty() {
            events.extend(self.dispatch());
        } else {
            let (field, value) = text.split_once(':').unwrap_or((text, ""));
            self.field(field, value.strip_prefix(' ').unwrap_or(value))?;
        }
        self.line = line;
        self.line.clear();
        Ok(())
    }

    fn field(&mut self, field: &str, value: &str) -> Result<(), TooLong> {
        match field {
            "data" => {
                if self.data.len() + value.len() + 1 > EVENT_BYTES_MAX {
                    return Err(TooLong);
                }
                if self.has_data {
                    self.data.push('\n');
                }
                self.has_data = true;
                self.data.push_str(value);
            }
            "event" if value.len() <= NAME_BYTES_MAX => value.clone_into(&mut self.name),
            "id" if value.len() <= NAME_BYTES_MAX && !value.contains('\0') => value.clone_into(&mut self.id),
            // A comment (an empty field name), a reconnection time, or a field of the future.
            _ => {}
        }
        Ok(())
    }

    fn dispatch(&mut self) -> Option<Event> {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        // The standard drops events without data; the end of our logs is one, told by its name alone.
        let is_event = std::mem::take(&mut self.has_data) || !name.is_empty();
        is_event.then(|| Event { name, data, id: self.id.clone() })
    }
}

#[cfg(test)]
mod tests;
