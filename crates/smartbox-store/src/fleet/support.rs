//! Support access, whatever the org.

use jiff::Timestamp;
use smartbox_core::SupportId;

use crate::account::{TokenHash, User, UserRow, select_users};
use crate::row::{hex, unhex};
use crate::support::{self, SupportFilter, SupportRow, SupportSession, select_support};
use crate::{Cursor, Error, FleetStore, Page};

impl FleetStore {
    /// Finds support access that is open by its token, with the person, who is let in, and what it was opened with.
    pub async fn find_support_by_token(
        &self,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<(SupportSession, User, TokenHash)>, Error> {
        let mut connection = self.store.database.read().await?;
        let row: Option<SupportRow> = sqlx::query_as(select_support!(
            "where s.token_hash = $1 and s.ended_at_ms is null and s.expires_at_ms > $2"
        ))
        .bind(hex(hash))
        .bind(now.as_millisecond())
        .fetch_optional(&mut *connection)
        .await?;
        let Some(session) = row.map(SupportSession::try_from).transpose()? else { return Ok(None) };
        let user: Option<UserRow> = sqlx::query_as(select_users!("where u.id = $1 and u.status = 'active'"))
            .bind(session.user.to_string())
            .fetch_optional(&mut *connection)
            .await?;
        let Some(user) = user.map(User::try_from).transpose()? else { return Ok(None) };
        let opened_with: String =
            sqlx::query_scalar("select opened_with from support_sessions where id = $1")
                .bind(session.id.to_string())
                .fetch_one(&mut *connection)
                .await?;
        Ok(Some((session, user, unhex(&opened_with)?)))
    }

    /// Finds one by its id, open or not.
    pub async fn find_support(&self, id: SupportId) -> Result<Option<SupportSession>, Error> {
        let row: Option<SupportRow> = sqlx::query_as(select_support!("where s.id = $1"))
            .bind(id.to_string())
            .fetch_optional(&mut *self.store.database.read().await?)
            .await?;
        row.map(SupportSession::try_from).transpose()
    }

    /// A page of those of every org, the newest first.
    ///
    /// # Errors
    /// [`Error::BadCursor`] for a cursor of another list.
    pub async fn list_support(
        &self,
        filter: SupportFilter,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<SupportSession>, Error> {
        support::list(&mut *self.store.database.read().await?, None, filter, cursor, limit).await
    }

    /// Those that have ended without anybody having told the audit log: their time is over, or their person is not let in
    /// any more.
    pub async fn support_ends(&self, now: Timestamp, limit: u32) -> Result<Vec<SupportSession>, Error> {
        let rows: Vec<SupportRow> = sqlx::query_as(select_support!(
            "where not s.is_told and (s.expires_at_ms <= $1 or s.ended_at_ms is not null) order by s.id limit $2"
        ))
        .bind(now.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(SupportSession::try_from).collect()
    }
}
