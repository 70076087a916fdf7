//! The org's webhooks.

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::WebhookId;

use super::OrgStore;
use crate::database::Connection;
use crate::event::{self, NewEvent};
use crate::sealing::Sealer;
use crate::webhooks::{
    self, WEBHOOKS_MAX, Webhook, WebhookPlan, WebhookRow, put_secret, put_url, select_webhooks,
};
use crate::{Error, boxes, event_feed};

const NONE: Error = Error::NotFound("webhook");

impl OrgStore {
    /// Makes a webhook. It is sent what happens from now on.
    ///
    /// # Errors
    /// [`Error::TooMany`] over [`WEBHOOKS_MAX`]; [`Error::NotFound`] when it is about a box that is not there.
    pub async fn create_webhook(
        &self,
        (id, plan): (WebhookId, &WebhookPlan),
        (url, secret): (&SecretString, &SecretString),
        event: NewEvent,
        now: Timestamp,
    ) -> Result<Webhook, Error> {
        let mut tx = self.store.database.write().await?;
        let there: i64 = sqlx::query_scalar("select count(*) from webhooks where org_id = $1")
            .bind(self.org.to_string())
            .fetch_one(&mut *tx)
            .await?;
        if there >= i64::from(WEBHOOKS_MAX) {
            return Err(Error::TooMany { what: "webhooks", max: WEBHOOKS_MAX });
        }
        self.check_about(&mut tx, plan).await?;
        // Its own making is not among what it is sent.
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        let position = event_feed::newest(&mut tx).await?;
        sqlx::query(
            "insert into webhooks (id, org_id, description, types, about_box, enabled, version, secret_number, position,
                                   leased_until_ms, created_at_ms, created_by)
             values ($1, $2, $3, $4, $5, $6, 1, 1, $7, 0, $8, $9)",
        )
        .bind(id.to_string())
        .bind(self.org.to_string())
        .bind(&plan.description)
        .bind(plan.types.to_string())
        .bind(plan.about.map(|id| id.to_string()))
        .bind(plan.enabled)
        .bind(position)
        .bind(now.as_millisecond())
        .bind(&event.actor)
        .execute(&mut *tx)
        .await?;
        put_url(&mut tx, &self.store.sealer, id, url).await?;
        put_secret(&mut tx, &self.store.sealer, (id, 1), secret).await?;
        let made = self.webhook(&mut tx, id).await?.ok_or(NONE)?;
        tx.commit().await?;
        Ok(made)
    }

    /// The org's webhooks, oldest first. There are at most [`WEBHOOKS_MAX`].
    pub async fn list_webhooks(&self) -> Result<Vec<Webhook>, Error> {
        let rows: Vec<WebhookRow> = sqlx::query_as(select_webhooks!("where w.org_id = $1 order by w.id"))
            .bind(self.org.to_string())
            .fetch_all(&mut *self.store.database.read().await?)
            .await?;
        rows.into_iter().map(|row| row.open(&self.store.sealer)).collect()
    }

    /// Finds a webhook.
    pub async fn find_webhook(&self, id: WebhookId) -> Result<Option<Webhook>, Error> {
        self.webhook(&mut *self.store.database.read().await?, id).await
    }

    /// Changes a webhook that is of this version. One that is switched on again is sent what happens from now on, and what waited.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::VersionMismatch`].
    pub async fn change_webhook(
        &self,
        before: &Webhook,
        (plan, url): (&WebhookPlan, &SecretString),
        event: NewEvent,
        now: Timestamp,
    ) -> Result<Webhook, Error> {
        let mut tx = self.store.database.write().await?;
        let there = self.webhook(&mut tx, before.id).await?.ok_or(NONE)?;
        if there.version != before.version {
            return Err(Error::VersionMismatch { current: there.version });
        }
        self.check_about(&mut tx, plan).await?;
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        if plan.enabled && !there.plan.enabled {
            let position = event_feed::newest(&mut tx).await?;
            sqlx::query(
                "update webhooks set position = $2, disabled_why = null, failing_since_ms = null where id = $1",
            )
            .bind(before.id.to_string())
            .bind(position)
            .execute(&mut *tx)
            .await?;
        }
        sqlx::query(
            "update webhooks set description = $2, types = $3, about_box = $4, enabled = $5, version = version + 1
             where id = $1",
        )
        .bind(before.id.to_string())
        .bind(&plan.description)
        .bind(plan.types.to_string())
        .bind(plan.about.map(|id| id.to_string()))
        .bind(plan.enabled)
        .execute(&mut *tx)
        .await?;
        put_url(&mut tx, &self.store.sealer, before.id, url).await?;
        let changed = self.webhook(&mut tx, before.id).await?.ok_or(NONE)?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Removes a webhook, and what waits for it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn remove_webhook(&self, id: WebhookId, event: NewEvent, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let removed = sqlx::query("delete from webhooks where id = $1 and org_id = $2")
            .bind(id.to_string())
            .bind(self.org.to_string())
            .execute(&mut *tx)
            .await?;
        if removed.rows_affected() == 0 {
            return Err(NONE);
        }
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        Ok(tx.commit().await?)
    }

    /// Gives a webhook another key of signatures. The one before signs, too, until `until`; older ones end now.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn rotate_webhook_secret(
        &self,
        id: WebhookId,
        (secret, until): (&SecretString, Timestamp),
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let number: Option<i64> = sqlx::query_scalar(
            "update webhooks set secret_number = secret_number + 1, version = version + 1
             where id = $1 and org_id = $2 returning secret_number",
        )
        .bind(id.to_string())
        .bind(self.org.to_string())
        .fetch_optional(&mut *tx)
        .await?;
        let number = number.ok_or(NONE)?;
        sqlx::query("delete from webhook_secrets where webhook_id = $1 and name <> 'url' and name <> $2")
            .bind(id.to_string())
            .bind((number - 1).to_string())
            .execute(&mut *tx)
            .await?;
        sqlx::query("update webhook_secrets set ends_at_ms = $3 where webhook_id = $1 and name = $2")
            .bind(id.to_string())
            .bind((number - 1).to_string())
            .bind(until.as_millisecond())
            .execute(&mut *tx)
            .await?;
        put_secret(&mut tx, &self.store.sealer, (id, number), secret).await?;
        event::append(&mut tx, Some(self.org), None, &event, now).await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn webhook(
        &self,
        connection: &mut Connection,
        id: WebhookId,
    ) -> Result<Option<Webhook>, Error> {
        find(connection, &self.store.sealer, Some(self), id).await
    }

    async fn check_about(&self, tx: &mut Connection, plan: &WebhookPlan) -> Result<(), Error> {
        match plan.about {
            Some(id) => boxes::find_of_org(tx, self.org, id).await?.map(drop).ok_or(Error::NotFound("box")),
            None => Ok(()),
        }
    }
}

pub(crate) async fn find(
    connection: &mut Connection,
    sealer: &Sealer,
    of: Option<&OrgStore>,
    id: WebhookId,
) -> Result<Option<Webhook>, Error> {
    let row: Option<webhooks::WebhookRow> = sqlx::query_as(select_webhooks!("where w.id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    let found = row.map(|row| row.open(sealer)).transpose()?;
    Ok(found.filter(|found| of.is_none_or(|of| of.org == found.org)))
}
