//! Who asks, and what they may do: the one place that decides.

use std::fmt;

use crate::id::{BoxId, OrgId, TokenId, UserId};

mod pairing;
mod permission;
mod role;
mod support;
mod tie;

pub use pairing::{BadPairingWord, DeviceStatus, Pairing};
pub use permission::{BadPermission, Permission, Permissions};
pub use role::{BadRole, Role};
pub use support::{BadSupportLevel, Support, SupportLevel};
pub use tie::Tie;

/// What the platform's admin is called.
const ADMIN: &str = "admin";

/// The authenticated caller of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Holds the platform's admin secret.
    Admin,
    /// Somebody who acts for one org.
    Member {
        /// A person, or a program that was given a token.
        who: Who,
        /// Whose things exist for them.
        org: OrgId,
        /// What they may do with them.
        may: Permissions,
        /// The one box that exists for them, if their credential is good for one alone. Then they may do nothing with the
        /// org itself.
        only: Option<BoxId>,
    },
}

/// Somebody who acts for an org.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// A person.
    User(UserId),
    /// Whoever holds a service token.
    Token(TokenId),
    /// Somebody who runs the platform, in the name of a person.
    Support(Support),
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::Token(id) => id.fmt(f),
            Self::Support(support) => support.session.fmt(f),
        }
    }
}

/// Why a caller may not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// For this caller the thing does not exist: 404.
    #[error("it does not exist")]
    Unseen,
    /// They see it and lack a permission: 403.
    #[error("the permission `{0}` is missing")]
    Lacks(Permission),
}

impl Principal {
    /// A person with a role in their org.
    pub const fn user(user: UserId, org: OrgId, role: Role) -> Self {
        Self::Member { who: Who::User(user), org, may: role.permissions(), only: None }
    }

    /// Somebody who runs the platform, in the name of a person: with no more than that person may do, and no more than
    /// support access ever may.
    pub const fn support(support: Support, org: OrgId, role: Role) -> Self {
        let may = role.permissions().and(support.level.permissions());
        Self::Member { who: Who::Support(support), org, may, only: None }
    }

    /// The same caller, for whom this box alone exists.
    #[must_use]
    pub fn for_box(self, only: BoxId) -> Self {
        match self {
            Self::Admin => Self::Admin,
            Self::Member { who, org, may, only: _ } => Self::Member { who, org, may, only: Some(only) },
        }
    }

    /// The same caller, who may look and change nothing.
    #[must_use]
    pub fn only_looking(self) -> Self {
        const LOOKING: Permissions = Permissions::of(&[Permission::BoxesRead]);
        match self {
            // Even the admin's secret is checked without a database.
            Self::Admin => Self::Admin,
            Self::Member { who, org, may, only } => Self::Member { who, org, may: may.and(LOOKING), only },
        }
    }

    /// The one box that exists for them, if it is one.
    pub const fn only(&self) -> Option<BoxId> {
        match self {
            Self::Admin => None,
            Self::Member { only, .. } => *only,
        }
    }

    /// Whether this box of `org` exists for the caller.
    pub fn sees_box(&self, org: OrgId, id: BoxId) -> bool {
        self.sees(org) && self.only().is_none_or(|only| only == id)
    }

    /// Whether things of `org` exist for this caller. What does not exist for a caller is answered with 404.
    pub fn sees(&self, org: OrgId) -> bool {
        match self {
            Self::Admin => true,
            Self::Member { org: own, .. } => *own == org,
        }
    }

    /// Decides whether the caller may do `permission` with something of `org`.
    ///
    /// # Errors
    /// Whether the thing is to be denied or its very existence.
    pub fn check(&self, permission: Permission, org: OrgId) -> Result<(), Refused> {
        if self.sees(org) { self.check_own(permission) } else { Err(Refused::Unseen) }
    }

    /// The same, for something that surely is of the caller's own org, and of no box.
    ///
    /// # Errors
    /// The missing permission: whoever has one box alone has none for its org.
    pub fn check_own(&self, permission: Permission) -> Result<(), Refused> {
        if self.only().is_none() { self.check_boxes(permission) } else { Err(Refused::Lacks(permission)) }
    }

    /// The same, for those boxes that exist for the caller.
    ///
    /// # Errors
    /// The missing permission.
    pub fn check_boxes(&self, permission: Permission) -> Result<(), Refused> {
        if self.permissions().has(permission) { Ok(()) } else { Err(Refused::Lacks(permission)) }
    }

    /// What they may do with what they see.
    pub const fn permissions(&self) -> Permissions {
        match self {
            Self::Admin => Permissions::ALL,
            Self::Member { may, .. } => *may,
        }
    }

    /// Whether the caller may give, change or take away a role: nobody makes somebody stronger than themselves.
    pub const fn may_assign(&self, role: Role) -> bool {
        self.permissions().has(Permission::PeopleManage) && self.permissions().includes(role.permissions())
    }

    /// The org they act for; the platform's admin acts for none.
    pub const fn org(&self) -> Option<OrgId> {
        match self {
            Self::Admin => None,
            Self::Member { org, .. } => Some(*org),
        }
    }

    /// The person behind the request, if it is one. Under support access it is not the one who is helped: what is a
    /// person's own is not opened by it.
    pub const fn user_id(&self) -> Option<UserId> {
        match self {
            Self::Member { who: Who::User(user), .. } => Some(*user),
            Self::Admin | Self::Member { who: Who::Token(_) | Who::Support(_), .. } => None,
        }
    }

    /// The support access by which they act, if it is one.
    pub const fn as_support(&self) -> Option<Support> {
        match self {
            Self::Member { who: Who::Support(support), .. } => Some(*support),
            Self::Admin | Self::Member { .. } => None,
        }
    }

    /// The name written into timelines: `admin`, or the id of the user or token. Support access is the platform's
    /// admin; in whose name stands beside it.
    pub fn actor(&self) -> String {
        match self {
            Self::Admin | Self::Member { who: Who::Support(_), .. } => ADMIN.to_owned(),
            Self::Member { who, .. } => who.to_string(),
        }
    }

    /// What they are told apart by: `admin`, or the id of the user, of the token or of the support access.
    pub fn known_as(&self) -> String {
        match self {
            Self::Admin => ADMIN.to_owned(),
            Self::Member { who, .. } => who.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
