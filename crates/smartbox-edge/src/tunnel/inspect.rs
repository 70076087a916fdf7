//! What a client sends over a socket, looked at before the gateway gets it.
//!
//! Frames are relayed as they came. A message is kept until it is whole, because what it asks for is known only then: the
//! gateway acts on nothing that was not looked at. Nothing here waits or does I/O, so that however the bytes are cut
//! into pieces, the same comes of them.

use std::borrow::Cow;
use std::sync::Arc;

use smartbox_core::Permissions;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::frames::{self, Head, HeadReader};
use super::out::{Kind, Out};
use super::{answers, handshake, request};
use crate::policy::Policy;
use crate::routes::Grant;

/// Most frames of one message. Browsers send a message in one frame.
const FRAGMENTS_MAX: usize = 1024;
/// What every socket may keep without asking.
const FREE_BYTES: usize = 64 * 1024;
/// In such pieces memory is taken from what all sockets share.
pub(crate) const SHARE_BYTES: usize = 64 * 1024;

const PROTOCOL_ERROR: u16 = 1002;
const UNSUPPORTED: u16 = 1003;
const NOT_TEXT: u16 = 1007;
const POLICY: u16 = 1008;
const TOO_BIG: u16 = 1009;
pub(super) const TRY_LATER: u16 = 1013;

/// How a socket is closed: a close code (RFC 6455 §7.4) and a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) code: u16,
    pub(super) reason: Cow<'static, str>,
}

impl End {
    pub(super) const fn because(code: u16, reason: &'static str) -> Self {
        Self { code, reason: Cow::Borrowed(reason) }
    }
}

/// Whose socket it is, and what they may do.
pub(crate) struct Rules {
    pub(crate) policy: Arc<Policy>,
    pub(crate) may: Permissions,
    pub(crate) grant: Grant,
    /// Largest message before the handshake, and after it.
    pub(crate) first_bytes_max: usize,
    pub(crate) bytes_max: usize,
    /// Memory for large messages, in pieces of [`SHARE_BYTES`].
    pub(crate) memory: Arc<Semaphore>,
}

/// Looks at one client's frames.
pub(super) struct Inspector {
    rules: Rules,
    head: HeadReader,
    /// The frame whose payload is coming, and how much of it is missing.
    frame: Option<(Head, u64)>,
    control: Vec<u8>,
    message: Message,
    is_greeted: bool,
    is_closed: bool,
}

/// A message as far as it has come.
#[derive(Default)]
struct Message {
    /// Its frames as they came, heads included.
    raw: Vec<u8>,
    /// Where the payload of each frame starts and ends, and its mask.
    payloads: Vec<(usize, usize, [u8; 4])>,
    memory: Option<OwnedSemaphorePermit>,
}

impl Inspector {
    pub(super) fn new(rules: Rules) -> Self {
        let (head, message) = (HeadReader::default(), Message::default());
        Self { rules, head, frame: None, control: Vec::new(), message, is_greeted: false, is_closed: false }
    }

    /// Whether the handshake has been made.
    pub(super) const fn is_greeted(&self) -> bool {
        self.is_greeted
    }

    /// Takes the next bytes of the client and adds to `out` what comes of them.
    ///
    /// # Errors
    /// The socket is to be closed. What is in `out` came before.
    pub(super) fn take(&mut self, mut bytes: &[u8], out: &mut Out) -> Result<(), End> {
        while !bytes.is_empty() && !self.is_closed {
            let (head, left) = match self.frame {
                Some(frame) => frame,
                None => {
                    self.control.clear();
                    let Some(head) = self.head.take(&mut bytes, &mut self.control) else { return Ok(()) };
                    self.begin(head)?;
                    (head, head.length)
                }
            };
            let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            let (piece, rest) = bytes.split_at(here);
            bytes = rest;
            if head.is_control() {
                self.control.extend_from_slice(piece);
            } else {
                self.message.push(piece, &self.rules.memory)?;
            }
            let left = left - here as u64;
            self.frame = (left > 0).then_some((head, left));
            if left == 0 {
                self.finish(head, out)?;
            }
        }
        Ok(())
    }

    /// Checks the head of a frame, which is in `self.control` as it came.
    fn begin(&mut self, head: Head) -> Result<(), End> {
        let is_continued = !self.message.payloads.is_empty();
        let Some(mask) = head.mask else { return Err(End::because(PROTOCOL_ERROR, "a frame is not masked")) };
        if head.has_reserved_bits {
            return Err(End::because(PROTOCOL_ERROR, "reserved bits are set"));
        }
        match head.opcode {
            frames::CLOSE | frames::PING | frames::PONG => {
                let is_fit = head.is_last && head.length <= frames::CONTROL_BYTES_MAX;
                return if is_fit {
                    Ok(())
                } else {
                    Err(End::because(PROTOCOL_ERROR, "a bad control frame"))
                };
            }
            frames::TEXT if !is_continued => {}
            frames::CONTINUATION if is_continued => {}
            // A gateway would read it as text.
            frames::BINARY => return Err(End::because(UNSUPPORTED, "messages are text")),
            frames::TEXT | frames::CONTINUATION => {
                return Err(End::because(PROTOCOL_ERROR, "frames of messages are mixed up"));
            }
            _ => return Err(End::because(PROTOCOL_ERROR, "an unknown kind of frame")),
        }
        let max = if self.is_greeted { self.rules.bytes_max } else { self.rules.first_bytes_max };
        let whole = self.message.payload_bytes() as u64;
        if whole.checked_add(head.length).is_none_or(|whole| whole > max as u64) {
            return Err(End::because(TOO_BIG, "the message is too large"));
        }
        if self.message.payloads.len() >= FRAGMENTS_MAX {
            return Err(End::because(POLICY, "the message is in too many pieces"));
        }
        self.message.begin(&self.control, mask);
        Ok(())
    }

