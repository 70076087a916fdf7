//! Orgs: owners of users and boxes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{SleepPolicyView, UpdateSleep};

/// Asks for a new org with one user, its owner.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateOrg {
    /// Its name, unique on the platform; 1 to 100 characters.
    #[schema(example = "acme")]
    pub name: String,
}

/// What of an org changes; what is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateOrg {
    /// What becomes of devices that come for the first time: `manual`, `auto` or `off`. Only its owners may change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "manual")]
    pub pairing: Option<String>,
    /// When its boxes sleep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep: Option<UpdateSleep>,
    /// Its plan, by name; empty for the default one. Only the platform's admin may change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "starter")]
    pub plan: Option<String>,
    /// Where its days and months begin: a name of the IANA database. Only its owners may change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/Berlin")]
    pub time_zone: Option<String>,
    /// What it pays at most for overage in a month, in nano-dollars. Only its owners may change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overage_budget_nanos: Option<u64>,
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
    /// What it has decided about the sleep of its boxes. Absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep_policy: Option<SleepPolicyView>,
    /// Its plan, if it is not the default one. Absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Where its days and months begin. Absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// What it pays at most for overage in a month, in nano-dollars. Absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overage_budget_nanos: Option<u64>,
}

/// Keeps every box of an org from waking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldOrg {
    /// Why, for the people of the org; 1 to 500 characters.
    #[schema(example = "the invoice of May is open")]
    pub reason: String,
}

/// Why no box of an org may wake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldView {
    /// `account`, `abuse`, `plan` or `budget`.
    pub kind: String,
    /// In the words of whoever set it.
    pub reason: String,
    /// Since when (RFC 3339).
    pub since: String,
}

/// Every hold of an org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldList {
    /// The holds; none: its boxes may wake.
    pub items: Vec<HoldView>,
}

/// Every org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrgList {
    /// The orgs, oldest first.
    pub items: Vec<OrgView>,
}
