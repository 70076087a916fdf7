//! Rows of what boxes may reach and of what they have used.

use std::sync::Arc;

use jiff::Timestamp;
use smartbox_core::egress_policy::Rules;
use smartbox_core::{BoxId, OrgId};

use crate::Error;
use crate::database::Connection;
use crate::row::{instant, parsed};

/// Rules of an org, or of one box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EgressRow {
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

/// Whom rules of the platform's admin are about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LayerOf {
    /// Every box.
    Platform,
    /// The boxes of a tier.
    Tier(String),
}

impl LayerOf {
    fn subject(&self) -> String {
        match self {
            Self::Platform => "platform".to_owned(),
            Self::Tier(name) => format!("tier:{name}"),
        }
    }

    fn from_subject(text: &str) -> Self {
        text.strip_prefix("tier:").map_or(Self::Platform, |name| Self::Tier(name.to_owned()))
    }
}

/// Rules of the platform's admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRow {
    /// Whom they are about.
    pub of: LayerOf,
    /// The rules.
    pub rules: Arc<Rules>,
    /// Raised by every change.
    pub version: i64,
    /// When they were last changed.
    pub changed_at: Timestamp,
    /// Who changed them.
    pub changed_by: String,
}

/// What a box has used since it was last put down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EgressUsage {
    /// Which box.
    pub box_id: BoxId,
    /// Bytes to upstreams.
    pub sent: u64,
    /// Bytes from them.
    pub received: u64,
    /// Connections to them.
    pub connections: u64,
    /// Plain requests.
    pub requests: u64,
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

impl TryFrom<Row> for EgressRow {
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

type LayerTuple = (String, String, i64, i64, String);

fn layer((subject, rules, version, changed_at_ms, changed_by): LayerTuple) -> Result<LayerRow, Error> {
    Ok(LayerRow {
        of: LayerOf::from_subject(&subject),
        rules: Arc::new(parsed(&rules)?),
        version,
        changed_at: instant(changed_at_ms)?,
        changed_by,
    })
}

pub(crate) async fn layers(connection: &mut Connection) -> Result<Vec<LayerRow>, Error> {
    let rows: Vec<LayerTuple> =
        sqlx::query_as("select subject, rules, version, changed_at_ms, changed_by from egress_layers")
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(layer).collect()
}

pub(crate) async fn find_layer(connection: &mut Connection, of: &LayerOf) -> Result<Option<LayerRow>, Error> {
    let row: Option<LayerTuple> = sqlx::query_as(
        "select subject, rules, version, changed_at_ms, changed_by from egress_layers where subject = $1",
    )
    .bind(of.subject())
    .fetch_optional(connection)
    .await?;
    row.map(layer).transpose()
}

pub(crate) async fn put_layer(
    tx: &mut Connection,
    of: &LayerOf,
    rules: &Rules,
    (version, now, actor): (i64, Timestamp, &str),
) -> Result<(), Error> {
    sqlx::query(
        "insert into egress_layers (subject, rules, version, changed_at_ms, changed_by) values ($1, $2, $3, $4, $5)
         on conflict (subject) do update set rules = $2, version = $3, changed_at_ms = $4, changed_by = $5",
    )
    .bind(of.subject())
    .bind(rules.to_string())
    .bind(version)
    .bind(now.as_millisecond())
    .bind(actor)
    .execute(tx)
    .await?;
    Ok(())
}

/// The key of the rules of an org, or of one of its boxes.
pub(crate) fn subject(org: OrgId, box_id: Option<BoxId>) -> String {
    box_id.map_or_else(|| org.to_string(), |id| id.to_string())
}

pub(crate) async fn find(
    connection: &mut Connection,
    org: OrgId,
    box_id: Option<BoxId>,
) -> Result<Option<EgressRow>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "select org_id, box_id, rules, version, changed_at_ms, changed_by from egress_rules
         where subject = $1 and org_id = $2",
    )
    .bind(subject(org, box_id))
    .bind(org.to_string())
    .fetch_optional(connection)
    .await?;
    row.map(TryInto::try_into).transpose()
}

pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<EgressRow>, Error> {
    let rows: Vec<Row> =
        sqlx::query_as("select org_id, box_id, rules, version, changed_at_ms, changed_by from egress_rules")
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}
