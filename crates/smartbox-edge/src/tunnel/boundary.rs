//! Where, in what a gateway sends, a frame of the edge's own may stand.

use super::frames::{CLOSE, Head, HeadReader};

/// Follows a stream of frames by their heads alone.
#[derive(Default)]
pub(super) struct Boundary {
    head: HeadReader,
    /// Of the current frame's payload.
    left: u64,
    /// Between the first and the last frame of a message.
    in_message: bool,
    /// After a close frame nothing may follow.
    is_closed: bool,
    scratch: Vec<u8>,
}

impl Boundary {
    /// Takes note of bytes that pass. Returns behind how many of them a message may stand, if anywhere: the last such
    /// place.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> Option<usize> {
        let (mut rest, mut place) = (bytes, None);
        while !rest.is_empty() {
            if self.left == 0 {
                self.scratch.clear();
                let Some(head) = self.head.take(&mut rest, &mut self.scratch) else { break };
                self.begin(head);
            }
            let passed = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest.len());
            self.left -= passed as u64;
            rest = &rest[passed..];
            if self.is_between_messages() {
                place = Some(bytes.len() - rest.len());
            }
        }
        place
    }

    /// Whether a message may stand here.
    pub(super) const fn is_between_messages(&self) -> bool {
        self.is_between_frames() && !self.in_message
    }

    /// Whether a control frame may stand here.
    pub(super) const fn is_between_frames(&self) -> bool {
        self.left == 0 && !self.head.has_begun() && !self.is_closed
    }

    fn begin(&mut self, head: Head) {
        self.left = head.length;
        if head.opcode == CLOSE {
            self.is_closed = true;
        } else if !head.is_control() {
            self.in_message = !head.is_last;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::frames::{CONTINUATION, PING, TEXT, write};
    use super::*;

    fn frame(opcode: u8, payload: &[u8], is_last: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, opcode, payload, None);
        if !is_last {
            bytes[0] &= 0x7F;
        }
        bytes
    }

    #[test]
    fn a_message_may_stand_between_messages_only_however_the_bytes_come() {
        let parts = [
            frame(TEXT, &[7; 300], true),
            frame(TEXT, b"a", false),
            frame(PING, b"", true),
            frame(CONTINUATION, &[7; 70_000], true),
            frame(TEXT, b"", true),
            frame(CLOSE, b"", true),
        ];
        let ends: Vec<_> = parts
            .iter()
            .scan(0, |end, part| {
                *end += part.len();
                Some(*end)
            })
            .collect();
        let bytes = parts.concat();
        // Behind the first message, the fragmented one, and the empty one; not behind the close frame.
        let allowed = [ends[0], ends[3], ends[4]];
        for size in [1, 2, 3, 7, 1000, bytes.len()] {
            let mut boundary = Boundary::default();
            let mut passed = 0;
            for chunk in bytes.chunks(size) {
                if let Some(place) = boundary.advance(chunk) {
                    assert!(allowed.contains(&(passed + place)), "{size}: {}", passed + place);
                }
                passed += chunk.len();
                assert_eq!(boundary.is_between_messages(), allowed.contains(&passed), "{size}: {passed}");
            }
        }
    }
}
