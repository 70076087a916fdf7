//! Support access: somebody who runs the platform acts in the name of a person, to help.

use std::fmt;
use std::str::FromStr;

use super::{Permission, Permissions};
use crate::id::{SupportId, UserId};

/// What is done under support access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SupportLevel {
    /// Looking.
    Read,
    /// Working with boxes, too.
    Act,
}

/// The text names no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a level of support access is one of `read`, `act`")]
pub struct BadSupportLevel;

/// Support access by which somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Support {
    /// Which.
    pub session: SupportId,
    /// In whose name.
    pub user: UserId,
    /// What is done with it.
    pub level: SupportLevel,
}

impl SupportLevel {
    /// Every level, the weaker first.
    pub const ALL: [Self; 2] = [Self::Read, Self::Act];

    /// The word used on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Act => "act",
        }
    }

    /// The most that may be done, whatever the person may do.
    ///
    /// Files and commands of a box and the configuration of its gateway hold credentials of its owner: they are left out
    /// at both levels, as is everything about people, models and who owns the org.
    pub const fn permissions(self) -> Permissions {
        use Permission::{AuditRead, BoxesManage, BoxesOperate, BoxesRead, BoxesTalk};
        match self {
            Self::Read => Permissions::of(&[BoxesRead, AuditRead]),
            Self::Act => Permissions::of(&[BoxesRead, BoxesOperate, BoxesTalk, BoxesManage, AuditRead]),
        }
    }
}

impl FromStr for SupportLevel {
    type Err = BadSupportLevel;

    fn from_str(text: &str) -> Result<Self, BadSupportLevel> {
        Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or(BadSupportLevel)
    }
}

impl fmt::Display for SupportLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
