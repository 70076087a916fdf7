//! Who asks, and what they may see.

use crate::id::{OrgId, UserId};

/// The authenticated caller of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Holds the platform's admin secret.
    Admin,
    /// A person, acting for their org.
    User {
        /// Who.
        user: UserId,
        /// Whose boxes they may see.
        org: OrgId,
    },
}

impl Principal {
    /// Whether things of `org` exist for this caller. What does not exist for a caller is answered with 404.
    pub fn sees(&self, org: OrgId) -> bool {
        match self {
            Self::Admin => true,
            Self::User { org: own, .. } => *own == org,
        }
    }

    /// The name written into timelines: `admin`, or the user's id.
    pub fn actor(&self) -> String {
        match self {
            Self::Admin => "admin".to_owned(),
            Self::User { user, .. } => user.to_string(),
        }
    }
}
