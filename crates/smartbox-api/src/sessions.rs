//! Sessions: signed-in browsers.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// `ses_…`.
    pub id: String,
    /// Whose.
    pub user: String,
    /// How they signed in: `link`, `password`, `oidc`.
    pub method: String,
    /// The address they signed in from, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What the browser called itself then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// When they signed in (RFC 3339).
    pub created_at: String,
    /// When it ends by itself (RFC 3339).
    pub expires_at: String,
    /// Whether it is the session of this very request.
    pub is_current: bool,
}

/// Sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionList {
    /// The sessions, the newest first; at most 200.
    pub items: Vec<SessionView>,
}

/// Query of the list of sessions.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SessionQuery {
    /// Whose; one's own by default. Others' need `people:manage`.
    pub user: Option<String>,
}
