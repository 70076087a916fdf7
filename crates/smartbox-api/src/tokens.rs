//! Service tokens: credentials of programs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for a service token.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "deploy", "scopes": ["boxes:read", "boxes:talk"], "expires_in_days": 30 }))]
pub struct CreateToken {
    /// What it is for; 1 to 100 characters.
    #[schema(example = "nightly deploy")]
    pub name: String,
    /// What it may do, such as `boxes:read`: never more than its maker may.
    pub scopes: Vec<String>,
    /// Days until it ends; 90 by default, at most 365.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_days: Option<u32>,
    /// The org; only the platform's admin may name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// The one box for which it is good, by id or name. Such a token also opens that box in a browser: see
    /// `CreatedToken.link`.
    #[serde(default, rename = "box", skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
}

/// A new service token.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct CreatedToken {
    /// What is known of it.
    pub token: TokenView,
    /// The token itself. It is shown this once; the platform keeps its hash only.
    #[schema(example = "sbx_…")]
    pub secret: String,
    /// For a token of one box: the address that opens the box in a browser. The token leaves the address bar at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// What is known of a service token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// `tok_…`.
    pub id: String,
    /// The org it acts for.
    pub org: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The one box for which it is good; absent when it is good for all of the org.
    #[serde(default, rename = "box", skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// When it was made (RFC 3339).
    pub created_at: String,
    /// When it ends (RFC 3339).
    pub expires_at: String,
    /// When it was last used, give or take a minute (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
}

/// Service tokens of an org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenList {
    /// A page of them, oldest first.
    pub items: Vec<TokenView>,
    /// Give this as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
