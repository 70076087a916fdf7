//! People of an org.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Adds a person to an org.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// What others call them, unique in the org; 1 to 100 characters.
    #[schema(example = "ada")]
    pub name: String,
    /// What they may do: `viewer`, `operator`, `admin`, `owner`; `operator` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The address they sign in with, unique on the platform. Upper and lower case are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The org; only the platform's admin may name one. It is the caller's (or the first) by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
}

/// Changes a person. What is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "role": "operator" }))]
pub struct UpdateUser {
    /// A new role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// `active` or `frozen`. Freezing ends every connection of theirs at once; nothing of theirs is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// Sets a person's password.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "password": "correct horse battery staple" }))]
pub struct SetPassword {
    /// The new one; 8 to 1024 bytes. It ends every other session of theirs.
    pub password: String,
    /// The one so far. Needed to change one's own, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_password: Option<String>,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserView {
    /// `usr_…`.
    pub id: String,
    /// Their org.
    pub org: String,
    /// What others call them.
    pub name: String,
    /// What they sign in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `viewer`, `operator`, `admin` or `owner`.
    pub role: String,
    /// `pending`, `active` or `frozen`.
    pub status: String,
    /// Whether they can sign in with a password.
    pub has_password: bool,
    /// When they were added (RFC 3339).
    pub created_at: String,
}

/// The people of an org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserList {
    /// A page of them, oldest first.
    pub items: Vec<UserView>,
    /// Give this as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Who the caller is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// `admin`, a user's id, a service token's id or that of support access.
    pub id: String,
    /// The org they act for; absent for the platform's admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// What they may do there.
    pub permissions: Vec<String>,
    /// The person, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserView>,
    /// Their device, if they showed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Whether they are let in with it, or without one. If not, they may do nothing but pair it. Platforms before this
    /// knew no devices and asked for none.
    #[serde(default = "yes")]
    pub is_paired: bool,
    /// The support access by which they act in the name of somebody else, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support: Option<crate::SupportSessionView>,
}

const fn yes() -> bool {
    true
}

/// Query of requests that only the platform's admin needs to say more in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OrgQuery {
    /// The org, by id or name; only the platform's admin may name one.
    pub org: Option<String>,
}

/// Query of lists of an org's own things.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OrgPageQuery {
    /// Items a page, 1 to 200; 50 by default.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// The org, by id or name; only the platform's admin may name one.
    pub org: Option<String>,
}
