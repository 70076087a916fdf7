//! Orgs, users, sign-in codes, sessions, and the platform's own facts.

use jiff::Timestamp;
use smartbox_core::{OrgId, UserId};

use crate::account::{Org, OrgRow, Session, SessionRow, TokenHash, User, UserRow};
use crate::database::Connection;
use crate::row::{hex, parsed};
use crate::{Error, FleetStore};

impl FleetStore {
    /// Makes an org.
    ///
    /// # Errors
    /// [`Error::NameTaken`].
    pub async fn create_org(&self, id: OrgId, name: &str, now: Timestamp) -> Result<Org, Error> {
        let mut tx = self.store.database.write().await?;
        let org = insert_org(&mut tx, id, name, now).await?;
        tx.commit().await?;
        Ok(org)
    }

    /// Makes an org and the first person in it, both or neither.
    ///
    /// # Errors
    /// [`Error::NameTaken`], by another org.
    pub async fn create_org_with_owner(
        &self,
        (org, org_name): (OrgId, &str),
        (owner, owner_name): (UserId, &str),
        now: Timestamp,
    ) -> Result<(Org, User), Error> {
        let mut tx = self.store.database.write().await?;
        let org = insert_org(&mut tx, org, org_name, now).await?;
        let owner = insert_user(&mut tx, owner, org.id, owner_name, now).await?;
        tx.commit().await?;
        Ok((org, owner))
    }

    /// Every org, oldest first.
    pub async fn orgs(&self) -> Result<Vec<Org>, Error> {
        let rows: Vec<OrgRow> = sqlx::query_as("select id, name, created_at_ms from orgs order by id")
            .fetch_all(&mut *self.store.database.read().await?)
            .await?;
        rows.into_iter().map(Org::try_from).collect()
    }

    /// Finds an org.
    pub async fn find_org(&self, id: OrgId) -> Result<Option<Org>, Error> {
        let row: Option<OrgRow> = sqlx::query_as("select id, name, created_at_ms from orgs where id = $1")
            .bind(id.to_string())
            .fetch_optional(&mut *self.store.database.read().await?)
            .await?;
        row.map(Org::try_from).transpose()
    }

    /// The oldest org: the only one of a single-user platform.
    pub async fn first_org(&self) -> Result<Option<Org>, Error> {
        let row: Option<OrgRow> =
            sqlx::query_as("select id, name, created_at_ms from orgs order by id limit 1")
                .fetch_optional(&mut *self.store.database.read().await?)
                .await?;
        row.map(Org::try_from).transpose()
    }

