//! Tickets: each is good for one request.

use jiff::Timestamp;

use super::OrgStore;
use crate::Error;
use crate::device::{NewTicket, TicketHolder};
use crate::row::hex;

/// Most tickets of one org that are waiting to be used.
pub const TICKETS_MAX: u32 = 1000;

impl OrgStore {
    /// Keeps a ticket by its hash.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a box of another org; [`Error::TooMany`] over [`TICKETS_MAX`].
    pub async fn insert_ticket(&self, new: &NewTicket<'_>, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let (waiting, box_exists): (i64, bool) = sqlx::query_as(
            "select (select count(*) from tickets where org_id = $1 and expires_at_ms > $2),
                    (select count(*) > 0 from boxes where org_id = $1 and id = $3)",
        )
        .bind(self.org.to_string())
        .bind(now.as_millisecond())
        .bind(new.box_id.to_string())
        .fetch_one(&mut *tx)
        .await?;
        if !box_exists {
            return Err(Error::NotFound("box"));
        }
        if waiting >= i64::from(TICKETS_MAX) {
            return Err(Error::TooMany { what: "tickets", max: TICKETS_MAX });
        }
        let (session, token, user) = match new.holder {
            TicketHolder::Session(id) => (Some(id.to_string()), None, None),
            TicketHolder::Token(id) => (None, Some(id.to_string()), None),
            TicketHolder::User(id) => (None, None, Some(id.to_string())),
        };
        sqlx::query(
            "insert into tickets (ticket_hash, org_id, box_id, session_id, token_id, user_id, path, origin, expires_at_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(hex(&new.hash))
        .bind(self.org.to_string())
        .bind(new.box_id.to_string())
        .bind(session)
        .bind(token)
        .bind(user)
        .bind(new.path)
        .bind(new.origin)
        .bind(new.expires_at.as_millisecond())
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}
