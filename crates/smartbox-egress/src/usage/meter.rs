//! Reads counts out of an answer while it is relayed, and takes the one event out that the gateway itself has asked for.

use bytes::{Bytes, BytesMut};

use super::Reported;
use super::events::EventWatch;
use super::json::{JsonWatch, Seen};
use crate::gateway::Endpoint;

/// Most bytes of an event that are held until it is clear whether the caller is to have it. The event with the counts of a
/// Chat Completions stream has a few hundred.
pub(crate) const HELD_BYTES_MAX: usize = 8 * 1024;

/// Watches one answer. It holds at most [`HELD_BYTES_MAX`] of it, and only where something may have to be taken out.
#[derive(Debug)]
pub(crate) struct AnswerMeter {
    endpoint: Endpoint,
    watch: Watch,
    reported: Reported,
    text_bytes: u64,
    delta_bytes: u64,
    strip: Option<Strip>,
}

#[derive(Debug)]
enum Watch {
    Whole(Box<JsonWatch>),
    Events(Box<EventWatch>),
}

/// Takes events out that carry counts and nothing else.
#[derive(Debug, Default)]
struct Strip {
    held: BytesMut,
    /// Whether a part of the present event is out already.
    is_passing: bool,
}

impl AnswerMeter {
    /// A meter for an answer. `strips`: the event with the counts is not for the caller.
    pub(crate) fn new(endpoint: Endpoint, is_events: bool, strips: bool) -> Self {
        let watch =
            if is_events { Watch::Events(Box::new(EventWatch::new())) } else { Watch::Whole(Box::default()) };
        Self {
            endpoint,
            watch,
            reported: Reported::default(),
            text_bytes: 0,
            delta_bytes: 0,
            strip: (is_events && strips).then(Strip::default),
        }
    }

    /// Takes a piece and gives what may be relayed now: mostly the same bytes, not copied.
    pub(crate) fn pass(&mut self, piece: Bytes) -> Bytes {
        match &mut self.watch {
            Watch::Whole(json) => {
                json.feed(&piece);
                piece
            }
            Watch::Events(events) => {
                // Without a strip nobody asks where events end.
                let mut ends = Vec::new();
                let strips = self.strip.is_some();
                let (reported, texts, deltas) =
                    (&mut self.reported, &mut self.text_bytes, &mut self.delta_bytes);
                events.feed(&piece, |end, seen| {
                    reported.merge(seen.reported);
                    *texts = texts.saturating_add(seen.text_bytes);
                    *deltas = deltas.saturating_add(seen.delta_bytes);
                    if strips {
                        ends.push((end, seen.has_no_choices && seen.reported.is_some()));
                    }
                });
                match &mut self.strip {
                    None => piece,
                    Some(strip) => strip.pass(piece, &ends),
                }
            }
        }
    }

    /// The answer is over, well or not: what was held.
    pub(crate) fn finish(&mut self) -> Bytes {
        // A number at the very end, and an event without its empty line, count too.
        if let Watch::Whole(json) = &mut self.watch {
            json.feed(b" ");
        }
        self.strip.as_mut().map(|strip| strip.held.split().freeze()).unwrap_or_default()
    }

    fn unfinished(&self) -> Seen {
        match &self.watch {
            Watch::Whole(json) => *json.seen(),
            Watch::Events(events) => *events.unfinished(),
        }
    }

    /// What the vendor has reported so far.
    pub(crate) fn reported(&self) -> Reported {
        let mut reported = self.reported;
        reported.merge(self.unfinished().reported);
        reported
    }

    /// Bytes of text that the model has written so far.
    pub(crate) fn text_bytes(&self) -> u64 {
        let rest = self.unfinished();
        if self.endpoint == Endpoint::Responses && matches!(self.watch, Watch::Events(_)) {
            // This API repeats every text when it is complete.
            self.delta_bytes.saturating_add(rest.delta_bytes)
        } else {
            self.text_bytes.saturating_add(rest.text_bytes)
        }
    }

    /// Bytes that are held at this moment.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn held_bytes(&self) -> usize {
        self.strip.as_ref().map_or(0, |strip| strip.held.len())
    }
}

impl Strip {
    /// `ends`: where events end in the piece, and whether each is to be taken out.
    fn pass(&mut self, piece: Bytes, ends: &[(usize, bool)]) -> Bytes {
        let is_whole = self.held.is_empty() && ends.last().is_some_and(|(end, _)| *end == piece.len());
        if is_whole && !self.is_passing && ends.iter().all(|(_, takes_out)| !takes_out) {
            return piece;
        }
        let mut out = BytesMut::with_capacity(self.held.len() + piece.len());
        let mut start = 0;
        for &(end, takes_out) in ends {
            if takes_out && !self.is_passing {
                self.held.clear();
            } else {
                out.extend_from_slice(&self.held.split());
                out.extend_from_slice(&piece[start..end]);
            }
            self.is_passing = false;
            start = end;
        }
        let rest = &piece[start..];
        if !self.is_passing && self.held.len() + rest.len() <= HELD_BYTES_MAX {
            self.held.extend_from_slice(rest);
        } else {
            self.is_passing = true;
            out.extend_from_slice(&self.held.split());
            out.extend_from_slice(rest);
        }
        out.freeze()
    }
}

#[cfg(test)]
mod tests;
