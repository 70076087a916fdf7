//! Tells whoever holds live connections that a right has ended.

use smartbox_core::{OrgId, SessionId, TokenId, UserId};
use tokio::sync::broadcast;

/// Revocations that wait for a slow follower. One that falls behind learns that it did, and must assume the worst.
const WAITING_MAX: usize = 1024;

/// What a caller's right to be here hung on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Revoked {
    /// A browser was signed out.
    Session(SessionId),
    /// A service token was revoked.
    Token(TokenId),
    /// A person was frozen, removed or given another role.
    User(UserId),
    /// Everybody of an org.
    Org(OrgId),
}

/// The channel of revocations.
#[derive(Clone)]
pub(crate) struct Revocations(broadcast::Sender<Revoked>);

impl Default for Revocations {
    fn default() -> Self {
        Self(broadcast::Sender::new(WAITING_MAX))
    }
}

impl Revocations {
    pub(crate) fn tell(&self, revoked: Revoked) {
        // Nobody may be listening; then there are no live connections either.
        let _listeners = self.0.send(revoked);
    }

    pub(crate) fn follow(&self) -> broadcast::Receiver<Revoked> {
        self.0.subscribe()
    }
}