    /// A frame is whole.
    fn finish(&mut self, head: Head, out: &mut Out) -> Result<(), End> {
        if head.is_control() {
            // Between the frames of a message, too: whether the other side lives must not wait for it.
            out.relayed.extend_from_slice(&self.control);
            out.part(control(head, &self.control));
            self.is_closed = head.opcode == frames::CLOSE;
            return Ok(());
        }
        if !head.is_last {
            return Ok(());
        }
        let message = std::mem::take(&mut self.message);
        let text = message.text();
        let text = std::str::from_utf8(&text).map_err(|_bytes| End::because(NOT_TEXT, "not UTF-8"))?;
        let Some(request) = request::parse(text) else {
            return Err(End::because(POLICY, "not a request that can be read"));
        };
        let is_handshake = request.method == self.rules.policy.handshake.method;
        match (self.is_greeted, is_handshake) {
            (false, true) => self.greet(text, &request.id, message.mask(), out),
            (false, false) => Err(End::because(POLICY, "the first request has to be the handshake")),
            (true, true) => {
                out.answers.push(answers::greeted_already(&request.id));
                Ok(())
            }
            (true, false) => {
                let needed = self.rules.policy.for_method(&request.method);
                if !self.rules.may.has(needed) {
                    out.answers.push(answers::forbidden(&request, needed));
                    return Ok(());
                }
                let kind = match self.rules.policy.passive(&request.method) {
                    Some(method) => Kind::Passive(method, request),
                    None => Kind::Work,
                };
                out.message(message.raw, message.memory, kind);
                Ok(())
            }
        }
    }

    fn greet(&mut self, text: &str, id: &str, key: [u8; 4], out: &mut Out) -> Result<(), End> {
        match handshake::pin(text, &self.rules.policy.handshake, &self.rules.grant) {
            Ok(pinned) => {
                frames::write(&mut out.relayed, frames::TEXT, pinned.as_bytes(), Some(key));
                out.part(Kind::Work);
                self.is_greeted = true;
                Ok(())
            }
            Err(why) => {
                out.answers.push(answers::bad_handshake(id, why));
                Err(End::because(POLICY, why))
            }
        }
    }
}

/// What a control frame is, head included.
fn control(head: Head, raw: &[u8]) -> Kind {
    let start = raw.len() - usize::try_from(head.length).unwrap_or(raw.len());
    let mut payload = raw[start..].to_vec();
    frames::mask(&mut payload, head.mask.unwrap_or_default());
    match head.opcode {
        frames::PING => Kind::Ping(payload),
        frames::CLOSE => {
            let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
            // What stands for "no code" and for codes that no frame may carry is not sent back.
            Kind::Close(code.filter(|code| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)))
        }
        _ => Kind::Pong,
    }
}

impl Message {
    fn begin(&mut self, head: &[u8], mask: [u8; 4]) {
        self.raw.extend_from_slice(head);
        self.payloads.push((self.raw.len(), self.raw.len(), mask));
    }

    fn push(&mut self, piece: &[u8], memory: &Arc<Semaphore>) -> Result<(), End> {
        self.raw.extend_from_slice(piece);
        if let Some((_start, end, _mask)) = self.payloads.last_mut() {
            *end = self.raw.len();
        }
        let wanted = self.raw.len().saturating_sub(FREE_BYTES).div_ceil(SHARE_BYTES);
        let missing =
            wanted.saturating_sub(self.memory.as_ref().map_or(0, OwnedSemaphorePermit::num_permits));
        if missing == 0 {
            return Ok(());
        }
        let more =
            u32::try_from(missing).ok().and_then(|more| Arc::clone(memory).try_acquire_many_owned(more).ok());
        let more = more.ok_or_else(|| End::because(TRY_LATER, "too many large messages are under way"))?;
        match &mut self.memory {
            Some(memory) => memory.merge(more),
            None => self.memory = Some(more),
        }
        Ok(())
    }

    fn payload_bytes(&self) -> usize {
        self.payloads.iter().map(|(start, end, _mask)| end - start).sum()
    }

    /// The payload of all frames.
    fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.payload_bytes());
        for (start, end, mask) in &self.payloads {
            let from = text.len();
            text.extend_from_slice(&self.raw[*start..*end]);
            frames::mask(&mut text[from..], *mask);
        }
        text
    }

    fn mask(&self) -> [u8; 4] {
        self.payloads.first().map_or([0; 4], |(_start, _end, mask)| *mask)
    }
}

#[cfg(test)]
mod tests;
