//! Whether somebody may come in at all.

use std::fmt;
use std::str::FromStr;

/// State of a person's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UserStatus {
    /// Known, and not let in until somebody of the org says so.
    Pending,
    /// Let in.
    Active,
    /// Shut out. Nothing of theirs is deleted.
    Frozen,
}

/// The text names no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a status is one of `pending`, `active`, `frozen`")]
pub struct BadUserStatus;

impl UserStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Active, Self::Frozen];

    /// The word used on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Frozen => "frozen",
        }
    }
}

impl fmt::Display for UserStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for UserStatus {
    type Err = BadUserStatus;

    fn from_str(text: &str) -> Result<Self, BadUserStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(BadUserStatus)
    }
}
