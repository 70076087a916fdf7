//! Orgs, users and how users are recognised.

use jiff::Timestamp;
use smartbox_core::{OrgId, UserId};

use crate::Error;
use crate::row::{instant, parsed};

/// SHA-256 of a session token or sign-in code. The token itself is never stored.
pub type TokenHash = [u8; 32];

/// Owner of users and boxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Org {
    /// Never changes.
    pub id: OrgId,
    /// Unique on the platform.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Never changes.
    pub id: UserId,
    /// Whose boxes they may see.
    pub org: OrgId,
    /// Unique in the org.
    pub name: String,
    /// When they were added.
    pub created_at: Timestamp,
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who signed in.
    pub user: UserId,
    /// The user's org.
    pub org: OrgId,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

#[derive(sqlx::FromRow)]
pub(crate) struct OrgRow {
    id: String,
    name: String,
    created_at_ms: i64,
}

impl TryFrom<OrgRow> for Org {
    type Error = Error;

    fn try_from(row: OrgRow) -> Result<Self, Error> {
        Ok(Self { id: parsed(&row.id)?, name: row.name, created_at: instant(row.created_at_ms)? })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct UserRow {
    id: String,
    org_id: String,
    name: String,
    created_at_ms: i64,
}

impl TryFrom<UserRow> for User {
    type Error = Error;

    fn try_from(row: UserRow) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            org: parsed(&row.org_id)?,
            name: row.name,
            created_at: instant(row.created_at_ms)?,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct SessionRow {
    user_id: String,
    org_id: String,
    created_at_ms: i64,
    expires_at_ms: i64,
}

impl TryFrom<SessionRow> for Session {
    type Error = Error;

    fn try_from(row: SessionRow) -> Result<Self, Error> {
        Ok(Self {
            user: parsed(&row.user_id)?,
            org: parsed(&row.org_id)?,
            created_at: instant(row.created_at_ms)?,
            expires_at: instant(row.expires_at_ms)?,
        })
    }
}
