//! The people of an org, and their sessions.

use jiff::Timestamp;
use smartbox_core::{Role, SessionId, UserId, UserStatus};

use super::OrgStore;
use crate::account::{
    NewUser, Session, SessionRow, TokenHash, User, UserChange, UserRow, select_sessions, select_users,
};
use crate::database::Connection;
use crate::event::{self, NewEvent};
use crate::fleet::accounts::insert_user;
use crate::row::{parsed, unhex};
use crate::{Cursor, Error, Page, page, support};

/// Most sessions of one person that are listed; the newest.
const SESSIONS_LISTED_MAX: i64 = 200;

impl OrgStore {
    /// People in the order in which they were added.
    ///
    /// # Errors
    /// [`Error::BadCursor`] for a cursor of another list.
    pub async fn list_users(&self, cursor: Option<&Cursor>, limit: u32) -> Result<Page<User>, Error> {
        let after: UserId =
            cursor.map_or(Ok(UserId::from_parts(Timestamp::UNIX_EPOCH, [0; 10])), Cursor::key)?;
        let limit = page::limit(limit);
        let rows: Vec<UserRow> =
            sqlx::query_as(select_users!("where u.org_id = $1 and u.id > $2 order by u.id limit $3"))
                .bind(self.org.to_string())
                .bind(after.to_string())
                .bind(i64::from(limit) + 1)
                .fetch_all(&mut *self.store.database.read().await?)
                .await?;
        page::of(rows, limit, |user: &User| user.id)
    }

    /// Finds a person.
    pub async fn find_user(&self, id: UserId) -> Result<Option<User>, Error> {
        find(&mut *self.store.database.read().await?, self, id).await
    }

    /// Finds a person by name.
    pub async fn find_user_by_name(&self, name: &str) -> Result<Option<User>, Error> {
        let row: Option<UserRow> = sqlx::query_as(select_users!("where u.org_id = $1 and u.name = $2"))
            .bind(self.org.to_string())
            .bind(name)
            .fetch_optional(&mut *self.store.database.read().await?)
            .await?;
        row.map(User::try_from).transpose()
    }

