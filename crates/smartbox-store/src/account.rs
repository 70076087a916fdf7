//! Orgs, users and how users and programs are recognised.

use jiff::Timestamp;
use smartbox_core::{
    BoxId, DeviceId, DeviceStatus, OrgId, Pairing, Permissions, Role, SessionId, TokenId, UserId, UserStatus,
};

use crate::Error;
use crate::row::{instant, instant_opt, parsed};

/// SHA-256 of a session token, service token or sign-in code. The token itself is never stored.
pub type TokenHash = [u8; 32];

/// Owner of users and boxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Org {
    /// Never changes.
    pub id: OrgId,
    /// Unique on the platform.
    pub name: String,
    /// What becomes of a device that comes for the first time.
    pub pairing: Pairing,
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
    /// What they may do.
    pub role: Role,
    /// Whether they may come in.
    pub status: UserStatus,
    /// What they sign in with: lower case, unique on the platform.
    pub email: Option<String>,
    /// Whether a password is set.
    pub has_password: bool,
    /// When they were added.
    pub created_at: Timestamp,
}

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Their identity.
    pub id: UserId,
    /// See [`User::name`].
    pub name: String,
    /// See [`User::role`].
    pub role: Role,
    /// See [`User::status`].
    pub status: UserStatus,
    /// See [`User::email`].
    pub email: Option<String>,
    /// Who vouches for them elsewhere, and their id there.
    pub subject: Option<Subject>,
}

/// A person as somebody else knows them. Ids that differ only in case are two people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Who vouches: an issuer's URL or another stable name.
    pub issuer: String,
    /// The person's id there, exactly.
    pub id: String,
}

/// What of a person changes; `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserChange {
    /// A new role.
    pub role: Option<Role>,
    /// A new status.
    pub status: Option<UserStatus>,
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Never changes.
    pub id: SessionId,
    /// Who signed in.
    pub user: User,
    /// How: `link`, `password`, `oidc`.
    pub method: String,
    /// From which address.
    pub address: Option<String>,
    /// What the browser called itself.
    pub user_agent: Option<String>,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// The session out of which it was begun: it ends with that one.
    pub parent: Option<SessionId>,
    /// The one box for which it is good, if it is not good for all.
    pub only: Option<BoxId>,
    /// Whether whoever signed the person in may approve devices, and so has approved the first of this session.
    pub is_vouched: bool,
    /// The device at which they signed in.
    pub device: Option<(DeviceId, DeviceStatus)>,
    /// What the org does with devices.
    pub pairing: Pairing,
}

/// A session to be kept.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// Its identity.
    pub id: SessionId,
    /// Hash of its token.
    pub hash: TokenHash,
    /// Whose.
    pub user: UserId,
    /// See [`Session::method`].
    pub method: &'a str,
    /// See [`Session::address`].
    pub address: Option<&'a str>,
    /// See [`Session::user_agent`].
    pub user_agent: Option<&'a str>,
    /// See [`Session::expires_at`].
    pub expires_at: Timestamp,
    /// See [`Session::parent`].
    pub parent: Option<SessionId>,
    /// See [`Session::only`].
    pub only: Option<BoxId>,
    /// See [`Session::is_vouched`].
    pub is_vouched: bool,
    /// See [`Session::device`].
    pub device: Option<DeviceId>,
}

/// The credential of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceToken {
    /// Never changes.
    pub id: TokenId,
    /// For whom it acts.
    pub org: OrgId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Permissions,
    /// The one box for which it is good, if it is not good for all.
    pub only: Option<BoxId>,
    /// Who made it: `admin` or an id.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used, give or take a minute.
    pub last_used_at: Option<Timestamp>,
}

/// A service token to be kept.
#[derive(Clone, Debug)]
pub struct NewServiceToken {
    /// Its identity.
    pub id: TokenId,
    /// Its hash.
    pub hash: TokenHash,
    /// See [`ServiceToken::name`].
    pub name: String,
    /// See [`ServiceToken::scopes`].
    pub scopes: Permissions,
    /// See [`ServiceToken::only`].
    pub only: Option<BoxId>,
    /// See [`ServiceToken::created_by`].
    pub created_by: String,
    /// See [`ServiceToken::expires_at`].
    pub expires_at: Timestamp,
}

