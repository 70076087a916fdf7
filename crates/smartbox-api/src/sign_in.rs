//! Signing a browser in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for a one-time sign-in link.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSignInLink {
    /// Signs in this org's first user. Only an admin may name one; it is the caller's (or the first) org by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// Signs in this person, by id or name. Others than oneself need `people:manage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// A one-time sign-in link.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct SignInLink {
    /// Path on this server. The code stands behind `#`, so that it reaches no server log.
    #[schema(example = "/sign-in#abc")]
    pub path: String,
    /// The link with the server's address, where the server knows it.
    pub url: String,
    /// When it stops working (RFC 3339).
    pub expires_at: String,
}

/// Exchanges a credential for the session cookie: either the code of a link, or e-mail and password.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedeemSignIn {
    /// The code of the link.
    #[serde(default)]
    pub code: Option<String>,
    /// The address somebody signs in with.
    #[serde(default)]
    pub email: Option<String>,
    /// Their password.
    #[serde(default)]
    pub password: Option<String>,
}

/// The browser is signed in; the cookie is set.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SignedIn {
    /// Who.
    pub user: String,
    /// For which org.
    pub org: String,
}
