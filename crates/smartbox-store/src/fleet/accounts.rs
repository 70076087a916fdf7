//! Orgs, their first people, and the platform's own facts.

use jiff::Timestamp;
use smartbox_core::{OrgId, UserId};

use crate::account::{NewUser, Org, OrgRow, User, UserRow, select_users};
use crate::database::Connection;
use crate::event::{self, NewEvent};
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
        owner: &NewUser,
        now: Timestamp,
    ) -> Result<(Org, User), Error> {
        let mut tx = self.store.database.write().await?;
        let org = insert_org(&mut tx, org, org_name, now).await?;
        let owner = insert_user(&mut tx, org.id, owner, now).await?;
        tx.commit().await?;
        Ok((org, owner))
    }

    /// Every org, oldest first.
    pub async fn orgs(&self) -> Result<Vec<Org>, Error> {
        let rows: Vec<OrgRow> =
            sqlx::query_as("select id, name, pairing, created_at_ms from orgs order by id")
                .fetch_all(&mut *self.store.database.read().await?)
                .await?;
        rows.into_iter().map(Org::try_from).collect()
    }

    /// Finds an org.
    pub async fn find_org(&self, id: OrgId) -> Result<Option<Org>, Error> {
        let row: Option<OrgRow> =
            sqlx::query_as("select id, name, pairing, created_at_ms from orgs where id = $1")
                .bind(id.to_string())
                .fetch_optional(&mut *self.store.database.read().await?)
                .await?;
        row.map(Org::try_from).transpose()
    }

    /// The oldest org: the only one of a single-user platform.
    pub async fn first_org(&self) -> Result<Option<Org>, Error> {
        let row: Option<OrgRow> =
            sqlx::query_as("select id, name, pairing, created_at_ms from orgs order by id limit 1")
                .fetch_optional(&mut *self.store.database.read().await?)
                .await?;
        row.map(Org::try_from).transpose()
    }

    /// The oldest user of an org.
    pub async fn first_user(&self, org: OrgId) -> Result<Option<User>, Error> {
        let row: Option<UserRow> = sqlx::query_as(select_users!("where u.org_id = $1 order by u.id limit 1"))
            .bind(org.to_string())
            .fetch_optional(&mut *self.store.database.read().await?)
            .await?;
        row.map(User::try_from).transpose()
    }

    /// Finds a person.
    pub async fn find_user(&self, id: UserId) -> Result<Option<User>, Error> {
        let row: Option<UserRow> = sqlx::query_as(select_users!("where u.id = $1"))
            .bind(id.to_string())
            .fetch_optional(&mut *self.store.database.read().await?)
            .await?;
        row.map(User::try_from).transpose()
    }

    /// A fact about the platform. Never a secret: facts are not sealed.
    pub async fn meta_get(&self, name: &str) -> Result<Option<String>, Error> {
        Ok(sqlx::query_scalar("select value from meta where name = $1")
            .bind(name)
            .fetch_optional(&mut *self.store.database.read().await?)
            .await?)
    }

    /// Puts down a fact about the platform, in place of an older one, with the event that tells of it, all or nothing.
    pub async fn set_fact(
        &self,
        name: &str,
        value: &str,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        put_fact(&mut tx, name, value).await?;
        event::append(&mut tx, None, None, &event, now).await?;
        Ok(tx.commit().await?)
    }

    /// Puts down a fact about the platform, in place of an older one.
    pub async fn meta_set(&self, name: &str, value: &str) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        put_fact(&mut tx, name, value).await?;
        Ok(tx.commit().await?)
    }
}

async fn put_fact(tx: &mut Connection, name: &str, value: &str) -> Result<(), Error> {
    sqlx::query(
        "insert into meta (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value",
    )
    .bind(name)
    .bind(value)
    .execute(tx)
    .await?;
    Ok(())
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
        "insert into orgs (id, name, created_at_ms) values ($1, $2, $3) returning id, name, pairing, created_at_ms",
    )
    .bind(id.to_string())
    .bind(name)
    .bind(now.as_millisecond())
    .fetch_one(tx)
    .await?;
    row.try_into()
}

pub(crate) async fn insert_user(
    tx: &mut Connection,
    org: OrgId,
    new: &NewUser,
    now: Timestamp,
) -> Result<User, Error> {
    let (org_exists, name_is_free, email_is_free): (bool, bool, bool) = sqlx::query_as(
        "select (select count(*) > 0 from orgs where id = $1),
                (select count(*) = 0 from users where org_id = $1 and name = $2),
                (select count(*) = 0 from users where email = $3)",
    )
    .bind(org.to_string())
    .bind(&new.name)
    .bind(&new.email)
    .fetch_one(&mut *tx)
    .await?;
    if !org_exists {
        return Err(Error::NotFound("org"));
    }
    if !name_is_free {
        return Err(Error::NameTaken);
    }
    if !email_is_free {
        return Err(Error::EmailTaken);
    }
    let subject = new.subject.as_ref();
    sqlx::query(
        "insert into users (id, org_id, name, created_at_ms, role, status, email, issuer, subject)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(new.id.to_string())
    .bind(org.to_string())
    .bind(&new.name)
    .bind(now.as_millisecond())
    .bind(new.role.as_str())
    .bind(new.status.as_str())
    .bind(&new.email)
    .bind(subject.map(|subject| subject.issuer.as_str()))
    .bind(subject.map(|subject| subject.id.as_str()))
    .execute(&mut *tx)
    .await?;
    let row: UserRow =
        sqlx::query_as(select_users!("where u.id = $1")).bind(new.id.to_string()).fetch_one(tx).await?;
    row.try_into()
}
