//! People of all orgs.

use smartbox_core::{OrgId, UserId};

use crate::account::{User, UserRow, select_users};
use crate::page;
use crate::row::parsed;
use crate::{Cursor, Error, FleetStore, Page};

/// Most people with the same name that are found.
const NAMESAKES_MAX: i64 = 100;

impl FleetStore {
    /// People of every org, in the order in which they were added.
    ///
    /// # Errors
    /// [`Error::BadCursor`] for a cursor of another list.
    pub async fn list_users(&self, cursor: Option<&Cursor>, limit: u32) -> Result<Page<User>, Error> {
        let limit = page::limit(limit);
        let after = match cursor {
            Some(cursor) => cursor.key::<UserId>()?.to_string(),
            // Every id is greater.
            None => String::new(),
        };
        let rows: Vec<UserRow> = sqlx::query_as(select_users!("where u.id > $1 order by u.id limit $2"))
            .bind(after)
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *self.store.database.read().await?)
            .await?;
        page::of(rows, limit, |user: &User| user.id)
    }

    /// People with this name, of any org, in the order in which they were added.
    pub async fn users_named(&self, name: &str) -> Result<Vec<User>, Error> {
        let rows: Vec<UserRow> = sqlx::query_as(select_users!("where u.name = $1 order by u.id limit $2"))
            .bind(name)
            .bind(NAMESAKES_MAX)
            .fetch_all(&mut *self.store.database.read().await?)
            .await?;
        rows.into_iter().map(User::try_from).collect()
    }

    /// The first person of each org that has one.
    pub async fn first_users(&self) -> Result<Vec<(OrgId, UserId)>, Error> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("select org_id, min(id) as id from users group by org_id")
                .fetch_all(&mut *self.store.database.read().await?)
                .await?;
        rows.into_iter().map(|(org, user)| Ok((parsed(&org)?, parsed(&user)?))).collect()
    }
}
