//! Removing what has served its time, a little at once.

use std::time::Duration;

use jiff::Timestamp;

use crate::execs::forgotten_before;
use crate::row::bigint;
use crate::{Error, FleetStore, messages};

/// How long the outcome of an operation can be asked for.
const OPERATION_TTL: Duration = Duration::from_hours(30 * 24);

/// Deletes a bounded number of rows, by their key, whose time in this column has come.
macro_rules! ended {
    ($table:literal by $key:literal at $column:literal) => {
        ended!($table by $key of $key at $column)
    };
    // A key of several columns has parentheses where it is compared, and none where it is selected.
    ($table:literal by $key:literal of $columns:literal at $column:literal) => {
        concat!(
            "delete from ", $table, " where ", $key, " in (select ", $columns, " from ", $table, " where ", $column,
            " <= $1 limit $2)"
        )
    };
}

/// How long a call of a model can be looked at.
const MODEL_CALL_TTL: Duration = Duration::from_hours(30 * 24);
/// How many of the latest calls of all boxes are kept, however young they are.
const MODEL_CALLS_MAX: i64 = 1_000_000;

const MODEL_CALLS_OVER: &str = "delete from model_calls where seq in (
    select seq from model_calls where seq <= (select value from counters where name = 'model-calls') - $1 limit $2)";

/// How long it can be looked up who helped whom, and why.
const SUPPORT_TTL: Duration = Duration::from_hours(90 * 24);

/// How long what came of a delivery can be looked at, and how old one gets.
pub const DELIVERY_TTL: Duration = Duration::from_hours(30 * 24);

const DELIVERIES: &str =
    ended!("webhook_deliveries" by "(webhook_id, seq)" of "webhook_id, seq" at "created_at_ms");
const WEBHOOK_SECRETS: &str =
    ended!("webhook_secrets" by "(webhook_id, name)" of "webhook_id, name" at "ends_at_ms");

const IDEMPOTENCY_KEYS: &str =
    ended!("idempotency_keys" by "(scope, key)" of "scope, key" at "expires_at_ms");

/// What one call of [`FleetStore::purge_expired`] removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Sessions that had ended.
    pub sessions: u64,
    /// Sign-in codes that had expired.
    pub sign_in_codes: u64,
    /// Service tokens that had ended.
    pub service_tokens: u64,
    /// Devices that waited too long.
    pub devices: u64,
    /// Tickets that nobody used.
    pub tickets: u64,
    /// Answers kept for repeated requests.
    pub idempotency_keys: u64,
    /// Operations that ended long ago.
    pub operations: u64,
    /// Commands that ended long ago.
    pub execs: u64,
    /// Messages whose answers nobody reads any more.
    pub messages: u64,
    /// Runs over many boxes that ended long ago.
    pub bulk_runs: u64,
    /// Calls of models that are old, or too many.
    pub model_calls: u64,
    /// Support access that ended long ago.
    pub support_sessions: u64,
    /// Deliveries of webhooks that are old, and their keys that have ended.
    pub webhooks: u64,
}

impl Purged {
    /// Whether nothing was left to remove.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

impl FleetStore {
    /// Removes at most `limit` rows of each kind that nobody needs any more, so that the writer is never held for
    /// long. Call again until [`Purged::is_nothing`].
    pub async fn purge_expired(&self, now: Timestamp, limit: u32) -> Result<Purged, Error> {
        let now_ms = now.as_millisecond();
        let operations_before = now_ms.saturating_sub(bigint(OPERATION_TTL.as_secs()).saturating_mul(1000));
        let deliveries_before = now_ms.saturating_sub(bigint(DELIVERY_TTL.as_secs()).saturating_mul(1000));
        let support_before = now_ms.saturating_sub(bigint(SUPPORT_TTL.as_secs()).saturating_mul(1000));
        let calls_before = now_ms.saturating_sub(bigint(MODEL_CALL_TTL.as_secs()).saturating_mul(1000));
        Ok(Purged {
            sessions: self
                .purge(ended!("sessions" by "token_hash" at "expires_at_ms"), now_ms, limit)
                .await?,
            sign_in_codes: self
                .purge(ended!("sign_in_codes" by "code_hash" at "expires_at_ms"), now_ms, limit)
                .await?,
            service_tokens: self
                .purge(ended!("service_tokens" by "id" at "expires_at_ms"), now_ms, limit)
                .await?,
            // One that is approved has no end.
            devices: self.purge(ended!("devices" by "id" at "expires_at_ms"), now_ms, limit).await?,
            tickets: self.purge(ended!("tickets" by "ticket_hash" at "expires_at_ms"), now_ms, limit).await?,
            idempotency_keys: self.purge(IDEMPOTENCY_KEYS, now_ms, limit).await?,
            operations: self
                .purge(ended!("operations" by "id" at "finished_at_ms"), operations_before, limit)
                .await?,
            execs: self.purge(ended!("execs" by "id" at "ended_at_ms"), forgotten_before(now), limit).await?,
            // Whoever waited for an answer has given up by then.
            messages: self
                .purge(ended!("messages" by "id" at "until_ms"), messages::forgotten_before(now), limit)
                .await?,
            bulk_runs: self
                .purge(ended!("bulk_runs" by "id" at "finished_at_ms"), operations_before, limit)
                .await?,
            model_calls: self
                .purge(ended!("model_calls" by "seq" at "at_ms"), calls_before, limit)
                .await?
                .saturating_add(self.purge(MODEL_CALLS_OVER, MODEL_CALLS_MAX, limit).await?),
            support_sessions: self
                .purge(ended!("support_sessions" by "id" at "expires_at_ms"), support_before, limit)
                .await?,
            webhooks: self
                .purge(DELIVERIES, deliveries_before, limit)
                .await?
                .saturating_add(self.purge(WEBHOOK_SECRETS, now_ms, limit).await?),
        })
    }

    /// A transaction of its own for each kind: others may write in between.
    async fn purge(&self, sql: &'static str, before_ms: i64, limit: u32) -> Result<u64, Error> {
        let mut tx = self.store.database.write().await?;
        let removed =
            sqlx::query(sql).bind(before_ms).bind(i64::from(limit)).execute(&mut *tx).await?.rows_affected();
        tx.commit().await?;
        Ok(removed)
    }
}
