//! Roles of people in an org.

use std::fmt;
use std::str::FromStr;

use super::{Permission, Permissions};

/// What a person is to their org. A later one may do everything an earlier one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Looks.
    Viewer,
    /// Works with boxes that others made.
    Operator,
    /// Runs the org.
    Admin,
    /// Runs the org, and says who else does.
    Owner,
}

/// The text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of `viewer`, `operator`, `admin`, `owner`")]
pub struct BadRole;

impl Role {
    /// Every role, the weakest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Admin, Self::Owner];

    /// The word used on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// What the role may do.
    pub const fn permissions(self) -> Permissions {
        match self {
            Self::Viewer => Permissions::of(&[Permission::BoxesRead]),
            Self::Operator => Permissions::of(&[
                Permission::BoxesRead,
                Permission::BoxesOperate,
                Permission::BoxesTalk,
                Permission::BoxesExec,
                Permission::ModelsUse,
            ]),
            Self::Admin => Permissions::ALL.without(Permissions::of(&[Permission::OrgOwn])),
            Self::Owner => Permissions::ALL,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = BadRole;

    fn from_str(text: &str) -> Result<Self, BadRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(BadRole)
    }
}
