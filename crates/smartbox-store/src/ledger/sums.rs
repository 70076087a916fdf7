//! Sums as columns.

use smartbox_core::ledger::Usage;

use crate::Error;
use crate::database::Connection;
use crate::row::bigint;

/// The columns of [`SumsRow`].
macro_rules! sum_columns {
    () => {
        "sent, received, connections, requests, calls, input, output, cache_read, cache_write, nanos, cpu_ms, memory_mib_s, storage_mib_s, awake_ms"
    };
}
pub(crate) use sum_columns;

/// The columns of [`SumsRow`], each the sum of many rows.
macro_rules! summed_columns {
    () => {
        "cast(sum(sent) as bigint) as sent, cast(sum(received) as bigint) as received,
         cast(sum(connections) as bigint) as connections, cast(sum(requests) as bigint) as requests,
         cast(sum(calls) as bigint) as calls, cast(sum(input) as bigint) as input,
         cast(sum(output) as bigint) as output, cast(sum(cache_read) as bigint) as cache_read,
         cast(sum(cache_write) as bigint) as cache_write, cast(sum(nanos) as bigint) as nanos,
         cast(sum(cpu_ms) as bigint) as cpu_ms, cast(sum(memory_mib_s) as bigint) as memory_mib_s,
         cast(sum(storage_mib_s) as bigint) as storage_mib_s, cast(sum(awake_ms) as bigint) as awake_ms"
    };
}
pub(crate) use summed_columns;

#[derive(Clone, Copy, Debug, Default, sqlx::FromRow)]
pub(crate) struct SumsRow {
    sent: i64,
    received: i64,
    connections: i64,
    requests: i64,
    calls: i64,
    input: i64,
    output: i64,
    cache_read: i64,
    cache_write: i64,
    nanos: i64,
    cpu_ms: i64,
    memory_mib_s: i64,
    storage_mib_s: i64,
    awake_ms: i64,
}

impl From<SumsRow> for Usage {
    fn from(row: SumsRow) -> Self {
        let sum = |value: i64| u64::try_from(value).unwrap_or(0);
        Self {
            sent: sum(row.sent),
            received: sum(row.received),
            connections: sum(row.connections),
            requests: sum(row.requests),
            calls: sum(row.calls),
            input: sum(row.input),
            output: sum(row.output),
            cache_read: sum(row.cache_read),
            cache_write: sum(row.cache_write),
            nanos: sum(row.nanos),
            cpu_ms: sum(row.cpu_ms),
            memory_mib_s: sum(row.memory_mib_s),
            storage_mib_s: sum(row.storage_mib_s),
            awake_ms: sum(row.awake_ms),
        }
    }
}

/// Of whom and when: org, box and period as the table has them.
pub(crate) type Key = (String, String, String);

/// Adds to a sum.
pub(crate) async fn add(tx: &mut Connection, key: &Key, usage: &Usage) -> Result<(), Error> {
    sqlx::query(concat!(
        "insert into usage_rollups (org_id, box_id, period, ",
        sum_columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         on conflict (org_id, box_id, period) do update set
             sent = usage_rollups.sent + excluded.sent,
             received = usage_rollups.received + excluded.received,
             connections = usage_rollups.connections + excluded.connections,
             requests = usage_rollups.requests + excluded.requests,
             calls = usage_rollups.calls + excluded.calls,
             input = usage_rollups.input + excluded.input,
             output = usage_rollups.output + excluded.output,
             cache_read = usage_rollups.cache_read + excluded.cache_read,
             cache_write = usage_rollups.cache_write + excluded.cache_write,
             nanos = usage_rollups.nanos + excluded.nanos,
             cpu_ms = usage_rollups.cpu_ms + excluded.cpu_ms,
             memory_mib_s = usage_rollups.memory_mib_s + excluded.memory_mib_s,
             storage_mib_s = usage_rollups.storage_mib_s + excluded.storage_mib_s,
             awake_ms = usage_rollups.awake_ms + excluded.awake_ms"
    ))
    .bind(&key.0)
    .bind(&key.1)
    .bind(&key.2)
    .bind(bigint(usage.sent))
    .bind(bigint(usage.received))
    .bind(bigint(usage.connections))
    .bind(bigint(usage.requests))
    .bind(bigint(usage.calls))
    .bind(bigint(usage.input))
    .bind(bigint(usage.output))
    .bind(bigint(usage.cache_read))
    .bind(bigint(usage.cache_write))
    .bind(bigint(usage.nanos))
    .bind(bigint(usage.cpu_ms))
    .bind(bigint(usage.memory_mib_s))
    .bind(bigint(usage.storage_mib_s))
    .bind(bigint(usage.awake_ms))
    .execute(tx)
    .await?;
    Ok(())
}
