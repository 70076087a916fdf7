//! Rows of what the platform lets boxes reach, and of what they have used.

use std::sync::Arc;

use jiff::Timestamp;
use smartbox_core::BoxId;
use smartbox_core::egress_policy::Rules;

use crate::Error;
use crate::database::Connection;
use crate::row::{instant, parsed};

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
