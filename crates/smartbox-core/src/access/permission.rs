//! What can be permitted. Service tokens carry these as scopes, roles are sets of them.

use std::fmt;
use std::str::FromStr;

/// One thing that can be permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// See boxes, their timelines, logs and operations, and look at a gateway without changing anything.
    BoxesRead,
    /// Start, stop and restart them.
    BoxesOperate,
    /// Talk to their agents.
    BoxesTalk,
    /// Run commands in them and touch their files.
    BoxesExec,
    /// Create, change and delete them.
    BoxesManage,
    /// Administer their gateways: configuration, approvals, tools, devices.
    BoxesAdminister,
    /// Ask models for answers from outside a box, in its name.
    ModelsUse,
    /// Say who serves models, with which keys, and what may be asked for.
    ModelsManage,
    /// Add, change and remove people, devices, tokens and sign-in links of the org.
    PeopleManage,
    /// Read the org's audit log.
    AuditRead,
    /// Say who owns the org.
    OrgOwn,
}

/// The text names no permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a permission is one of `boxes:read`, `boxes:operate`, `boxes:talk`, `boxes:exec`, `boxes:manage`, \
     `boxes:administer`, `models:use`, `models:manage`, `people:manage`, `audit:read`, `org:own`"
)]
pub struct BadPermission;

impl Permission {
    /// Every permission, the harmless ones first.
    pub const ALL: [Self; 11] = [
        Self::BoxesRead,
        Self::BoxesOperate,
        Self::BoxesTalk,
        Self::BoxesExec,
        Self::BoxesManage,
        Self::BoxesAdminister,
        Self::ModelsUse,
        Self::ModelsManage,
        Self::PeopleManage,
        Self::AuditRead,
        Self::OrgOwn,
    ];

    /// The word used on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BoxesRead => "boxes:read",
            Self::BoxesOperate => "boxes:operate",
            Self::BoxesTalk => "boxes:talk",
            Self::BoxesExec => "boxes:exec",
            Self::BoxesManage => "boxes:manage",
            Self::BoxesAdminister => "boxes:administer",
            Self::ModelsUse => "models:use",
            Self::ModelsManage => "models:manage",
            Self::PeopleManage => "people:manage",
            Self::AuditRead => "audit:read",
            Self::OrgOwn => "org:own",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Permission {
    type Err = BadPermission;

    fn from_str(text: &str) -> Result<Self, BadPermission> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == text).ok_or(BadPermission)
    }
}

/// A set of permissions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Permissions(u16);

impl Permissions {
    /// None at all.
    pub const NONE: Self = Self(0);
    /// Everything within an org.
    pub const ALL: Self = Self::of(&Permission::ALL);

    /// The set of these.
    pub const fn of(permissions: &[Permission]) -> Self {
        let (mut bits, mut index) = (0, 0);
        // A loop by hand: iterators do not run at compile time.
        while index < permissions.len() {
            bits |= permissions[index].bit();
            index += 1;
        }
        Self(bits)
    }

    /// Whether this one is in the set.
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Whether everything of `other` is in the set.
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Everything that is in this set and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The permissions, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.has(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<T: IntoIterator<Item = Permission>>(permissions: T) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | permission.bit()))
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Permission::as_str)).finish()
    }
}
