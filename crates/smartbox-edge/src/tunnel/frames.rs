//! Frames of the WebSocket protocol (RFC 6455 §5): only their heads are understood here.

/// The longest head: two bytes, eight of length, four of mask.
const HEAD_BYTES_MAX: usize = 14;
/// Longest payload of a control frame.
pub(super) const CONTROL_BYTES_MAX: u64 = 125;
/// The same, without the code of a close frame.
const CLOSE_REASON_BYTES_MAX: usize = 123;

pub(super) const CONTINUATION: u8 = 0x0;
pub(super) const TEXT: u8 = 0x1;
pub(super) const BINARY: u8 = 0x2;
pub(super) const CLOSE: u8 = 0x8;
pub(super) const PING: u8 = 0x9;
pub(super) const PONG: u8 = 0xA;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0F;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7F;
const LENGTH_IN_TWO: u8 = 126;
const LENGTH_IN_EIGHT: u8 = 127;

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Whether it is the last of its message.
    pub(super) is_last: bool,
    pub(super) has_reserved_bits: bool,
    pub(super) opcode: u8,
    pub(super) mask: Option<[u8; 4]>,
    /// Length of the payload.
    pub(super) length: u64,
}

impl Head {
    pub(super) const fn is_control(&self) -> bool {
        self.opcode & 0x8 != 0
    }
}

/// Puts the head of a frame together from the pieces in which it comes.
#[derive(Default)]
pub(super) struct HeadReader {
    bytes: [u8; HEAD_BYTES_MAX],
    filled: usize,
}

impl HeadReader {
    /// Whether the head of a frame has begun.
    pub(super) const fn has_begun(&self) -> bool {
        self.filled > 0
    }

    /// Takes bytes off the front of `input` until the head is whole; returns it and appends it to `raw` as it came.
    pub(super) fn take(&mut self, input: &mut &[u8], raw: &mut Vec<u8>) -> Option<Head> {
        loop {
            let needed = self.needed();
            if self.filled >= needed {
                raw.extend_from_slice(&self.bytes[..self.filled]);
                let head = self.parse();
                self.filled = 0;
                return Some(head);
            }
            let (byte, rest) = input.split_first()?;
            self.bytes[self.filled] = *byte;
            self.filled += 1;
            *input = rest;
        }
    }

    const fn needed(&self) -> usize {
        if self.filled < 2 {
            return 2;
        }
        let mask = if self.bytes[1] & MASKED == 0 { 0 } else { 4 };
        2 + self.length_bytes() + mask
    }

    const fn length_bytes(&self) -> usize {
        match self.bytes[1] & LENGTH {
            LENGTH_IN_TWO => 2,
            LENGTH_IN_EIGHT => 8,
            _ => 0,
        }
    }

    fn parse(&self) -> Head {
        let [first, second, rest @ ..] = self.bytes;
        let (length, mask) = rest.split_at(self.length_bytes());
        let length = match length {
            [] => u64::from(second & LENGTH),
            bytes => bytes.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        };
        let is_masked = second & MASKED != 0;
        Head {
            is_last: first & FIN != 0,
            has_reserved_bits: first & RESERVED != 0,
            opcode: first & OPCODE,
            mask: is_masked.then(|| [mask[0], mask[1], mask[2], mask[3]]),
            length,
        }
    }
}

/// Masks or unmasks a whole payload (RFC 6455 §5.3).
pub(super) fn mask(payload: &mut [u8], mask: [u8; 4]) {
    for (byte, key) in payload.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

/// Appends a whole message in one frame: masked as a client's, or as a server's.
pub(super) fn write(to: &mut Vec<u8>, opcode: u8, payload: &[u8], key: Option<[u8; 4]>) {
    to.push(FIN | opcode);
    let masked = if key.is_some() { MASKED } else { 0 };
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short), _) if short < LENGTH_IN_TWO => to.push(masked | short),
        (_, Ok(medium)) => {
            to.push(masked | LENGTH_IN_TWO);
            to.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            to.push(masked | LENGTH_IN_EIGHT);
            to.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    to.extend(key.into_iter().flatten());
    let start = to.len();
    to.extend_from_slice(payload);
    if let Some(key) = key {
        mask(&mut to[start..], key);
    }
}

/// Appends a server's close frame. The reason is cut to what fits.
pub(super) fn write_close(to: &mut Vec<u8>, code: u16, reason: &str) {
    let mut end = reason.len().min(CLOSE_REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(&reason.as_bytes()[..end]);
    write(to, CLOSE, &payload, None);
}
