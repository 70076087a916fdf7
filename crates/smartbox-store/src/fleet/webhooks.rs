//! Sending webhooks: turns, of which each webhook has one at a time.
//!
//! A turn is a lease in the row of the webhook. Whoever has it decides which events are sent, sends some, and puts down what came of it. A
//! platform that is killed in between leaves everything as it was before its turn, and the next turn sends it again, under the same ids.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::WebhookId;

use crate::database::Connection;
use crate::event::{self, Event, NewEvent};
use crate::event_feed::{self, EVENTS_MAX, Feed};
use crate::org::webhooks::find;
use crate::row::{bigint, instant_opt, parsed};
use crate::webhooks::{
    DELIVERIES_WAITING_MAX, DeliveryRow, DeliveryState, Webhook, WebhookDelivery, enqueue, secrets,
    select_deliveries,
};
use crate::{Error, FleetStore};

/// A webhook's turn.
#[derive(Clone, Debug)]
pub struct WebhookTurn {
    /// The webhook.
    pub webhook: Webhook,
    /// Keys that sign, the newest first: one, or two while one takes the other's place.
    pub secrets: Vec<SecretString>,
    /// What is to be sent now, with its event.
    pub deliveries: Vec<(WebhookDelivery, Event)>,
    /// The end of the lease, by which it is known.
    leased_until_ms: i64,
}

/// What came of a delivery in a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryOutcome {
    /// Position of its event.
    pub seq: i64,
    /// Attempts before this one.
    pub attempts: u32,
    /// How far it is now.
    pub state: DeliveryState,
    /// When it is sent next, if it waits.
    pub next_at: Timestamp,
    /// What was answered.
    pub status: Option<u16>,
    /// Why it was not taken.
    pub why: Option<String>,
}

impl FleetStore {
    /// Finds a webhook of any org.
    pub async fn find_webhook(&self, id: WebhookId) -> Result<Option<Webhook>, Error> {
        find(&mut *self.store.database.read().await?, &self.store.sealer, None, id).await
    }

