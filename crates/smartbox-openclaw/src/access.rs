//! How the platform makes itself known to a gateway.
//!
//! The gateway trusts a proxy on its loopback (`gateway.auth.mode: "trusted-proxy"`) that names the person in a
//! header. Programs in the box share that loopback, so the header's *name* is a secret of the box: it ends with the
//! hexadecimal form of the box's gateway token. (A required header with a secret value is impossible, the gateway
//! checks only presence; and it prints the names of required headers to callers that it refuses.)
//! See `docs/decisions/0002-gateway-trusted-proxy.md`.

use std::fmt::Write as _;

use secrecy::{ExposeSecret, SecretString};

/// The only browser origin that gateways allow.
///
/// Whoever relays a browser's request checks first that its `Origin` is the address it was called by, and then
/// overwrites `Origin` with this. So a gateway needs no configuration when the platform's address changes.
pub const ALLOWED_ORIGIN: &str = "http://smartbox.invalid";
/// The client address to name for clients on the platform's own machine: gateways refuse forwarded requests that
/// come from a loopback address. Reserved for documentation (RFC 5737, TEST-NET-1).
pub const LOCAL_CLIENT_ADDRESS: &str = "192.0.2.1";
/// Header that limits what a request may do. On HTTP its absence means everything, so it is always sent.
pub const SCOPES_HEADER: &str = "x-openclaw-scopes";
/// Header with the client's address.
pub const FORWARDED_FOR_HEADER: &str = "x-forwarded-for";
/// What every header starts with that only the platform may send: relays remove such headers of clients.
pub const RESERVED_HEADER_PREFIX: &str = "x-smartbox-";

const USER_HEADER_PREFIX: &str = "x-smartbox-user-";
/// The identity of everybody who may administer the box. It alone is granted `operator.admin` in the configuration.
pub(crate) const ADMIN_IDENTITY: &str = "admin";
/// What members' identities start with, so that no member can be taken for [`ADMIN_IDENTITY`].
const MEMBER_IDENTITY_PREFIX: &str = "member:";

/// Operator scopes of [`GatewayRole::Admin`] (OpenClaw `docs/gateway/operator-scopes.md`).
pub(crate) const ADMIN_SCOPES: &[&str] = &[
    "operator.admin",
    "operator.read",
    "operator.write",
    "operator.approvals",
    "operator.questions",
    "operator.pairing",
];
/// Operator scopes of [`GatewayRole::Member`], and what devices of browsers are approved for.
pub(crate) const MEMBER_SCOPES: &[&str] =
    &["operator.read", "operator.write", "operator.approvals", "operator.questions"];

/// Operator scopes of [`GatewayRole::Viewer`].
const VIEWER_SCOPES: &[&str] = &["operator.read"];

/// What a person may do in a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayRole {
    /// Everything, configuration and devices included.
    Admin,
    /// Chat, sessions and approvals.
    Member,
    /// Nothing but look.
    Viewer,
}

impl GatewayRole {
    /// The most that somebody of this role may claim.
    pub const fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::Admin => ADMIN_SCOPES,
            Self::Member => MEMBER_SCOPES,
            Self::Viewer => VIEWER_SCOPES,
        }
    }
}

/// What makes a gateway believe the platform. Worth something on that box's loopback only.
#[derive(Clone, Debug)]
pub struct GatewayCredential {
    user_header: SecretString,
}

impl GatewayCredential {
    /// The credential of the box with this gateway token (any text; 256 random bits).
    pub fn new(token: &SecretString) -> Self {
        let mut name = USER_HEADER_PREFIX.to_owned();
        for byte in token.expose_secret().bytes() {
            // Writing to a string does not fail.
            let _ = write!(name, "{byte:02x}");
        }
        Self { user_header: name.into() }
    }

    /// Name of the header that carries the person's identity.
    pub(crate) fn user_header(&self) -> &str {
        self.user_header.expose_secret()
    }

    /// Headers (lowercase names) that vouch for `user` towards the gateway, for HTTP and WebSocket requests alike.
    ///
    /// Administrators share one identity, for which the configuration grants administration; members and viewers are told apart
    /// by `user`, from which characters that headers cannot carry are removed. The client's address is
    /// [`LOCAL_CLIENT_ADDRESS`]; relays put the real one in its place where they know it.
    pub fn headers(&self, user: &str, role: GatewayRole) -> Vec<(String, String)> {
        let identity = match role {
            GatewayRole::Admin => ADMIN_IDENTITY.to_owned(),
            // A viewer who is made a member stays the same person.
            GatewayRole::Member | GatewayRole::Viewer => member_identity(user),
        };
        vec![
            (self.user_header().to_owned(), identity),
            (SCOPES_HEADER.to_owned(), role.scopes().join(",")),
            (FORWARDED_FOR_HEADER.to_owned(), LOCAL_CLIENT_ADDRESS.to_owned()),
        ]
    }
}

/// Headers with which the platform itself asks the gateway of the box with this token, as an administrator.
pub fn admin_headers(token: &SecretString) -> Vec<(String, String)> {
    GatewayCredential::new(token).headers("", GatewayRole::Admin)
}

fn member_identity(user: &str) -> String {
    let printable = user.chars().filter(char::is_ascii_graphic);
    MEMBER_IDENTITY_PREFIX.chars().chain(printable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential() -> GatewayCredential {
        GatewayCredential::new(&SecretString::from("Az0-_"))
    }

    fn value<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
        &headers.iter().find(|(key, _)| key == name).unwrap().1
    }

    #[test]
    fn the_name_of_the_user_header_holds_the_token_without_loss() {
        assert_eq!(credential().user_header(), "x-smartbox-user-417a302d5f");
        let other = GatewayCredential::new(&SecretString::from("az0-_"));
        assert_ne!(credential().user_header(), other.user_header());
    }

    #[test]
    fn administrators_have_one_identity_and_every_scope() {
        let headers = credential().headers("usr_1", GatewayRole::Admin);
        assert_eq!(value(&headers, "x-smartbox-user-417a302d5f"), "admin");
        assert!(value(&headers, SCOPES_HEADER).contains("operator.admin"));
        assert_eq!(value(&headers, FORWARDED_FOR_HEADER), "192.0.2.1");
    }

    #[test]
    fn members_are_told_apart_and_never_administer() {
        for user in ["usr_1", "admin", "\r\nx-evil: 1", ""] {
            let headers = credential().headers(user, GatewayRole::Member);
            let identity = value(&headers, "x-smartbox-user-417a302d5f");
            assert!(identity.starts_with("member:"), "{identity}");
            assert!(identity.bytes().all(|b| b.is_ascii_graphic()), "{identity}");
            assert!(!value(&headers, SCOPES_HEADER).contains("operator.admin"));
        }
    }

    #[test]
    fn viewers_have_an_identity_of_their_own_and_only_look() {
        let headers = credential().headers("usr_1", GatewayRole::Viewer);
        assert_eq!(value(&headers, "x-smartbox-user-417a302d5f"), "member:usr_1");
        assert_eq!(value(&headers, SCOPES_HEADER), "operator.read");
    }

    #[test]
    fn a_credential_is_not_printed() {
        assert!(!format!("{:?}", credential()).contains("417a"));
    }
}
