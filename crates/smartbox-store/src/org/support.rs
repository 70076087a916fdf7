//! Support access to the org.

use jiff::Timestamp;
use smartbox_core::SupportId;

use super::OrgStore;
use crate::event::{self, NewEvent};
use crate::row::hex;
use crate::support::{
    self, NewSupport, SUPPORT_OPEN_MAX, SupportEnd, SupportFilter, SupportRow, SupportSession, select_support,
};
use crate::{Cursor, Error, Page};

impl OrgStore {
    /// Opens support access in the name of a person of the org who is let in.
    ///
    /// # Errors
    /// [`Error::NotFound`] the person; [`Error::TooMany`] over [`SUPPORT_OPEN_MAX`].
    pub async fn open_support(
        &self,
        new: &NewSupport<'_>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<SupportSession, Error> {
        let mut tx = self.store.database.write().await?;
        let open: i64 = sqlx::query_scalar(
            "select count(*) from support_sessions where org_id = $1 and ended_at_ms is null and expires_at_ms > $2",
        )
        .bind(self.org.to_string())
        .bind(now.as_millisecond())
        .fetch_one(&mut *tx)
        .await?;
        if open >= i64::from(SUPPORT_OPEN_MAX) {
            return Err(Error::TooMany { what: "support sessions that are open", max: SUPPORT_OPEN_MAX });
        }
        let inserted = sqlx::query(
            "insert into support_sessions (id, org_id, user_id, user_name, token_hash, opened_with, operator, reason, level,
                                           opened_at_ms, expires_at_ms, is_told)
             select $1, org_id, id, name, $4, $5, $6, $7, $8, $9, $10, false from users
             where org_id = $2 and id = $3 and status = 'active'",
        )
        .bind(new.id.to_string())
        .bind(self.org.to_string())
        .bind(new.user.to_string())
        .bind(hex(&new.hash))
        .bind(hex(&new.opened_with))
        .bind(new.operator)
        .bind(new.reason)
        .bind(new.level.as_str())
        .bind(now.as_millisecond())
        .bind(new.expires_at.as_millisecond())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if inserted == 0 {
            return Err(Error::NotFound("user"));
        }
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        let row: SupportRow = sqlx::query_as(select_support!("where s.id = $1"))
            .bind(new.id.to_string())
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        row.try_into()
    }

    /// Finds one, open or not.
    pub async fn find_support(&self, id: SupportId) -> Result<Option<SupportSession>, Error> {
        let row: Option<SupportRow> = sqlx::query_as(select_support!("where s.org_id = $1 and s.id = $2"))
            .bind(self.org.to_string())
            .bind(id.to_string())
            .fetch_optional(&mut *self.store.database.read().await?)
            .await?;
        row.map(SupportSession::try_from).transpose()
    }

    /// A page of them, the newest first.
    ///
    /// # Errors
    /// [`Error::BadCursor`] for a cursor of another list.
    pub async fn list_support(
        &self,
        filter: SupportFilter,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<SupportSession>, Error> {
        support::list(&mut *self.store.database.read().await?, Some(self.org), filter, cursor, limit).await
    }

    /// Ends one, with the event that tells of it. Says whether it did: one whose end was told before stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn end_support(
        &self,
        id: SupportId,
        end: &SupportEnd,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        // One that has ended by itself says so for ever: a later wish does not change how it was.
        let ended = sqlx::query(
            "update support_sessions set ended_at_ms = coalesce(ended_at_ms, $3), ended_by = coalesce(ended_by, $4),
                                         ended_why = coalesce(ended_why, $5), is_told = true
             where org_id = $1 and id = $2 and not is_told",
        )
        .bind(self.org.to_string())
        .bind(id.to_string())
        .bind(end.at.as_millisecond())
        .bind(&end.by)
        .bind(&end.why)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if ended == 0 {
            drop(tx);
            return self
                .find_support(id)
                .await?
                .map(|_ended_before| false)
                .ok_or(Error::NotFound("support session"));
        }
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}