    /// Adds a person to an org.
    ///
    /// # Errors
    /// [`Error::NameTaken`] in this org; [`Error::NotFound`] when the org does not exist.
    pub async fn create_user(
        &self,
        id: UserId,
        org: OrgId,
        name: &str,
        now: Timestamp,
    ) -> Result<User, Error> {
        let mut tx = self.store.database.write().await?;
        let user = insert_user(&mut tx, id, org, name, now).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// The oldest user of an org.
    pub async fn first_user(&self, org: OrgId) -> Result<Option<User>, Error> {
        let row: Option<UserRow> = sqlx::query_as(
            "select id, org_id, name, created_at_ms from users where org_id = $1 order by id limit 1",
        )
        .bind(org.to_string())
        .fetch_optional(&mut *self.store.database.read().await?)
        .await?;
        row.map(User::try_from).transpose()
    }

    /// Finds a person.
    pub async fn find_user(&self, id: UserId) -> Result<Option<User>, Error> {
        let row: Option<UserRow> =
            sqlx::query_as("select id, org_id, name, created_at_ms from users where id = $1")
                .bind(id.to_string())
                .fetch_optional(&mut *self.store.database.read().await?)
                .await?;
        row.map(User::try_from).transpose()
    }

    /// Keeps a one-time sign-in code by its hash.
    pub async fn insert_sign_in_code(
        &self,
        hash: &TokenHash,
        user: UserId,
        expires_at: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query("insert into sign_in_codes (code_hash, user_id, expires_at_ms) values ($1, $2, $3)")
            .bind(hex(hash))
            .bind(user.to_string())
            .bind(expires_at.as_millisecond())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Uses up a sign-in code. `None` when there is none, or it has expired, or somebody used it before.
    pub async fn redeem_sign_in_code(
        &self,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<UserId>, Error> {
        let mut tx = self.store.database.write().await?;
        let user: Option<String> = sqlx::query_scalar(
            "update sign_in_codes set used_at_ms = $2
             where code_hash = $1 and used_at_ms is null and expires_at_ms > $2 returning user_id",
        )
        .bind(hex(hash))
        .bind(now.as_millisecond())
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        user.as_deref().map(parsed).transpose()
    }

    /// Keeps a session by the hash of its token.
    pub async fn insert_session(
        &self,
        hash: &TokenHash,
        user: UserId,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query(
            "insert into sessions (token_hash, user_id, created_at_ms, expires_at_ms) values ($1, $2, $3, $4)",
        )
        .bind(hex(hash))
        .bind(user.to_string())
        .bind(now.as_millisecond())
        .bind(expires_at.as_millisecond())
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Finds a session that has not expired.
    pub async fn find_session(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<Session>, Error> {
        let row: Option<SessionRow> = sqlx::query_as(
            "select s.user_id, u.org_id, s.created_at_ms, s.expires_at_ms
             from sessions s join users u on u.id = s.user_id
             where s.token_hash = $1 and s.expires_at_ms > $2",
        )
        .bind(hex(hash))
        .bind(now.as_millisecond())
        .fetch_optional(&mut *self.store.database.read().await?)
        .await?;
        row.map(Session::try_from).transpose()
    }

    /// Ends a session. Says whether there was one.
    pub async fn delete_session(&self, hash: &TokenHash) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let deleted = sqlx::query("delete from sessions where token_hash = $1")
            .bind(hex(hash))
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit().await?;
        Ok(deleted > 0)
    }

    /// A fact about the platform. Never a secret: facts are not sealed.
    pub async fn meta_get(&self, name: &str) -> Result<Option<String>, Error> {
        Ok(sqlx::query_scalar("select value from meta where name = $1")
            .bind(name)
            .fetch_optional(&mut *self.store.database.read().await?)
            .await?)
    }

    /// Puts down a fact about the platform, in place of an older one.
    pub async fn meta_set(&self, name: &str, value: &str) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query(
            "insert into meta (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value",
        )
        .bind(name)
        .bind(value)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}

async fn insert_org(tx: &mut Connection, id: OrgId, name: &str, now: Timestamp) -> Result<Org, Error> {
    let is_free: bool = sqlx::query_scalar("select count(*) = 0 from orgs where name = $1")
        .bind(name)
        .fetch_one(&mut *tx)
        .await?;
    if !is_free {
        return Err(Error::NameTaken);
    }
    let row: OrgRow = sqlx::query_as(
        "insert into orgs (id, name, created_at_ms) values ($1, $2, $3) returning id, name, created_at_ms",
    )
    .bind(id.to_string())
    .bind(name)
    .bind(now.as_millisecond())
    .fetch_one(tx)
    .await?;
    row.try_into()
}

async fn insert_user(
    tx: &mut Connection,
    id: UserId,
    org: OrgId,
    name: &str,
    now: Timestamp,
) -> Result<User, Error> {
    let (org_exists, is_free): (bool, bool) = sqlx::query_as(
        "select (select count(*) > 0 from orgs where id = $1),
                (select count(*) = 0 from users where org_id = $1 and name = $2)",
    )
    .bind(org.to_string())
    .bind(name)
    .fetch_one(&mut *tx)
    .await?;
    if !org_exists {
        return Err(Error::NotFound("org"));
    }
    if !is_free {
        return Err(Error::NameTaken);
    }
    let row: UserRow = sqlx::query_as(
        "insert into users (id, org_id, name, created_at_ms) values ($1, $2, $3, $4)
         returning id, org_id, name, created_at_ms",
    )
    .bind(id.to_string())
    .bind(org.to_string())
    .bind(name)
    .bind(now.as_millisecond())
    .fetch_one(tx)
    .await?;
    row.try_into()
}
