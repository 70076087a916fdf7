//! The org's service tokens.

use jiff::Timestamp;
use smartbox_core::{Permission, TokenId, UserId};

use super::OrgStore;
use crate::account::{NewServiceToken, ServiceToken, ServiceTokenRow, TokenHash};
use crate::event::{self, NewEvent};
use crate::row::{hex, parsed, unhex};
use crate::{Cursor, Error, Page, page};

/// Most service tokens of one org.
pub const TOKENS_MAX: u32 = 1000;

impl OrgStore {
    /// Keeps a service token.
    ///
    /// # Errors
    /// [`Error::TooMany`] over [`TOKENS_MAX`].
    pub async fn create_token(
        &self,
        new: &NewServiceToken,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<ServiceToken, Error> {
        let mut tx = self.store.database.write().await?;
        let there: i64 = sqlx::query_scalar("select count(*) from service_tokens where org_id = $1")
            .bind(self.org.to_string())
            .fetch_one(&mut *tx)
            .await?;
        if there >= i64::from(TOKENS_MAX) {
            return Err(Error::TooMany { what: "service tokens", max: TOKENS_MAX });
        }
        let scopes: Vec<_> = new.scopes.iter().map(Permission::as_str).collect();
        let row: ServiceTokenRow = sqlx::query_as(
            "insert into service_tokens (id, org_id, name, token_hash, scopes, created_by, created_at_ms, expires_at_ms, box_id)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             returning id, org_id, name, scopes, box_id, created_by, created_at_ms, expires_at_ms, last_used_at_ms",
        )
        .bind(new.id.to_string())
        .bind(self.org.to_string())
        .bind(&new.name)
        .bind(hex(&new.hash))
        .bind(scopes.join(" "))
        .bind(&new.created_by)
        .bind(now.as_millisecond())
        .bind(new.expires_at.as_millisecond())
        .bind(new.only.map(|only| only.to_string()))
        .fetch_one(&mut *tx)
        .await?;
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        tx.commit().await?;
        row.try_into()
    }

    /// Service tokens that have not ended, oldest first.
    ///
    /// # Errors
    /// [`Error::BadCursor`] for a cursor of another list.
    pub async fn list_tokens(
        &self,
        cursor: Option<&Cursor>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Page<ServiceToken>, Error> {
        let after: TokenId =
            cursor.map_or(Ok(TokenId::from_parts(Timestamp::UNIX_EPOCH, [0; 10])), Cursor::key)?;
        let limit = page::limit(limit);
        let rows: Vec<ServiceTokenRow> = sqlx::query_as(
            "select id, org_id, name, scopes, box_id, created_by, created_at_ms, expires_at_ms, last_used_at_ms
             from service_tokens where org_id = $1 and id > $2 and expires_at_ms > $3 order by id limit $4",
        )
        .bind(self.org.to_string())
        .bind(after.to_string())
        .bind(now.as_millisecond())
        .bind(i64::from(limit) + 1)
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        page::of(rows, limit, |token: &ServiceToken| token.id)
    }

    /// The service tokens that a person made.
    pub async fn tokens_made_by(&self, maker: UserId) -> Result<Vec<TokenId>, Error> {
        let ids: Vec<String> =
            sqlx::query_scalar("select id from service_tokens where org_id = $1 and created_by = $2")
                .bind(self.org.to_string())
                .bind(maker.to_string())
                .fetch_all(&mut *self.store.database.read().await?)
                .await?;
        ids.iter().map(|id| parsed(id)).collect()
    }

    /// Ends a service token. Answers its hash, for whoever remembers it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn revoke_token(
        &self,
        id: TokenId,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<TokenHash, Error> {
        let mut tx = self.store.database.write().await?;
        let hash: Option<String> = sqlx::query_scalar(
            "delete from service_tokens where org_id = $1 and id = $2 returning token_hash",
        )
        .bind(self.org.to_string())
        .bind(id.to_string())
        .fetch_optional(&mut *tx)
        .await?;
        let hash = unhex(&hash.ok_or(Error::NotFound("token"))?)?;
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        tx.commit().await?;
        Ok(hash)
    }
}