    /// Webhooks for which there is something to do, those first whose turn was longest ago.
    pub async fn due_webhooks(&self, now: Timestamp, limit: u32) -> Result<Vec<WebhookId>, Error> {
        let ids: Vec<String> = sqlx::query_scalar(
            "select w.id from webhooks w where w.enabled and w.leased_until_ms <= $1 and (
                 exists (select 1 from webhook_deliveries d
                         where d.webhook_id = w.id and d.state = 'waiting' and d.next_at_ms <= $1)
                 or (exists (select 1 from events e where e.org_id = w.org_id and e.seq > w.position)
                     and $2 > (select count(*) from webhook_deliveries d
                               where d.webhook_id = w.id and d.state = 'waiting')))
             order by w.leased_until_ms, w.id limit $3",
        )
        .bind(now.as_millisecond())
        .bind(DELIVERIES_WAITING_MAX)
        .bind(i64::from(limit))
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        ids.iter().map(|id| parsed(id)).collect()
    }

    /// When the event was put down that has waited longest to be taken by a webhook that is on; `None`: none waits.
    pub async fn oldest_waiting_delivery(&self) -> Result<Option<Timestamp>, Error> {
        let oldest: Option<i64> = sqlx::query_scalar(
            "select min(d.created_at_ms) from webhooks w join webhook_deliveries d on d.webhook_id = w.id
             where w.enabled and d.state = 'waiting'",
        )
        .fetch_one(&mut *self.store.database.read().await?)
        .await?;
        instant_opt(oldest)
    }

    /// Takes a webhook's turn, with at most `at_once` deliveries; `None`: somebody else has it, or it is gone or off.
    pub async fn take_webhook_turn(
        &self,
        id: WebhookId,
        (lease, at_once): (Duration, u32),
        now: Timestamp,
    ) -> Result<Option<WebhookTurn>, Error> {
        let mut tx = self.store.database.write().await?;
        let now_ms = now.as_millisecond();
        let leased_until_ms = now_ms.saturating_add(bigint(lease.as_secs()).saturating_mul(1000));
        let position: Option<i64> = sqlx::query_scalar(
            "update webhooks set leased_until_ms = $2 where id = $1 and enabled and leased_until_ms <= $3
             returning position",
        )
        .bind(id.to_string())
        .bind(leased_until_ms)
        .bind(now_ms)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(position) = position else { return Ok(None) };
        let sealer = &self.store.sealer;
        let webhook = find(&mut tx, sealer, None, id).await?.ok_or(Error::NotFound("webhook"))?;
        follow(&mut tx, &webhook, position, now).await?;
        let secrets = secrets(&mut tx, sealer, (id, now)).await?;
        let deliveries = due(&mut tx, &webhook, at_once, now).await?;
        tx.commit().await?;
        Ok(Some(WebhookTurn { webhook, secrets, deliveries, leased_until_ms }))
    }

    /// Ends a turn. With `given_up`, a reason and an event, the webhook is switched off. False: the turn had ended before, and what came of
    /// it is forgotten.
    pub async fn finish_webhook_turn(
        &self,
        turn: &WebhookTurn,
        outcomes: &[DeliveryOutcome],
        given_up: Option<(&str, NewEvent)>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let was_taken = outcomes.iter().any(|outcome| outcome.state == DeliveryState::Delivered);
        let was_refused = outcomes.iter().any(|outcome| outcome.state != DeliveryState::Delivered);
        let ended = sqlx::query(
            "update webhooks set leased_until_ms = $3,
                    delivered_at_ms = case when $4 then $3 else delivered_at_ms end,
                    failing_since_ms = case when $4 then null when $5 then coalesce(failing_since_ms, $3)
                                            else failing_since_ms end
             where id = $1 and leased_until_ms = $2",
        )
        .bind(turn.webhook.id.to_string())
        .bind(turn.leased_until_ms)
        .bind(now.as_millisecond())
        .bind(was_taken)
        .bind(was_refused)
        .execute(&mut *tx)
        .await?;
        if ended.rows_affected() == 0 {
            return Ok(false);
        }
        for outcome in outcomes {
            put_down(&mut tx, turn.webhook.id, outcome, now).await?;
        }
        if let Some((why, event)) = given_up {
            sqlx::query(
                "update webhooks set enabled = $2, disabled_why = $3, version = version + 1 where id = $1",
            )
            .bind(turn.webhook.id.to_string())
            .bind(false)
            .bind(why)
            .execute(&mut *tx)
            .await?;
            event::append(&mut tx, Some(turn.webhook.org), None, &event, now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// Decides which events behind the position are sent, as far as there is room.
async fn follow(tx: &mut Connection, webhook: &Webhook, position: i64, now: Timestamp) -> Result<(), Error> {
    let waiting: i64 = sqlx::query_scalar(
        "select count(*) from webhook_deliveries where webhook_id = $1 and state = 'waiting'",
    )
    .bind(webhook.id.to_string())
    .fetch_one(&mut *tx)
    .await?;
    if waiting >= DELIVERIES_WAITING_MAX {
        return Ok(());
    }
    let feed = Feed { org: Some(webhook.org), about: None, after: position, limit: EVENTS_MAX };
    let events = event_feed::read(tx, &feed).await?;
    for event in &events {
        let is_about = webhook.plan.about.is_none() || webhook.plan.about == event.box_id;
        if is_about && webhook.plan.types.passes(&event.action) {
            enqueue(tx, webhook.id, (event.seq, event.id, &event.action), now).await?;
        }
    }
    if let Some(last) = events.last() {
        sqlx::query("update webhooks set position = $2 where id = $1")
            .bind(webhook.id.to_string())
            .bind(last.seq)
            .execute(tx)
            .await?;
    }
    Ok(())
}

async fn due(
    tx: &mut Connection,
    webhook: &Webhook,
    at_once: u32,
    now: Timestamp,
) -> Result<Vec<(WebhookDelivery, Event)>, Error> {
    let rows: Vec<DeliveryRow> = sqlx::query_as(select_deliveries!(
        "where webhook_id = $1 and state = 'waiting' and next_at_ms <= $2 order by next_at_ms, seq limit $3"
    ))
    .bind(webhook.id.to_string())
    .bind(now.as_millisecond())
    .bind(i64::from(at_once))
    .fetch_all(&mut *tx)
    .await?;
    let mut due = Vec::with_capacity(rows.len());
    for row in rows {
        let delivery = WebhookDelivery::try_from(row)?;
        let feed = Feed { org: Some(webhook.org), about: None, after: delivery.seq - 1, limit: 1 };
        let event = event_feed::read(tx, &feed).await?.pop();
        let event = event.filter(|event| event.seq == delivery.seq);
        due.push((delivery, event.ok_or_else(|| Error::damaged("the event of a delivery is gone"))?));
    }
    Ok(due)
}

async fn put_down(
    tx: &mut Connection,
    id: WebhookId,
    outcome: &DeliveryOutcome,
    now: Timestamp,
) -> Result<(), Error> {
    // One that somebody asked for again meanwhile begins anew.
    sqlx::query(
        "update webhook_deliveries set state = $4, attempts = attempts + 1, next_at_ms = $5, last_at_ms = $6, status = $7,
                why = $8
         where webhook_id = $1 and seq = $2 and attempts = $3",
    )
    .bind(id.to_string())
    .bind(outcome.seq)
    .bind(i64::from(outcome.attempts))
    .bind(outcome.state.as_str())
    .bind(outcome.next_at.as_millisecond())
    .bind(now.as_millisecond())
    .bind(outcome.status.map(i64::from))
    .bind(&outcome.why)
    .execute(tx)
    .await?;
    Ok(())
}
