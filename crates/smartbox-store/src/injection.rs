//! Rows of where secrets are put in.

use std::sync::Arc;

use jiff::Timestamp;
use smartbox_core::injection::Rules;
use smartbox_core::{BoxId, OrgId};

use crate::Error;
use crate::database::Connection;
use crate::egress::subject;
use crate::row::{instant, parsed};

/// Rules of an org, or of one box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InjectionRow {
    /// Whose they are.
    pub org: OrgId,
    /// For which box; for all of the org's without one.
    pub box_id: Option<BoxId>,
    /// The rules.
    pub rules: Arc<Rules>,
    /// Raised by every change.
    pub version: i64,
    /// When they were last changed.
    pub changed_at: Timestamp,
    /// Who changed them.
    pub changed_by: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    org_id: String,
    box_id: Option<String>,
    rules: String,
    version: i64,
    changed_at_ms: i64,
    changed_by: String,
}

impl TryFrom<Row> for InjectionRow {
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

pub(crate) async fn find(
    connection: &mut Connection,
    org: OrgId,
    box_id: Option<BoxId>,
) -> Result<Option<InjectionRow>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "select org_id, box_id, rules, version, changed_at_ms, changed_by from injection_rules
         where subject = $1 and org_id = $2",
    )
    .bind(subject(org, box_id))
    .bind(org.to_string())
    .fetch_optional(connection)
    .await?;
    row.map(TryInto::try_into).transpose()
}

pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<InjectionRow>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select org_id, box_id, rules, version, changed_at_ms, changed_by from injection_rules",
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}
