//! What the org's webhooks were sent, and sending it again.

use jiff::Timestamp;
use smartbox_core::{EventId, WebhookId};

use super::OrgStore;
use crate::event::{self, NewEvent};
use crate::webhooks::{DeliveryRow, DeliveryState, WebhookDelivery, enqueue, select_deliveries};
use crate::{Cursor, Error, Page, event_feed, page};

const NONE: Error = Error::NotFound("webhook");

impl OrgStore {
    /// What a webhook was sent, the newest event first.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::BadCursor`] for a cursor of another list.
    pub async fn list_deliveries(
        &self,
        id: WebhookId,
        state: Option<DeliveryState>,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<WebhookDelivery>, Error> {
        let before: i64 = cursor.map_or(Ok(i64::MAX), Cursor::key)?;
        let limit = page::limit(limit);
        let mut connection = self.store.database.read().await?;
        self.webhook(&mut connection, id).await?.ok_or(NONE)?;
        let query = match state {
            Some(_) => sqlx::query_as(select_deliveries!(
                "where webhook_id = $1 and state = $2 and seq < $3 order by seq desc limit $4"
            )),
            None => sqlx::query_as(select_deliveries!(
                "where webhook_id = $1 and coalesce($2, '') = '' and seq < $3 order by seq desc limit $4"
            )),
        };
        let rows: Vec<DeliveryRow> = query
            .bind(id.to_string())
            .bind(state.map(DeliveryState::as_str))
            .bind(before)
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *connection)
            .await?;
        page::of(rows, limit, |delivery: &WebhookDelivery| delivery.seq)
    }

    /// Finds a delivery by its event.
    pub async fn find_delivery(
        &self,
        id: WebhookId,
        event: EventId,
    ) -> Result<Option<WebhookDelivery>, Error> {
        let mut connection = self.store.database.read().await?;
        if self.webhook(&mut connection, id).await?.is_none() {
            return Ok(None);
        }
        let row: Option<DeliveryRow> =
            sqlx::query_as(select_deliveries!("where webhook_id = $1 and event_id = $2"))
                .bind(id.to_string())
                .bind(event.to_string())
                .fetch_optional(&mut *connection)
                .await?;
        row.map(WebhookDelivery::try_from).transpose()
    }

    /// Sends an event again, whatever came of it before, under the id that it has. Its attempts begin anew.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn replay_delivery(
        &self,
        id: WebhookId,
        event: EventId,
        new: NewEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        self.webhook(&mut tx, id).await?.ok_or(NONE)?;
        let again = sqlx::query(
            "update webhook_deliveries set state = 'waiting', attempts = 0, next_at_ms = $3
             where webhook_id = $1 and event_id = $2",
        )
        .bind(id.to_string())
        .bind(event.to_string())
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?;
        if again.rows_affected() == 0 {
            return Err(Error::NotFound("delivery"));
        }
        event::append(&mut tx, Some(self.org), None, &new, now).await?;
        Ok(tx.commit().await?)
    }

    /// Sends everything behind `position` that has not arrived: what was given up, and what was not sent while the webhook was off.
    /// Returns how many deliveries were given up and are sent again.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn replay_webhook(
        &self,
        id: WebhookId,
        position: i64,
        new: NewEvent,
        now: Timestamp,
    ) -> Result<u64, Error> {
        let mut tx = self.store.database.write().await?;
        self.webhook(&mut tx, id).await?.ok_or(NONE)?;
        let again = sqlx::query(
            "update webhook_deliveries set state = 'waiting', attempts = 0, next_at_ms = $3
             where webhook_id = $1 and seq > $2 and state = 'failed'",
        )
        .bind(id.to_string())
        .bind(position)
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        // Events from there on are looked at again. Those that have a delivery keep it.
        sqlx::query("update webhooks set position = $2 where id = $1 and position > $2")
            .bind(id.to_string())
            .bind(position)
            .execute(&mut *tx)
            .await?;
        event::append(&mut tx, Some(self.org), None, &new, now).await?;
        tx.commit().await?;
        Ok(again)
    }

    /// Puts an event down and sends it to this webhook, whatever else it is sent.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn ping_webhook(&self, id: WebhookId, new: NewEvent, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        self.webhook(&mut tx, id).await?.ok_or(NONE)?;
        event::append(&mut tx, Some(self.org), None, &new, now).await?;
        let seq = event_feed::newest(&mut tx).await?;
        enqueue(&mut tx, id, (seq, new.id, &new.action), now).await?;
        Ok(tx.commit().await?)
    }
}
