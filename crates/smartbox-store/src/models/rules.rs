//! Rules about models.

use jiff::Timestamp;
use serde_json::{Value, json};
use smartbox_core::models::{ModelRules, ModelScope};
use smartbox_core::{BoxId, OrgId};

use super::subject;
use crate::Error;
use crate::database::Connection;
use crate::row::{instant, parsed};

/// Rules that were put down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRulesRow {
    /// Whose they are.
    pub scope: ModelScope,
    /// What they say.
    pub rules: ModelRules,
    /// Raised by every change.
    pub version: i64,
    /// When they were last changed.
    pub changed_at: Timestamp,
    /// Who changed them.
    pub changed_by: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    org_id: Option<String>,
    box_id: Option<String>,
    rules: String,
    version: i64,
    changed_at_ms: i64,
    changed_by: String,
}

impl TryFrom<Row> for ModelRulesRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let org = row.org_id.as_deref().map(parsed).transpose()?;
        let box_id = row.box_id.as_deref().map(parsed).transpose()?;
        Ok(Self {
            scope: scope(org, box_id),
            rules: read(&row.rules)?,
            version: row.version,
            changed_at: instant(row.changed_at_ms)?,
            changed_by: row.changed_by,
        })
    }
}

/// The scope of a row.
pub(super) fn scope(org: Option<OrgId>, box_id: Option<BoxId>) -> ModelScope {
    match (org, box_id) {
        (Some(org), Some(id)) => ModelScope::Box(org, id),
        (Some(org), None) => ModelScope::Org(org),
        (None, _) => ModelScope::Platform,
    }
}

fn read(text: &str) -> Result<ModelRules, Error> {
    let value: Value = serde_json::from_str(text).map_err(Error::damaged)?;
    let texts = |value: &Value| -> Option<Vec<String>> {
        Some(value.as_array()?.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect())
    };
    let count = |value: &Value| value.as_u64().and_then(|count| u32::try_from(count).ok());
    let fallbacks = value["fallbacks"].as_array().into_iter().flatten();
    Ok(ModelRules {
        allow: texts(&value["allow"]),
        fallbacks: fallbacks
            .filter_map(|pair| Some((pair[0].as_str()?.to_owned(), texts(&pair[1])?)))
            .collect(),
        requests_per_minute: count(&value["requests_per_minute"]),
        tokens_per_minute: count(&value["tokens_per_minute"]),
        keeps_prompts: value["keeps_prompts"] == true,
        cache_secs: count(&value["cache_secs"]),
    })
}

fn text(rules: &ModelRules) -> String {
    json!({
        "allow": rules.allow,
        "fallbacks": rules.fallbacks.iter().map(|(of, others)| json!([of, others])).collect::<Vec<_>>(),
        "requests_per_minute": rules.requests_per_minute,
        "tokens_per_minute": rules.tokens_per_minute,
        "keeps_prompts": rules.keeps_prompts,
        "cache_secs": rules.cache_secs,
    })
    .to_string()
}

pub(crate) async fn find(
    connection: &mut Connection,
    scope: ModelScope,
) -> Result<Option<ModelRulesRow>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "select org_id, box_id, rules, version, changed_at_ms, changed_by from model_rules where subject = $1",
    )
    .bind(subject(scope))
    .fetch_optional(connection)
    .await?;
    row.map(TryInto::try_into).transpose()
}

pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<ModelRulesRow>, Error> {
    let rows: Vec<Row> =
        sqlx::query_as("select org_id, box_id, rules, version, changed_at_ms, changed_by from model_rules")
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Replaces the rules of a scope.
pub(crate) async fn set(
    tx: &mut Connection,
    scope: ModelScope,
    rules: &ModelRules,
    if_version: Option<i64>,
    (changed_by, now): (&str, Timestamp),
) -> Result<ModelRulesRow, Error> {
    super::check(tx, scope).await?;
    let current = find(tx, scope).await?.map_or(0, |row| row.version);
    if if_version.is_some_and(|expected| expected != current) {
        return Err(Error::VersionMismatch { current });
    }
    sqlx::query(
        "insert into model_rules (subject, org_id, box_id, rules, version, changed_at_ms, changed_by)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (subject) do update set rules = $4, version = $5, changed_at_ms = $6, changed_by = $7",
    )
    .bind(subject(scope))
    .bind(scope.org().map(|org| org.to_string()))
    .bind(scope.box_id().map(|id| id.to_string()))
    .bind(text(rules))
    .bind(current + 1)
    .bind(now.as_millisecond())
    .bind(changed_by)
    .execute(&mut *tx)
    .await?;
    find(tx, scope).await?.ok_or(Error::NotFound("rules"))
}
