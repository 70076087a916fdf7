//! Support access: somebody who runs the platform acts in the name of a person, to help.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Opens support access in the name of a person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenSupport {
    /// The person: their id, or their name in the org.
    pub user: String,
    /// Their org, by id or name; the platform's first by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// Why; 1 to 500 characters. The person reads it.
    #[schema(example = "Ticket 4711: the agent does not answer since this morning")]
    pub reason: String,
    /// `read`: looking, the default. `act`: working with boxes, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Minutes until it ends by itself; 30 by default, at most 240.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// What you call yourself; 1 to 100 characters. Everybody who runs the platform has the same secret, so nothing else tells
    /// the person who you are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

/// Support access that was opened.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct OpenedSupport {
    /// What is known of it.
    pub session: SupportSessionView,
    /// Its credential: a bearer token. It is shown this once; the platform keeps its hash only.
    #[schema(example = "sbs_…")]
    pub token: String,
    /// The address that signs a browser in with it. The credential stands behind `#`, which browsers send to nobody.
    pub link: String,
}

/// Support access that is open, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SupportSessionView {
    /// `sup_…`.
    pub id: String,
    /// The org.
    pub org: String,
    /// The person in whose name somebody acts.
    pub user: String,
    /// What they were called when it was opened.
    pub user_name: String,
    /// Who opened it: `admin`.
    pub opened_by: String,
    /// What whoever opened it calls themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// Why.
    pub reason: String,
    /// `read` or `act`.
    pub level: String,
    /// When it was opened (RFC 3339).
    pub opened_at: String,
    /// When it ends by itself (RFC 3339).
    pub expires_at: String,
    /// Whether it is good for anything.
    pub is_open: bool,
    /// When it ended (RFC 3339), as far as that is written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Who ended it: `admin`, somebody's id, or the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_why: Option<String>,
}

/// Support sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SupportSessionList {
    /// A page of them, newest first.
    pub items: Vec<SupportSessionView>,
    /// Give this as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Query of the list of support sessions.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SupportQuery {
    /// Items a page, 1 to 200; 50 by default.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// The org, by id or name; only the platform's admin may name one. They see those of every org by default.
    pub org: Option<String>,
    /// Those in the name of this person: an id, a name in the org, or `me`. Others' need `people:manage`.
    pub user: Option<String>,
    /// Only those that are open.
    pub open: Option<bool>,
}
