//! Long-running changes that can be waited for.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use smartbox_core::state::BadState;
use smartbox_core::{BoxId, Desired, OperationId, OrgId};

use crate::Error;
use crate::database::Connection;
use crate::row::{error_from, instant, instant_opt, parsed};
use crate::smartbox::{BoxError, Smartbox};

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// Makes a box.
    Create,
    /// Makes it run.
    Start,
    /// Stops it, keeps its disk.
    Stop,
    /// Gives it a new incarnation.
    Restart,
    /// Deletes it.
    Delete,
    /// Puts a saved state in the place of its disk.
    Restore,
    /// Puts it to sleep.
    Sleep,
    /// Wakes it.
    Wake,
    /// Gives it another version of the agent runtime.
    Upgrade,
    /// Saves it and frees its disk.
    Archive,
    /// Changes what its owner adds to its configuration.
    Configure,
    /// Saves it. Nothing of the box changes.
    Backup,
}

impl OperationKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Create,
        Self::Start,
        Self::Stop,
        Self::Restart,
        Self::Delete,
        Self::Restore,
        Self::Sleep,
        Self::Wake,
        Self::Upgrade,
        Self::Archive,
        Self::Configure,
        Self::Backup,
    ];

    /// Whether a person wants the box to be tried afresh, whatever went wrong before.
    pub(crate) const fn is_a_fresh_try(self) -> bool {
        matches!(self, Self::Start | Self::Restart | Self::Restore | Self::Wake | Self::Upgrade)
    }

    /// Whether a box that is as it was asked for is not the end of it: whoever carries it out says when it is.
    pub(crate) const fn ends_by_itself(self) -> bool {
        matches!(self, Self::Upgrade | Self::Archive | Self::Configure | Self::Backup)
    }

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::Sleep => "sleep",
            Self::Wake => "wake",
            Self::Upgrade => "upgrade",
            Self::Archive => "archive",
            Self::Configure => "configure",
            Self::Backup => "backup",
        }
    }
}

impl fmt::Display for OperationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for OperationKind {
    type Err = BadState;

    fn from_str(text: &str) -> Result<Self, BadState> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(BadState)
    }
}

/// What an operation waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The state that was asked for.
    pub desired: Desired,
    /// In this incarnation or a later one.
    pub generation: i64,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its target was reached.
    Succeeded,
    /// Its target will not be reached without a change.
    Failed(BoxError),
    /// Somebody wanted something else before it was reached.
    Superseded,
    /// Somebody took it back.
    Cancelled,
}

impl Outcome {
    /// The word used in the store and on the wire.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed(_) => "failed",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A long-running change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its identity.
    pub id: OperationId,
    /// Whose it is.
    pub org: OrgId,
    /// The box it changes.
    pub box_id: BoxId,
    /// What it does.
    pub kind: OperationKind,
    /// What it waits for.
    pub target: Target,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended; `None` while it is under way.
    pub finished_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// An operation to be started. Its target is the intent that it is written with.
#[derive(Clone, Copy, Debug)]
pub struct NewOperation {
    /// Its identity.
    pub id: OperationId,
    /// What it does.
    pub kind: OperationKind,
}

#[derive(sqlx::FromRow)]
struct OperationRow {
    id: String,
    org_id: String,
    box_id: String,
    kind: String,
    target_desired: String,
    target_generation: i64,
    created_at_ms: i64,
    finished_at_ms: Option<i64>,
    outcome: Option<String>,
    error_code: Option<String>,
    error_what: Option<String>,
    error_remedy: Option<String>,
}

impl TryFrom<OperationRow> for Operation {
    type Error = Error;

    fn try_from(row: OperationRow) -> Result<Self, Error> {
        let error = error_from(row.error_code, row.error_what, row.error_remedy)?;
        let outcome = match (row.outcome.as_deref(), error) {
            (None, None) => None,
            (Some("succeeded"), None) => Some(Outcome::Succeeded),
            (Some("superseded"), None) => Some(Outcome::Superseded),
            (Some("cancelled"), None) => Some(Outcome::Cancelled),
            (Some("failed"), Some(error)) => Some(Outcome::Failed(error)),
            _ => return Err(Error::damaged("an outcome that does not fit its error")),
        };
        Ok(Self {
            id: parsed(&row.id)?,
            org: parsed(&row.org_id)?,
            box_id: parsed(&row.box_id)?,
            kind: parsed(&row.kind)?,
            target: Target { desired: parsed(&row.target_desired)?, generation: row.target_generation },
            created_at: instant(row.created_at_ms)?,
            finished_at: instant_opt(row.finished_at_ms)?,
            outcome,
        })
    }
}

macro_rules! select_operations {
    ($tail:literal) => {
        concat!(
            "select id, org_id, box_id, kind, target_desired, target_generation, created_at_ms, finished_at_ms,
                    outcome, error_code, error_what, error_remedy from operations ",
            $tail
        )
    };
}

/// Starts an operation towards the intent that `smartbox` has now.
pub(crate) async fn begin(
    tx: &mut Connection,
    smartbox: &Smartbox,
    operation: NewOperation,
    now: Timestamp,
) -> Result<Operation, Error> {
    sqlx::query(
        "insert into operations (id, org_id, box_id, kind, target_desired, target_generation, created_at_ms)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(operation.id.to_string())
    .bind(smartbox.org.to_string())
    .bind(smartbox.id.to_string())
    .bind(operation.kind.as_str())
    .bind(smartbox.desired.as_str())
    .bind(smartbox.generation)
    .bind(now.as_millisecond())
    .execute(&mut *tx)
    .await?;
    find(tx, operation.id).await?.ok_or(Error::NotFound("operation"))
}

pub(crate) async fn find(connection: &mut Connection, id: OperationId) -> Result<Option<Operation>, Error> {
    let row: Option<OperationRow> = sqlx::query_as(select_operations!("where id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(Operation::try_from).transpose()
}

pub(crate) async fn find_of_org(
    connection: &mut Connection,
    org: OrgId,
    id: OperationId,
) -> Result<Option<Operation>, Error> {
    let row: Option<OperationRow> = sqlx::query_as(select_operations!("where id = $1 and org_id = $2"))
        .bind(id.to_string())
        .bind(org.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(Operation::try_from).transpose()
}

/// The operations of a box that are under way, oldest first.
pub(crate) async fn open_of_box(connection: &mut Connection, id: BoxId) -> Result<Vec<Operation>, Error> {
    let rows: Vec<OperationRow> =
        sqlx::query_as(select_operations!("where box_id = $1 and finished_at_ms is null order by id"))
            .bind(id.to_string())
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(Operation::try_from).collect()
}

/// Ends an operation that is under way.
pub(crate) async fn finish(
    tx: &mut Connection,
    id: OperationId,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<(), Error> {
    let error = match outcome {
        Outcome::Failed(error) => Some(error),
        Outcome::Succeeded | Outcome::Superseded | Outcome::Cancelled => None,
    };
    sqlx::query(
        "update operations set finished_at_ms = $2, outcome = $3, error_code = $4, error_what = $5,
                error_remedy = $6
         where id = $1 and finished_at_ms is null",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .bind(outcome.as_str())
    .bind(error.map(|error| &error.code))
    .bind(error.map(|error| &error.what))
    .bind(error.and_then(|error| error.remedy.as_ref()))
    .execute(tx)
    .await?;
    Ok(())
}
