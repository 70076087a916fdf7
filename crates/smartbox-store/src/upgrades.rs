//! Rows of upgrades: how far each has come, so that whoever acts next takes it up.

use jiff::Timestamp;
use smartbox_core::upgrade::UpgradeStage;
use smartbox_core::{BackupId, BoxId, OperationId, OrgId};

use crate::Error;
use crate::database::Connection;
use crate::row::{instant, instant_opt, parsed};

/// An upgrade of the agent runtime of one box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// Its operation.
    pub id: OperationId,
    /// Whose box it is.
    pub org: OrgId,
    /// Which box.
    pub box_id: BoxId,
    /// The version that the box had.
    pub from: String,
    /// The version that it is to have.
    pub to: String,
    /// How far it has come; how far it came, when it is over.
    pub stage: UpgradeStage,
    /// Since when.
    pub since: Timestamp,
    /// The saved state to go back to.
    pub backup: Option<BackupId>,
    /// Whether the box was stopped, and is stopped again in the end.
    pub was_stopped: bool,
    /// Why it goes back, or did.
    pub why: Option<String>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct UpgradeRow {
    id: String,
    org_id: String,
    box_id: String,
    from_version: String,
    to_version: String,
    stage: String,
    since_ms: i64,
    backup_id: Option<String>,
    was_stopped: bool,
    why: Option<String>,
    finished_at_ms: Option<i64>,
}

impl TryFrom<UpgradeRow> for Upgrade {
    type Error = Error;

    fn try_from(row: UpgradeRow) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            org: parsed(&row.org_id)?,
            box_id: parsed(&row.box_id)?,
            from: row.from_version,
            to: row.to_version,
            stage: parsed(&row.stage)?,
            since: instant(row.since_ms)?,
            backup: row.backup_id.as_deref().map(parsed).transpose()?,
            was_stopped: row.was_stopped,
            why: row.why,
            finished_at: instant_opt(row.finished_at_ms)?,
        })
    }
}

macro_rules! select_upgrades {
    ($tail:literal) => {
        concat!(
            "select id, org_id, box_id, from_version, to_version, stage, since_ms, backup_id, was_stopped, why,
                    finished_at_ms from upgrades ",
            $tail
        )
    };
}
pub(crate) use select_upgrades;

/// The one of a box that is under way.
pub(crate) async fn open_of_box(connection: &mut Connection, id: BoxId) -> Result<Option<Upgrade>, Error> {
    let row: Option<UpgradeRow> =
        sqlx::query_as(select_upgrades!("where box_id = $1 and finished_at_ms is null"))
            .bind(id.to_string())
            .fetch_optional(connection)
            .await?;
    row.map(Upgrade::try_from).transpose()
}

/// The newest of a box, over or not.
pub(crate) async fn newest_of_box(connection: &mut Connection, id: BoxId) -> Result<Option<Upgrade>, Error> {
    let row: Option<UpgradeRow> =
        sqlx::query_as(select_upgrades!("where box_id = $1 order by id desc limit 1"))
            .bind(id.to_string())
            .fetch_optional(connection)
            .await?;
    row.map(Upgrade::try_from).transpose()
}

pub(crate) async fn insert(tx: &mut Connection, new: &Upgrade) -> Result<(), Error> {
    sqlx::query(
        "insert into upgrades (id, org_id, box_id, from_version, to_version, stage, since_ms, backup_id, was_stopped)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(new.id.to_string())
    .bind(new.org.to_string())
    .bind(new.box_id.to_string())
    .bind(&new.from)
    .bind(&new.to)
    .bind(new.stage.as_str())
    .bind(new.since.as_millisecond())
    .bind(new.backup.map(|id| id.to_string()))
    .bind(new.was_stopped)
    .execute(tx)
    .await?;
    Ok(())
}

/// Moves an upgrade that is under way and at `from` on. Says whether it was.
pub(crate) async fn advance(
    tx: &mut Connection,
    id: OperationId,
    (from, to): (UpgradeStage, UpgradeStage),
    why: Option<&str>,
    now: Timestamp,
) -> Result<bool, Error> {
    let moved = sqlx::query(
        "update upgrades set stage = $3, since_ms = $4, why = coalesce($5, why)
         where id = $1 and stage = $2 and finished_at_ms is null",
    )
    .bind(id.to_string())
    .bind(from.as_str())
    .bind(to.as_str())
    .bind(now.as_millisecond())
    .bind(why)
    .execute(tx)
    .await?;
    Ok(moved.rows_affected() > 0)
}
