//! Use-cases of boxes. Each writes intent; the reconcile loop brings it about.

mod channels;
mod clone;
mod create;
mod import;
mod intend;
mod prewarm;
mod read;
mod wake;

pub use clone::CloneWish;
pub use create::NewBox;
pub use import::ImportWish;
pub(crate) use wake::Need;

use smartbox_core::EventId;
use smartbox_store::{EventOutcome, NewEvent, Operation, Smartbox};

use crate::entropy::id_parts;
use crate::{Control, Op};

/// A box that was created, and the operation that makes it run.
#[derive(Clone, Debug)]
pub struct Created {
    /// The box.
    pub smartbox: Smartbox,
    /// The operation.
    pub operation: Operation,
}

/// A box after a change of intent, and the operation that brings it about.
#[derive(Clone, Debug)]
pub struct Intended {
    /// The box.
    pub smartbox: Smartbox,
    /// The operation.
    pub operation: Operation,
}

/// Names under which a box's secrets are sealed.
pub(crate) mod secret {
    /// The gateway's credential.
    pub(crate) const GATEWAY_TOKEN: &str = "gateway-token";
    /// The platform's SSH key for this box, private half.
    pub(crate) const SSH_CLIENT_KEY: &str = "ssh-client-key";
    /// The box's SSH host key, private half.
    pub(crate) const SSH_HOST_KEY: &str = "ssh-host-key";
}

impl Control {
    /// A line for the timeline, by the caller of a use-case.
    pub(crate) fn event_by(&self, op: &Op, action: &str, reason: &str) -> NewEvent {
        self.event_of(op, action, reason, serde_json::json!({}))
    }

    /// A line for the audit log with more facts, by the caller of a use-case. Under support access it names that, and the
    /// person in whose name it was done.
    pub(crate) fn event_of(
        &self,
        op: &Op,
        action: &str,
        reason: &str,
        detail: serde_json::Value,
    ) -> NewEvent {
        let mut detail = detail;
        if let (Some(support), Some(facts)) = (op.principal.as_support(), detail.as_object_mut()) {
            facts.insert("support".to_owned(), crate::support::named(support.session, support.user));
        }
        let event = self.event(&op.principal.actor(), action, reason, detail);
        NewEvent { address: op.origin.address.map(|address| address.to_string()), ..event }
    }

    /// A line for the timeline.
    pub(crate) fn event(
        &self,
        actor: &str,
        action: &str,
        reason: &str,
        detail: serde_json::Value,
    ) -> NewEvent {
        let (at, random) = id_parts(&*self.inner.entropy, self.inner.clock.now());
        let id = EventId::from_parts(at, random);
        if self.keeper_id().is_some() {
            self.inner.news.remember(id);
        }
        NewEvent {
            id,
            actor: actor.to_owned(),
            action: action.to_owned(),
            reason: reason.to_owned(),
            detail,
            address: None,
            outcome: EventOutcome::Ok,
        }
    }
}
