//! Rules of an org or of one of its boxes: what they may reach, where secrets are put in, how they are backed up. Three tables of
//! one shape.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use smartbox_core::{BoxId, OrgId, backup, egress_policy, injection};

use crate::database::Connection;
use crate::event::{self, NewEvent};
use crate::row::{instant, parsed};
use crate::{Error, boxes};

/// Rules of an org, or of one box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesRow<R> {
    /// Whose they are.
    pub org: OrgId,
    /// For which box; for all of the org's without one.
    pub box_id: Option<BoxId>,
    /// The rules.
    pub rules: Arc<R>,
    /// Raised by every change.
    pub version: i64,
    /// When they were last changed.
    pub changed_at: Timestamp,
    /// Who changed them.
    pub changed_by: String,
}

/// What boxes may reach.
pub type EgressRow = RulesRow<egress_policy::Rules>;
/// Where secrets are put in.
pub type InjectionRow = RulesRow<injection::Rules>;
/// How boxes are backed up.
pub type BackupRulesRow = RulesRow<backup::Rules>;

/// Rules that have a table.
pub(crate) trait Tabled:
    FromStr<Err: std::error::Error + Send + Sync + 'static> + fmt::Display
{
    /// Those of `$1`, of the org `$2`.
    const FIND: &'static str;
    /// Everybody's.
    const ALL: &'static str;
    /// Puts all columns.
    const PUT: &'static str;
}

/// Names the table of a kind of rules.
macro_rules! tabled {
    ($rules:ty, $table:literal) => {
        impl Tabled for $rules {
            const FIND: &'static str = concat!(
                "select org_id, box_id, rules, version, changed_at_ms, changed_by from ",
                $table,
                " where subject = $1 and org_id = $2"
            );
            const ALL: &'static str =
                concat!("select org_id, box_id, rules, version, changed_at_ms, changed_by from ", $table);
            const PUT: &'static str = concat!(
                "insert into ",
                $table,
                " (subject, org_id, box_id, rules, version, changed_at_ms, changed_by)
                 values ($1, $2, $3, $4, $5, $6, $7)
                 on conflict (subject) do update set rules = $4, version = $5, changed_at_ms = $6, changed_by = $7"
            );
        }
    };
}

tabled!(egress_policy::Rules, "egress_rules");
tabled!(injection::Rules, "injection_rules");
tabled!(backup::Rules, "backup_rules");

#[derive(sqlx::FromRow)]
struct Row {
    org_id: String,
    box_id: Option<String>,
    rules: String,
    version: i64,
    changed_at_ms: i64,
    changed_by: String,
}

impl<R: Tabled> TryFrom<Row> for RulesRow<R> {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            org: parsed(&row.org_id)?,
            box_id: row.box_id.as_deref().map(parsed).transpose()?,
            rules: Arc::new(parsed(&row.rules)?),
            version: row.version,
            changed_at: instant(row.changed_at_ms)?,
            changed_by: row.changed_by,
        })
    }
}

/// The key of what belongs to an org, or to one of its boxes.
pub(crate) fn subject(org: OrgId, box_id: Option<BoxId>) -> String {
    box_id.map_or_else(|| org.to_string(), |id| id.to_string())
}

pub(crate) async fn find<R: Tabled>(
    connection: &mut Connection,
    org: OrgId,
    box_id: Option<BoxId>,
) -> Result<Option<RulesRow<R>>, Error> {
    let row: Option<Row> = sqlx::query_as(R::FIND)
        .bind(subject(org, box_id))
        .bind(org.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(TryInto::try_into).transpose()
}

pub(crate) async fn all<R: Tabled>(connection: &mut Connection) -> Result<Vec<RulesRow<R>>, Error> {
    let rows: Vec<Row> = sqlx::query_as(R::ALL).fetch_all(connection).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Replaces rules and puts the event down. The event's actor has changed them.
///
/// # Errors
/// [`Error::VersionMismatch`] when `if_version` is not their version any more (0 where there are none);
/// [`Error::NotFound`] for a box of another org.
pub(crate) async fn set<R: Tabled>(
    tx: &mut Connection,
    (org, box_id): (OrgId, Option<BoxId>),
    rules: &R,
    if_version: Option<i64>,
    (event, now): (NewEvent, Timestamp),
) -> Result<RulesRow<R>, Error> {
    if let Some(id) = box_id {
        boxes::find_of_org(&mut *tx, org, id).await?.ok_or(Error::NotFound("box"))?;
    }
    let current = find::<R>(&mut *tx, org, box_id).await?.map_or(0, |row| row.version);
    if if_version.is_some_and(|expected| expected != current) {
        return Err(Error::VersionMismatch { current });
    }
    sqlx::query(R::PUT)
        .bind(subject(org, box_id))
        .bind(org.to_string())
        .bind(box_id.map(|id| id.to_string()))
        .bind(rules.to_string())
        .bind(current + 1)
        .bind(now.as_millisecond())
        .bind(&event.actor)
        .execute(&mut *tx)
        .await?;
    event::append(&mut *tx, Some(org), box_id, &event, now).await?;
    find(tx, org, box_id).await?.ok_or(Error::NotFound("box"))
}
