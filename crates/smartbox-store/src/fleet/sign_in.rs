//! How people and programs are recognised, whatever their org.

use jiff::Timestamp;
use smartbox_core::{DeviceId, OrgId, SessionId, TokenId, UserId};

use crate::account::{
    NewSession, NewUser, ServiceToken, ServiceTokenRow, Session, SessionRow, Subject, TokenHash, User,
    UserRow, select_sessions, select_users,
};
use crate::device::{Ticket, TicketRow};
use crate::event::{self, NewEvent};
use crate::fleet::accounts::insert_user;
use crate::row::{hex, parsed};
use crate::{Error, FleetStore};

/// A token's last use is written at most this often, so that a busy program does not keep the disk busy.
const LAST_USED_SPACING_MS: i64 = 60_000;

impl FleetStore {
    /// Keeps a one-time sign-in code by its hash. See [`Session::is_vouched`].
    pub async fn insert_sign_in_code(
        &self,
        hash: &TokenHash,
        user: UserId,
        is_vouched: bool,
        expires_at: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query(
            "insert into sign_in_codes (code_hash, user_id, expires_at_ms, vouched) values ($1, $2, $3, $4)",
        )
        .bind(hex(hash))
        .bind(user.to_string())
        .bind(expires_at.as_millisecond())
        .bind(is_vouched)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Uses up a sign-in code; answers whose it is and whether it is vouched for. `None` when there is none, or it has expired, or somebody used it before.
    pub async fn redeem_sign_in_code(
        &self,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<(UserId, bool)>, Error> {
        let mut tx = self.store.database.write().await?;
        let redeemed: Option<(String, bool)> = sqlx::query_as(
            "update sign_in_codes set used_at_ms = $2
             where code_hash = $1 and used_at_ms is null and expires_at_ms > $2 returning user_id, vouched",
        )
        .bind(hex(hash))
        .bind(now.as_millisecond())
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        redeemed.map(|(user, is_vouched)| Ok((parsed(&user)?, is_vouched))).transpose()
    }

    /// Keeps a session by the hash of its token, with the event that tells of it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user is gone.
    pub async fn insert_session(
        &self,
        new: &NewSession<'_>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let org: Option<String> = sqlx::query_scalar("select org_id from users where id = $1")
            .bind(new.user.to_string())
            .fetch_optional(&mut *tx)
            .await?;
        let org = parsed(&org.ok_or(Error::NotFound("user"))?)?;
        sqlx::query(
            "insert into sessions (token_hash, user_id, created_at_ms, expires_at_ms, id, method, address, user_agent,
                                   parent_id, box_id, vouched, device_id)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(hex(&new.hash))
        .bind(new.user.to_string())
        .bind(now.as_millisecond())
        .bind(new.expires_at.as_millisecond())
        .bind(new.id.to_string())
        .bind(new.method)
        .bind(new.address)
        .bind(new.user_agent)
        .bind(new.parent.map(|parent| parent.to_string()))
        .bind(new.only.map(|only| only.to_string()))
        .bind(new.is_vouched)
        .bind(new.device.map(|device| device.to_string()))
        .execute(&mut *tx)
        .await?;
        event::append(&mut tx, Some(org), None, &event, now).await?;
        Ok(tx.commit().await?)
    }

    /// Finds a session that has not ended.
    pub async fn find_session(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<Session>, Error> {
        let row: Option<SessionRow> =
            sqlx::query_as(select_sessions!("where s.token_hash = $1 and s.expires_at_ms > $2"))
                .bind(hex(hash))
                .bind(now.as_millisecond())
                .fetch_optional(&mut *self.store.database.read().await?)
                .await?;
        row.map(Session::try_from).transpose()
    }

    /// Finds a session by its id.
    pub async fn find_session_by_id(&self, id: SessionId) -> Result<Option<Session>, Error> {
        let row: Option<SessionRow> = sqlx::query_as(select_sessions!("where s.id = $1"))
            .bind(id.to_string())
            .fetch_optional(&mut *self.store.database.read().await?)
            .await?;
        row.map(Session::try_from).transpose()
    }

    /// Finds a service token that has not ended, and whose maker, if it was a person, is still let in.
    pub async fn find_token(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<ServiceToken>, Error> {
        let row: Option<ServiceTokenRow> = sqlx::query_as(
            "select id, org_id, name, scopes, box_id, created_by, created_at_ms, expires_at_ms, last_used_at_ms
             from service_tokens where token_hash = $1 and expires_at_ms > $2
               and (created_by not like 'usr_%'
                    or created_by in (select id from users where status = 'active'))",
        )
        .bind(hex(hash))
        .bind(now.as_millisecond())
        .fetch_optional(&mut *self.store.database.read().await?)
        .await?;
        row.map(ServiceToken::try_from).transpose()
    }

    /// The same, by its id.
    pub async fn find_token_by_id(&self, id: TokenId, now: Timestamp) -> Result<Option<ServiceToken>, Error> {
        let row: Option<ServiceTokenRow> = sqlx::query_as(
            "select id, org_id, name, scopes, box_id, created_by, created_at_ms, expires_at_ms, last_used_at_ms
             from service_tokens where id = $1 and expires_at_ms > $2
               and (created_by not like 'usr_%'
                    or created_by in (select id from users where status = 'active'))",
        )
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .fetch_optional(&mut *self.store.database.read().await?)
        .await?;
        row.map(ServiceToken::try_from).transpose()
    }

    /// The org of a device.
    pub async fn org_of_device(&self, id: DeviceId) -> Result<Option<OrgId>, Error> {
        let org: Option<String> = sqlx::query_scalar("select org_id from devices where id = $1")
            .bind(id.to_string())
            .fetch_optional(&mut *self.store.database.read().await?)
            .await?;
        org.as_deref().map(parsed).transpose()
    }

    /// Uses up a ticket. `None` when there is none, or it has expired, or somebody used it before.
    pub async fn redeem_ticket(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<Ticket>, Error> {
        let mut tx = self.store.database.write().await?;
        let row: Option<TicketRow> = sqlx::query_as(
            "delete from tickets where ticket_hash = $1 and expires_at_ms > $2
             returning org_id, box_id, session_id, token_id, user_id, path, origin, expires_at_ms",
        )
        .bind(hex(hash))
        .bind(now.as_millisecond())
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        row.map(Ticket::try_from).transpose()
    }

    /// Puts down that a token was used, at most once a minute.
    pub async fn touch_token(&self, token: &ServiceToken, now: Timestamp) -> Result<(), Error> {
        let last = token.last_used_at.map_or(i64::MIN, Timestamp::as_millisecond);
        if now.as_millisecond().saturating_sub(last) < LAST_USED_SPACING_MS {
            return Ok(());
        }
        self.set_last_used(token.id, now).await
    }

    async fn set_last_used(&self, id: TokenId, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query("update service_tokens set last_used_at_ms = $2 where id = $1")
            .bind(id.to_string())
            .bind(now.as_millisecond())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Finds the person who signs in with this address (lower case), and the hash of their password.
    pub async fn find_login(&self, email: &str) -> Result<Option<(User, Option<String>)>, Error> {
        let mut connection = self.store.database.read().await?;
        let row: Option<UserRow> = sqlx::query_as(select_users!("where u.email = $1"))
            .bind(email)
            .fetch_optional(&mut *connection)
            .await?;
        let Some(user) = row.map(User::try_from).transpose()? else { return Ok(None) };
        let hash = sqlx::query_scalar("select password_hash from users where id = $1")
            .bind(user.id.to_string())
            .fetch_optional(&mut *connection)
            .await?;
        Ok(Some((user, hash.flatten())))
    }

    /// Finds the person whom somebody else vouches for.
    pub async fn find_subject(&self, subject: &Subject) -> Result<Option<User>, Error> {
        let row: Option<UserRow> = sqlx::query_as(select_users!("where u.issuer = $1 and u.subject = $2"))
            .bind(&subject.issuer)
            .bind(&subject.id)
            .fetch_optional(&mut *self.store.database.read().await?)
            .await?;
        row.map(User::try_from).transpose()
    }

    /// Finds the person whom somebody else vouches for, or adds them to `org`. Two requests at once add one.
    ///
    /// # Errors
    /// [`Error::NameTaken`], [`Error::EmailTaken`].
    pub async fn find_or_create_subject(
        &self,
        org: OrgId,
        new: &NewUser,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<User, Error> {
        let mut tx = self.store.database.write().await?;
        if let Some(subject) = &new.subject {
            let row: Option<UserRow> =
                sqlx::query_as(select_users!("where u.issuer = $1 and u.subject = $2"))
                    .bind(&subject.issuer)
                    .bind(&subject.id)
                    .fetch_optional(&mut *tx)
                    .await?;
            if let Some(row) = row {
                return row.try_into();
            }
        }
        let user = insert_user(&mut tx, org, new, now).await?;
        event::append(&mut tx, Some(org), None, &event, now).await?;
        tx.commit().await?;
        Ok(user)
    }
}