#[derive(sqlx::FromRow)]
pub(crate) struct OrgRow {
    id: String,
    name: String,
    pairing: String,
    created_at_ms: i64,
}

impl TryFrom<OrgRow> for Org {
    type Error = Error;

    fn try_from(row: OrgRow) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            name: row.name,
            pairing: parsed(&row.pairing)?,
            created_at: instant(row.created_at_ms)?,
        })
    }
}

/// Selects [`UserRow`]s; what follows may use the alias `u`.
macro_rules! select_users {
    ($rest:literal) => {
        concat!(
            "select u.id, u.org_id, u.name, u.role, u.status, u.email, u.password_hash is not null as has_password, ",
            "u.created_at_ms from users u ",
            $rest
        )
    };
}
pub(crate) use select_users;

#[derive(sqlx::FromRow)]
pub(crate) struct UserRow {
    id: String,
    org_id: String,
    name: String,
    role: String,
    status: String,
    email: Option<String>,
    has_password: bool,
    created_at_ms: i64,
}

impl TryFrom<UserRow> for User {
    type Error = Error;

    fn try_from(row: UserRow) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            org: parsed(&row.org_id)?,
            name: row.name,
            role: parsed(&row.role)?,
            status: parsed(&row.status)?,
            email: row.email,
            has_password: row.has_password,
            created_at: instant(row.created_at_ms)?,
        })
    }
}

/// Selects [`SessionRow`]s; what follows may use the aliases `s` and `u`.
macro_rules! select_sessions {
    ($rest:literal) => {
        concat!(
            "select u.id, u.org_id, u.name, u.role, u.status, u.email, u.password_hash is not null as has_password, ",
            "u.created_at_ms, s.id as session_id, s.method, s.address, s.user_agent, ",
            "s.created_at_ms as began_at_ms, s.expires_at_ms, s.parent_id, s.box_id, s.vouched, s.device_id, ",
            "d.status as device_status, o.pairing from sessions s join users u on u.id = s.user_id ",
            "join orgs o on o.id = u.org_id left join devices d on d.id = s.device_id ",
            $rest
        )
    };
}
pub(crate) use select_sessions;

#[derive(sqlx::FromRow)]
pub(crate) struct SessionRow {
    #[sqlx(flatten)]
    user: UserRow,
    session_id: String,
    method: String,
    address: Option<String>,
    user_agent: Option<String>,
    began_at_ms: i64,
    expires_at_ms: i64,
    parent_id: Option<String>,
    box_id: Option<String>,
    vouched: bool,
    device_id: Option<String>,
    device_status: Option<String>,
    pairing: String,
}

impl TryFrom<SessionRow> for Session {
    type Error = Error;

    fn try_from(row: SessionRow) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.session_id)?,
            user: row.user.try_into()?,
            method: row.method,
            address: row.address,
            user_agent: row.user_agent,
            created_at: instant(row.began_at_ms)?,
            expires_at: instant(row.expires_at_ms)?,
            parent: row.parent_id.as_deref().map(parsed).transpose()?,
            only: row.box_id.as_deref().map(parsed).transpose()?,
            is_vouched: row.vouched,
            device: match (row.device_id, row.device_status) {
                (Some(id), Some(status)) => Some((parsed(&id)?, parsed(&status)?)),
                _ => None,
            },
            pairing: parsed(&row.pairing)?,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct ServiceTokenRow {
    id: String,
    org_id: String,
    name: String,
    scopes: String,
    box_id: Option<String>,
    created_by: String,
    created_at_ms: i64,
    expires_at_ms: i64,
    last_used_at_ms: Option<i64>,
}

impl TryFrom<ServiceTokenRow> for ServiceToken {
    type Error = Error;

    fn try_from(row: ServiceTokenRow) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            org: parsed(&row.org_id)?,
            name: row.name,
            scopes: row.scopes.split_whitespace().map(parsed).collect::<Result<_, _>>()?,
            only: row.box_id.as_deref().map(parsed).transpose()?,
            created_by: row.created_by,
            created_at: instant(row.created_at_ms)?,
            expires_at: instant(row.expires_at_ms)?,
            last_used_at: instant_opt(row.last_used_at_ms)?,
        })
    }
}
