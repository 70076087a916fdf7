//! The edge as those see it who put boxes to sleep: what is under way, and a way to shut it out.

use std::sync::Arc;

use smartbox_core::BoxId;
use tokio::time::Instant;

use crate::hold::Hold;

/// Shuts and opens the way into boxes. Cheap to clone.
#[derive(Clone)]
pub struct Ingress(Arc<Hold>);

/// Something that counts as work is under way to the box, waits for it, or was relayed a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the box is in use")]
pub struct Busy;

/// What comes in to one box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Requests under way, until the end of their answers, and messages of sockets that are just being relayed.
    pub requests: usize,
    /// Open sockets. They are no work by themselves.
    pub sockets: usize,
    /// Requests and messages that wait for the box.
    pub held: usize,
    /// When work came in or was finished last, as far as is known: `None` after the edge was started.
    pub last_work: Option<Instant>,
}

impl Ingress {
    pub(crate) const fn new(hold: Arc<Hold>) -> Self {
        Self(hold)
    }

    /// Shuts the way into a box. Until [`Self::open`], new requests, new sockets and messages on open ones wait, the
    /// first of them asks `Wake`, and the edge speaks on open sockets in the gateway's stead. What the gateway says
    /// waits, too.
    ///
    /// It opens by itself when the route table shows the box ready in the same generation after it was asleep, and
    /// when the box stops, dies or begins a new generation: then open sockets are closed with 1012.
    ///
    /// # Errors
    /// The box is in use. Nothing has changed.
    pub fn close(&self, id: BoxId) -> Result<(), Busy> {
        self.0.shut(id)
    }

    /// Lets everything go on, in the order in which it came.
    pub fn open(&self, id: BoxId) {
        self.0.reopen(id);
    }

    /// What comes in to a box.
    pub fn work(&self, id: BoxId) -> Work {
        self.0.work(id)
    }
}