    /// Adds a person.
    ///
    /// # Errors
    /// [`Error::NameTaken`] in this org; [`Error::EmailTaken`] on the platform; [`Error::NotFound`] when the org does
    /// not exist.
    pub async fn create_user(&self, new: &NewUser, event: NewEvent, now: Timestamp) -> Result<User, Error> {
        let mut tx = self.store.database.write().await?;
        let user = insert_user(&mut tx, self.org, new, now).await?;
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// Changes a person's role or status. Support access in the name of somebody who is not let in any more ends.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::LastOwner`] when nobody would be left who runs the org.
    pub async fn change_user(
        &self,
        id: UserId,
        change: UserChange,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<User, Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query(
            "update users set role = coalesce($3, role), status = coalesce($4, status)
             where org_id = $1 and id = $2",
        )
        .bind(self.org.to_string())
        .bind(id.to_string())
        .bind(change.role.map(Role::as_str))
        .bind(change.status.map(UserStatus::as_str))
        .execute(&mut *tx)
        .await?;
        let user = find(&mut tx, self, id).await?.ok_or(Error::NotFound("user"))?;
        if user.status != UserStatus::Active {
            support::end_of_user(&mut tx, (self.org, id), "the person is not let in any more", now).await?;
        }
        require_owner(&mut tx, self).await?;
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// Removes a person with their sessions. What they did stays in the audit log.
    ///
    /// # Errors
    /// As [`Self::change_user`].
    pub async fn remove_user(&self, id: UserId, event: NewEvent, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let removed = sqlx::query("delete from users where org_id = $1 and id = $2")
            .bind(self.org.to_string())
            .bind(id.to_string())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if removed == 0 {
            return Err(Error::NotFound("user"));
        }
        support::end_of_user(&mut tx, (self.org, id), "the person was removed", now).await?;
        require_owner(&mut tx, self).await?;
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        Ok(tx.commit().await?)
    }

    /// Sets the hash of a person's password and ends their sessions, except `kept`. Answers which were ended.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn set_password(
        &self,
        id: UserId,
        hash: &str,
        kept: Option<SessionId>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, Error> {
        let mut tx = self.store.database.write().await?;
        let changed = sqlx::query("update users set password_hash = $3 where org_id = $1 and id = $2")
            .bind(self.org.to_string())
            .bind(id.to_string())
            .bind(hash)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if changed == 0 {
            return Err(Error::NotFound("user"));
        }
        let ended: Vec<String> =
            sqlx::query_scalar("delete from sessions where user_id = $1 and id <> $2 returning id")
                .bind(id.to_string())
                .bind(kept.map(|kept| kept.to_string()).unwrap_or_default())
                .fetch_all(&mut *tx)
                .await?;
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        tx.commit().await?;
        ended.iter().map(|id| parsed(id)).collect()
    }

    /// The hash of a person's password, if they have one.
    pub async fn password_hash(&self, id: UserId) -> Result<Option<String>, Error> {
        let hash: Option<Option<String>> =
            sqlx::query_scalar("select password_hash from users where org_id = $1 and id = $2")
                .bind(self.org.to_string())
                .bind(id.to_string())
                .fetch_optional(&mut *self.store.database.read().await?)
                .await?;
        Ok(hash.flatten())
    }

    /// A person's sessions that have not ended, the newest first.
    pub async fn sessions_of(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, Error> {
        let rows: Vec<SessionRow> = sqlx::query_as(select_sessions!(
            "where u.org_id = $1 and u.id = $2 and s.expires_at_ms > $3 order by s.created_at_ms desc, s.id limit $4"
        ))
        .bind(self.org.to_string())
        .bind(user.to_string())
        .bind(now.as_millisecond())
        .bind(SESSIONS_LISTED_MAX)
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(Session::try_from).collect()
    }

    /// Finds a session by its id.
    pub async fn find_session(&self, id: SessionId) -> Result<Option<Session>, Error> {
        let row: Option<SessionRow> = sqlx::query_as(select_sessions!("where u.org_id = $1 and s.id = $2"))
            .bind(self.org.to_string())
            .bind(id.to_string())
            .fetch_optional(&mut *self.store.database.read().await?)
            .await?;
        row.map(Session::try_from).transpose()
    }

    /// Ends a session. Answers the hash of its token, for whoever remembers it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn end_session(
        &self,
        id: SessionId,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<TokenHash, Error> {
        let mut tx = self.store.database.write().await?;
        let hash: Option<String> = sqlx::query_scalar(
            "delete from sessions where id = $2 and user_id in (select id from users where org_id = $1)
             returning token_hash",
        )
        .bind(self.org.to_string())
        .bind(id.to_string())
        .fetch_optional(&mut *tx)
        .await?;
        let hash = unhex(&hash.ok_or(Error::NotFound("session"))?)?;
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        tx.commit().await?;
        Ok(hash)
    }
}

async fn find(connection: &mut Connection, org: &OrgStore, id: UserId) -> Result<Option<User>, Error> {
    let row: Option<UserRow> = sqlx::query_as(select_users!("where u.org_id = $1 and u.id = $2"))
        .bind(org.org.to_string())
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(User::try_from).transpose()
}

/// Somebody who is let in must run the org.
async fn require_owner(tx: &mut Connection, org: &OrgStore) -> Result<(), Error> {
    let owners: i64 = sqlx::query_scalar(
        "select count(*) from users where org_id = $1 and role = 'owner' and status = 'active'",
    )
    .bind(org.org.to_string())
    .fetch_one(tx)
    .await?;
    if owners == 0 { Err(Error::LastOwner) } else { Ok(()) }
}
