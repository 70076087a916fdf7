//! Rows of backups, and of how it goes with them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use smartbox_core::backup::{Facts, Reason};
use smartbox_core::{BackupId, BoxId, OrgId};

use crate::Error;
use crate::database::Connection;
use crate::row::{bigint, instant, instant_opt, number, parsed};

/// Most backups of one box that are shown.
pub(crate) const BACKUPS_MAX: i64 = 1_000;
/// Most that are looked at to decide which are kept; far more than any policy keeps.
pub(crate) const EVERY_MAX: i64 = 100_000;

/// A saved state of a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its identity.
    pub id: BackupId,
    /// Whose box it is of.
    pub org: OrgId,
    /// Which box.
    pub box_id: BoxId,
    /// What the repository calls it.
    pub snapshot: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// Whether it stays until a person removes it.
    pub is_pinned: bool,
    /// Why it is not trusted; `None` for a good one.
    pub suspicion: Option<String>,
    /// What kept the box's processes from writing: `frozen`, `asleep`, `stopped`.
    pub stillness: String,
    /// For how long that froze them, in microseconds.
    pub still_us: u64,
    /// How long it took in all, in milliseconds.
    pub took_ms: u64,
    /// The agent runtime that wrote the state.
    pub runtime_version: String,
    /// The platform's fencing number.
    pub epoch: i64,
    /// What was counted.
    pub facts: Facts,
    /// Bytes that were new to the repository.
    pub added_bytes: u64,
    /// Names, sizes and times of everything in it, as one number.
    pub mark: String,
    /// When all of it was last read back, and what was found wrong.
    pub verified: Option<(Timestamp, Option<String>)>,
    /// When it was last booted in a sealed box, and what was wrong then.
    pub drilled: Option<(Timestamp, Option<String>)>,
}

impl Backup {
    /// Whether it can be trusted: it looked well when it was made, and when it was read back.
    pub fn is_good(&self) -> bool {
        self.suspicion.is_none() && !matches!(&self.verified, Some((_, Some(_wrong))))
    }
}

/// What takes the place of a box's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreFrom {
    /// A backup.
    Backup(BackupId),
    /// What was there before the last restore.
    Undo,
}

const UNDO: &str = "undo";

impl fmt::Display for RestoreFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backup(id) => id.fmt(f),
            Self::Undo => f.write_str(UNDO),
        }
    }
}

impl FromStr for RestoreFrom {
    type Err = smartbox_core::id::BadId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == UNDO { Ok(Self::Undo) } else { text.parse().map(Self::Backup) }
    }
}

/// A restore that was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What was put in place.
    pub from: RestoreFrom,
    /// When.
    pub at: Timestamp,
    /// Until when it can be undone; `None`: there was nothing before it.
    pub undo_until: Option<Timestamp>,
    /// Whether the box has been ready since.
    pub is_proven: bool,
}

/// How it goes with the backups of a box.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupState {
    /// When it was last looked at for changes.
    pub looked_at: Option<Timestamp>,
    /// Since when something may have changed that is in no good backup.
    pub changed_since: Option<Timestamp>,
    /// Attempts that failed in a row.
    pub failures: u32,
    /// Why the last one failed.
    pub failure: Option<String>,
    /// Whether people were told that the newest good one is too old.
    pub is_overdue: bool,
    /// What takes the place of its disk before it starts next.
    pub restore_from: Option<RestoreFrom>,
    /// The last restore.
    pub restored: Option<Restored>,
    /// The version of the agent runtime that what was there before it belongs to.
    pub undo_version: Option<String>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct BackupRow {
    id: String,
    org_id: String,
    box_id: String,
    snapshot: String,
    made_at_ms: i64,
    reason: String,
    is_pinned: bool,
    suspicion: Option<String>,
    stillness: String,
    still_us: i64,
    took_ms: i64,
    runtime_version: String,
    epoch: i64,
    files: i64,
    bytes: i64,
    databases: i64,
    broken_databases: i64,
    left_out: i64,
    added_bytes: i64,
    mark: String,
    verified_at_ms: Option<i64>,
    verified_what: Option<String>,
    drilled_at_ms: Option<i64>,
    drilled_what: Option<String>,
}

/// A query for whole rows of backups. Columns are named, so that a later migration cannot reorder them.
macro_rules! select_backups {
    ($tail:literal) => {
        concat!(
            "select id, org_id, box_id, snapshot, made_at_ms, reason, is_pinned, suspicion, stillness, still_us, took_ms,
                    runtime_version, epoch, files, bytes, databases, broken_databases, left_out, added_bytes, mark,
                    verified_at_ms, verified_what,
                    (select finished_at_ms from drills where backup_id = backups.id and finished_at_ms is not null
                     order by drills.id desc limit 1) as drilled_at_ms,
                    (select what from drills where backup_id = backups.id and finished_at_ms is not null
                     order by drills.id desc limit 1) as drilled_what
             from backups ",
            $tail
        )
    };
}
pub(crate) use select_backups;

impl TryFrom<BackupRow> for Backup {
    type Error = Error;

