//! CPU, memory and disk: from what was read of a box to what it has used since the reading before.

use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::BoxId;

use super::roll_up::{self, BESIDE_MAX, Log};
use crate::database::Connection;
use crate::row::bigint;
use crate::{Error, FleetStore};

/// What was read of a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gauge {
    /// Which.
    pub box_id: BoxId,
    /// Another word each time that counting begins anew: its processes were started afresh.
    pub run: String,
    /// CPU time that its processes have taken in this run, in milliseconds.
    pub cpu_ms: u64,
    /// Memory that they take now.
    pub memory_bytes: u64,
    /// What lies on its disk; `None`: not measured this time.
    pub storage_bytes: Option<u64>,
    /// Whether its processes can run now.
    pub is_awake: bool,
}

/// What a box has used between two readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComputeUsage {
    /// CPU time, in milliseconds.
    pub cpu_ms: u64,
    /// Memory over time, in MiB-seconds.
    pub memory_mib_s: u64,
    /// Disk over time, in MiB-seconds.
    pub storage_mib_s: u64,
    /// Time awake, in milliseconds.
    pub awake_ms: u64,
}

#[derive(sqlx::FromRow)]
struct GaugeRow {
    at_ms: i64,
    run: String,
    cpu_ms: i64,
    storage_bytes: i64,
}

/// The difference of two readings. Time is counted up to `gap_max`: for longer nobody has looked, or the clock was set.
fn between(before: &GaugeRow, gauge: &Gauge, now: Timestamp, gap_max: Duration) -> ComputeUsage {
    let cpu_before = u64::try_from(before.cpu_ms).unwrap_or(0);
    // A counter that was set back without a new run counts from 0, too.
    let cpu_ms = match gauge.run == before.run && gauge.cpu_ms >= cpu_before {
        true => gauge.cpu_ms - cpu_before,
        false => gauge.cpu_ms,
    };
    let passed = now.as_millisecond().saturating_sub(before.at_ms);
    let passed =
        u64::try_from(passed).unwrap_or(0).min(u64::try_from(gap_max.as_millis()).unwrap_or(u64::MAX));
    let over_time = |bytes: u64| {
        let mib_s = u128::from(bytes) * u128::from(passed) / (1000 << 20);
        u64::try_from(mib_s).unwrap_or(u64::MAX)
    };
    let storage_bytes =
        gauge.storage_bytes.unwrap_or_else(|| u64::try_from(before.storage_bytes).unwrap_or(0));
    ComputeUsage {
        cpu_ms,
        memory_mib_s: over_time(gauge.memory_bytes),
        storage_mib_s: over_time(storage_bytes),
        awake_ms: if gauge.is_awake { passed } else { 0 },
    }
}

async fn append(tx: &mut Connection, id: BoxId, usage: &ComputeUsage, now: Timestamp) -> Result<(), Error> {
    if *usage == ComputeUsage::default() {
        return Ok(());
    }
    let seq: i64 = sqlx::query_scalar(
        "update counters set value = value + 1 where name = 'compute-usage' returning value",
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query(
        "insert into compute_usage (seq, box_id, org_id, at_ms, cpu_ms, memory_mib_s, storage_mib_s, awake_ms)
         values ($1, $2, (select org_id from boxes where id = $2), $3, $4, $5, $6, $7)",
    )
    .bind(seq)
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .bind(bigint(usage.cpu_ms))
    .bind(bigint(usage.memory_mib_s))
    .bind(bigint(usage.storage_mib_s))
    .bind(bigint(usage.awake_ms))
    .execute(tx)
    .await?;
    Ok(())
}

async fn keep(tx: &mut Connection, gauge: &Gauge, now: Timestamp) -> Result<(), Error> {
    // A box that was forgotten meanwhile has no row, and needs none.
    sqlx::query(
        "insert into box_gauges (box_id, org_id, at_ms, run, cpu_ms, storage_bytes)
         select id, org_id, $2, $3, $4, coalesce($5, 0) from boxes where id = $1
         on conflict (box_id) do update set at_ms = $2, run = $3, cpu_ms = $4,
             storage_bytes = coalesce($5, box_gauges.storage_bytes)",
    )
    .bind(gauge.box_id.to_string())
    .bind(now.as_millisecond())
    .bind(&gauge.run)
    .bind(bigint(gauge.cpu_ms))
    .bind(gauge.storage_bytes.map(bigint))
    .execute(tx)
    .await?;
    Ok(())
}

impl FleetStore {
    /// Takes readings in: appends what was used since the readings before, keeps these for the next, and sums up; all of it or nothing,
    /// so that a crash in between counts nothing twice. Of a box that is read for the first time CPU time alone is counted.
    pub async fn record_gauges(
        &self,
        gauges: &[Gauge],
        gap_max: Duration,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        for gauge in gauges {
            let before: Option<GaugeRow> =
                sqlx::query_as("select at_ms, run, cpu_ms, storage_bytes from box_gauges where box_id = $1")
                    .bind(gauge.box_id.to_string())
                    .fetch_optional(&mut *tx)
                    .await?;
            let first =
                GaugeRow { at_ms: now.as_millisecond(), run: String::new(), cpu_ms: 0, storage_bytes: 0 };
            let usage = between(&before.unwrap_or(first), gauge, now, gap_max);
            append(&mut tx, gauge.box_id, &usage, now).await?;
            keep(&mut tx, gauge, now).await?;
        }
        let more = u32::try_from(gauges.len()).unwrap_or(u32::MAX);
        roll_up::advance(&mut tx, Log::Compute, BESIDE_MAX.saturating_add(more)).await?;
        Ok(tx.commit().await?)
    }
}
