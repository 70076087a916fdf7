//! Port: what people do with boxes through the edge, and the fence that keeps them out for a moment.

use std::time::Duration;

use smartbox_core::BoxId;

/// Work of a box, as one door sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkSeen {
    /// How much is being done now.
    pub ongoing: u32,
    /// How long ago the last of it ended; `None`: there was none since the platform started.
    pub ended: Option<Duration>,
    /// How many sockets are open: they are no work, and they come again when they are closed.
    pub watching: u32,
}

impl WorkSeen {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let ended = match (self.ended, other.ended) {
            (Some(one), Some(another)) => Some(one.min(another)),
            (one, another) => one.or(another),
        };
        Self {
            ongoing: self.ongoing.saturating_add(other.ongoing),
            ended,
            watching: self.watching.saturating_add(other.watching),
        }
    }
}

/// Requests and sockets that go to boxes. Implemented by the composition root over the edge.
pub trait Ingress: Send + Sync {
    /// Lets nothing more through to the box: what comes waits. Refused while something is under way, which is then
    /// how much. Idle sockets stay open and do not count.
    fn close(&self, id: BoxId) -> Result<(), u32>;

    /// Lets through again what waited, in the order it came.
    fn open(&self, id: BoxId);

    /// What goes through to the box.
    fn work(&self, id: BoxId) -> WorkSeen;
}

/// No edge: nothing ever comes.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoIngress;

impl Ingress for NoIngress {
    fn close(&self, _id: BoxId) -> Result<(), u32> {
        Ok(())
    }

    fn open(&self, _id: BoxId) {}

    fn work(&self, _id: BoxId) -> WorkSeen {
        WorkSeen::default()
    }
}
