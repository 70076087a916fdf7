//! What comes of the bytes of a client, part by part.

use tokio::sync::OwnedSemaphorePermit;

use super::request::Request;

/// What comes of the bytes of a client.
#[derive(Debug, Default)]
pub(super) struct Out {
    /// For the gateway.
    pub(super) relayed: Vec<u8>,
    /// What lies in `relayed`, without a gap.
    pub(super) parts: Vec<Part>,
    /// Messages of the edge's own for the client.
    pub(super) answers: Vec<String>,
    /// What large messages in `relayed` take of the memory that all sockets share.
    memory: Vec<OwnedSemaphorePermit>,
}

/// One frame or message for the gateway.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: Kind,
    /// Where it ends in [`Out::relayed`].
    pub(super) end: usize,
}

/// What it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Somebody wants something: the box wakes for it.
    Work,
    /// A request of a method that clients call by themselves.
    Passive(&'static str, Request),
    /// A ping and its payload.
    Ping(Vec<u8>),
    Pong,
    /// The client ends the socket, for this reason if it says one.
    Close(Option<u16>),
}

impl Out {
    /// Adds what was appended to `relayed` as a part of its own.
    pub(super) fn part(&mut self, kind: Kind) {
        self.parts.push(Part { kind, end: self.relayed.len() });
    }

    /// Appends a message as it came.
    pub(super) fn message(&mut self, raw: Vec<u8>, memory: Option<OwnedSemaphorePermit>, kind: Kind) {
        if self.relayed.is_empty() {
            self.relayed = raw;
        } else {
            self.relayed.extend_from_slice(&raw);
        }
        self.memory.extend(memory);
        self.part(kind);
    }
}

#[cfg(test)]
impl PartialEq for Out {
    fn eq(&self, other: &Self) -> bool {
        (&self.relayed, &self.parts, &self.answers) == (&other.relayed, &other.parts, &other.answers)
    }
}
