//! Devices of people, and tickets.

use jiff::Timestamp;
use smartbox_core::{BoxId, DeviceId, DeviceStatus, OrgId, SessionId, TokenId, UserId};

use crate::Error;
use crate::account::TokenHash;
use crate::row::{instant, instant_opt, parsed};

/// A client that a person uses, known by its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Never changes.
    pub id: DeviceId,
    /// Of which org its person is.
    pub org: OrgId,
    /// Whose it is.
    pub user: UserId,
    /// What they call it.
    pub name: String,
    /// Raw Ed25519 key, base64url without padding.
    pub public_key: String,
    /// Whether it may be used.
    pub status: DeviceStatus,
    /// From which address it came first.
    pub address: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// When it is forgotten, if it waits.
    pub expires_at: Option<Timestamp>,
    /// When it was approved.
    pub approved_at: Option<Timestamp>,
    /// By whom: `admin`, an id, or `sign-in`.
    pub approved_by: Option<String>,
}

/// A device to be kept.
#[derive(Clone, Debug)]
pub struct NewDevice<'a> {
    /// Its identity, if it is not known yet.
    pub id: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// See [`Device::name`].
    pub name: &'a str,
    /// See [`Device::public_key`].
    pub public_key: &'a str,
    /// What it is from now on. One that is approved stays so.
    pub status: DeviceStatus,
    /// See [`Device::address`].
    pub address: Option<&'a str>,
    /// See [`Device::expires_at`].
    pub expires_at: Timestamp,
    /// The session that is bound to it.
    pub session: Option<SessionId>,
    /// Whether the approval is the one of the session's vouching, which is good once.
    pub uses_vouching: bool,
}

/// Who comes with a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketHolder {
    /// A signed-in browser.
    Session(SessionId),
    /// A program.
    Token(TokenId),
    /// A person whom somebody else vouched for.
    User(UserId),
}

/// A ticket: good for one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Whose box.
    pub org: OrgId,
    /// For which box.
    pub box_id: BoxId,
    /// Who comes with it.
    pub holder: TicketHolder,
    /// For exactly this path.
    pub path: String,
    /// From a page of exactly this origin.
    pub origin: Option<String>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A ticket to be kept.
#[derive(Clone, Debug)]
pub struct NewTicket<'a> {
    /// Its hash.
    pub hash: TokenHash,
    /// See [`Ticket::box_id`].
    pub box_id: BoxId,
    /// See [`Ticket::holder`].
    pub holder: TicketHolder,
    /// See [`Ticket::path`].
    pub path: &'a str,
    /// See [`Ticket::origin`].
    pub origin: Option<&'a str>,
    /// See [`Ticket::expires_at`].
    pub expires_at: Timestamp,
}

/// Selects [`DeviceRow`]s.
macro_rules! select_devices {
    ($rest:literal) => {
        concat!(
            "select id, org_id, user_id, name, public_key, status, address, created_at_ms, expires_at_ms, ",
            "approved_at_ms, approved_by from devices ",
            $rest
        )
    };
}
pub(crate) use select_devices;

#[derive(sqlx::FromRow)]
pub(crate) struct DeviceRow {
    id: String,
    org_id: String,
    user_id: String,
    name: String,
    public_key: String,
    status: String,
    address: Option<String>,
    created_at_ms: i64,
    expires_at_ms: Option<i64>,
    approved_at_ms: Option<i64>,
    approved_by: Option<String>,
}

impl TryFrom<DeviceRow> for Device {
    type Error = Error;

    fn try_from(row: DeviceRow) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            org: parsed(&row.org_id)?,
            user: parsed(&row.user_id)?,
            name: row.name,
            public_key: row.public_key,
            status: parsed(&row.status)?,
            address: row.address,
            created_at: instant(row.created_at_ms)?,
            expires_at: instant_opt(row.expires_at_ms)?,
            approved_at: instant_opt(row.approved_at_ms)?,
            approved_by: row.approved_by,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct TicketRow {
    org_id: String,
    box_id: String,
    session_id: Option<String>,
    token_id: Option<String>,
    user_id: Option<String>,
    path: String,
    origin: Option<String>,
    expires_at_ms: i64,
}

impl TryFrom<TicketRow> for Ticket {
    type Error = Error;

    fn try_from(row: TicketRow) -> Result<Self, Error> {
        let holder = match (&row.session_id, &row.token_id, &row.user_id) {
            (Some(session), None, None) => TicketHolder::Session(parsed(session)?),
            (None, Some(token), None) => TicketHolder::Token(parsed(token)?),
            (None, None, Some(user)) => TicketHolder::User(parsed(user)?),
            _ => return Err(Error::Damaged("a ticket of nobody, or of several".into())),
        };
        Ok(Self {
            org: parsed(&row.org_id)?,
            box_id: parsed(&row.box_id)?,
            holder,
            path: row.path,
            origin: row.origin,
            expires_at: instant(row.expires_at_ms)?,
        })
    }
}