    fn try_from(row: BackupRow) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            org: parsed(&row.org_id)?,
            box_id: parsed(&row.box_id)?,
            snapshot: row.snapshot,
            made_at: instant(row.made_at_ms)?,
            reason: parsed(&row.reason)?,
            is_pinned: row.is_pinned,
            suspicion: row.suspicion,
            stillness: row.stillness,
            still_us: number(row.still_us)?,
            took_ms: number(row.took_ms)?,
            runtime_version: row.runtime_version,
            epoch: row.epoch,
            facts: Facts {
                files: number(row.files)?,
                bytes: number(row.bytes)?,
                databases: number(row.databases)?,
                broken_databases: number(row.broken_databases)?,
                left_out: number(row.left_out)?,
            },
            added_bytes: number(row.added_bytes)?,
            mark: row.mark,
            verified: instant_opt(row.verified_at_ms)?.map(|at| (at, row.verified_what)),
            drilled: instant_opt(row.drilled_at_ms)?.map(|at| (at, row.drilled_what)),
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct StateRow {
    pub(crate) box_id: String,
    looked_at_ms: Option<i64>,
    changed_since_ms: Option<i64>,
    failures: i64,
    failure: Option<String>,
    is_overdue: bool,
    restore_from: Option<String>,
    restored_from: Option<String>,
    restored_at_ms: Option<i64>,
    undo_until_ms: Option<i64>,
    is_proven: bool,
    undo_version: Option<String>,
}

/// A query for whole rows of states.
macro_rules! select_states {
    ($tail:literal) => {
        concat!(
            "select box_id, looked_at_ms, changed_since_ms, failures, failure, is_overdue, restore_from, restored_from,
                    restored_at_ms, undo_until_ms, is_proven, undo_version
             from backup_states ",
            $tail
        )
    };
}
pub(crate) use select_states;

impl TryFrom<StateRow> for BackupState {
    type Error = Error;

    fn try_from(row: StateRow) -> Result<Self, Error> {
        let restored = match (row.restored_from.as_deref(), instant_opt(row.restored_at_ms)?) {
            (Some(from), Some(at)) => Some(Restored {
                from: parsed(from)?,
                at,
                undo_until: instant_opt(row.undo_until_ms)?,
                is_proven: row.is_proven,
            }),
            _ => None,
        };
        Ok(Self {
            looked_at: instant_opt(row.looked_at_ms)?,
            changed_since: instant_opt(row.changed_since_ms)?,
            failures: number(row.failures)?,
            failure: row.failure,
            is_overdue: row.is_overdue,
            restore_from: row.restore_from.as_deref().map(parsed).transpose()?,
            restored,
            undo_version: row.undo_version,
        })
    }
}

/// The backups of a box, the newest first, at most `limit`.
pub(crate) async fn of_box(connection: &mut Connection, id: BoxId, limit: i64) -> Result<Vec<Backup>, Error> {
    let rows: Vec<BackupRow> =
        sqlx::query_as(select_backups!("where box_id = $1 order by made_at_ms desc, id desc limit $2"))
            .bind(id.to_string())
            .bind(limit)
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(Backup::try_from).collect()
}

/// How it goes with those of a box.
pub(crate) async fn state_of(connection: &mut Connection, id: BoxId) -> Result<BackupState, Error> {
    let row: Option<StateRow> = sqlx::query_as(select_states!("where box_id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    Ok(row.map(BackupState::try_from).transpose()?.unwrap_or_default())
}

/// Makes the row of a box's state if there is none.
pub(crate) async fn ensure_state(tx: &mut Connection, id: BoxId) -> Result<(), Error> {
    sqlx::query(
        "insert into backup_states (box_id, failures, is_overdue, is_proven) values ($1, 0, false, true)
         on conflict (box_id) do nothing",
    )
    .bind(id.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// Puts a new one down.
pub(crate) async fn insert(tx: &mut Connection, new: &Backup) -> Result<(), Error> {
    sqlx::query(
        "insert into backups (id, org_id, box_id, snapshot, made_at_ms, reason, is_pinned, suspicion, stillness, still_us,
                              took_ms, runtime_version, epoch, files, bytes, databases, broken_databases, left_out,
                              added_bytes, mark)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
    )
    .bind(new.id.to_string())
    .bind(new.org.to_string())
    .bind(new.box_id.to_string())
    .bind(&new.snapshot)
    .bind(new.made_at.as_millisecond())
    .bind(new.reason.as_str())
    .bind(new.is_pinned)
    .bind(&new.suspicion)
    .bind(&new.stillness)
    .bind(bigint(new.still_us))
    .bind(bigint(new.took_ms))
    .bind(&new.runtime_version)
    .bind(new.epoch)
    .bind(bigint(new.facts.files))
    .bind(bigint(new.facts.bytes))
    .bind(bigint(new.facts.databases))
    .bind(bigint(new.facts.broken_databases))
    .bind(bigint(new.facts.left_out))
    .bind(bigint(new.added_bytes))
    .bind(&new.mark)
    .execute(tx)
    .await?;
    Ok(())
}

/// Wants another disk for a box at its next start.
pub(crate) async fn wish(tx: &mut Connection, id: BoxId, from: RestoreFrom) -> Result<(), Error> {
    ensure_state(tx, id).await?;
    sqlx::query("update backup_states set restore_from = $2 where box_id = $1")
        .bind(id.to_string())
        .bind(from.to_string())
        .execute(tx)
        .await?;
    Ok(())
}
