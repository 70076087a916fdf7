//! Orgs: owners of users and boxes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for a new org with one user, its owner.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateOrg {
    /// Its name, unique on the platform; 1 to 100 characters.
    #[schema(example = "acme")]
    pub name: String,
}

/// What of an org changes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateOrg {
    /// What becomes of devices that come for the first time: `manual`, `auto` or `off`.
    #[schema(example = "manual")]
    pub pairing: String,
}

/// An org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrgView {
    /// `org_…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What becomes of devices that come for the first time: `manual`, `auto` or `off`. Empty from a platform before this.
    #[serde(default)]
    pub pairing: String,
    /// Its first user.
    pub owner: String,
    /// When it was created (RFC 3339).
    pub created_at: String,
}

/// Every org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrgList {
    /// The orgs, oldest first.
    pub items: Vec<OrgView>,
}
