//! Calls of models.

use jiff::Timestamp;
use smartbox_core::BoxId;
use smartbox_core::models::Tokens;

use crate::Error;
use crate::row::{instant, number, parsed};

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelCall {
    /// Whose it is.
    pub box_id: BoxId,
    /// When it arrived.
    pub at: Timestamp,
    /// The service token it came with; `None`: it came from inside the box.
    pub via: Option<String>,
    /// `anthropic` or `openai`.
    pub dialect: String,
    /// Path of the gateway.
    pub path: String,
    /// The model that was asked for.
    pub model: String,
    /// Who answered, if anybody was asked.
    pub provider: Option<String>,
    /// The status that was answered.
    pub status: Option<u16>,
    /// `complete`, `refused`, `broken` or `abandoned`.
    pub outcome: String,
    /// Why, if it was refused or broke.
    pub code: Option<String>,
    /// What it took.
    pub tokens: Tokens,
    /// What it cost, in nano-dollars.
    pub nanos: u64,
    /// Whether the tokens are an estimate.
    pub is_estimated: bool,
    /// Whether an earlier answer was given again.
    pub is_cached: bool,
    /// How long it took.
    pub duration_ms: u64,
    /// The beginning of what was said last, if that is kept.
    pub prompt: Option<String>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct ModelCallRow {
    pub(crate) seq: i64,
    box_id: String,
    at_ms: i64,
    via: Option<String>,
    dialect: String,
    path: String,
    model: String,
    provider: Option<String>,
    status: Option<i64>,
    outcome: String,
    code: Option<String>,
    input: i64,
    output: i64,
    cache_read: i64,
    cache_write: i64,
    nanos: i64,
    is_estimated: bool,
    is_cached: bool,
    duration_ms: i64,
    prompt: Option<String>,
}

impl TryFrom<ModelCallRow> for ModelCall {
    type Error = Error;

    fn try_from(row: ModelCallRow) -> Result<Self, Error> {
        Ok(Self {
            box_id: parsed(&row.box_id)?,
            at: instant(row.at_ms)?,
            via: row.via,
            dialect: row.dialect,
            path: row.path,
            model: row.model,
            provider: row.provider,
            status: row.status.map(number).transpose()?,
            outcome: row.outcome,
            code: row.code,
            tokens: Tokens {
                input: number(row.input)?,
                output: number(row.output)?,
                cache_read: number(row.cache_read)?,
                cache_write: number(row.cache_write)?,
            },
            nanos: number(row.nanos)?,
            is_estimated: row.is_estimated,
            is_cached: row.is_cached,
            duration_ms: number(row.duration_ms)?,
            prompt: row.prompt,
        })
    }
}
