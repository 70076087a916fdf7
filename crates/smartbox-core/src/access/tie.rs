//! What a right hangs on.

use crate::id::{BoxId, DeviceId, OrgId, SessionId, SupportId, TokenId, UserId};

/// Something whose end takes a right with it: the sign-in that gave it, its holder, or the thing it is about.
///
/// Whoever ends one of these closes what is still open because of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tie {
    /// A signed-in browser.
    Session(SessionId),
    /// A service token.
    Token(TokenId),
    /// A person.
    User(UserId),
    /// Support access of somebody who runs the platform.
    Support(SupportId),
    /// A paired client.
    Device(DeviceId),
    /// The org for which somebody acts.
    Org(OrgId),
    /// The box that is used.
    Box(BoxId),
}
