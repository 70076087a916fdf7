//! Calls of models in the order in which they were put down, for those who follow them.
//!
//! As events, they are numbered under a lock that is held until their transaction ends: whoever has read up to a number has missed nothing
//! below it.

use smartbox_core::BoxId;

use crate::models::{ModelCall, ModelCallRow};
use crate::{Error, OrgStore};

/// Most calls of one look for new ones.
const LOOK_MAX: i64 = 200;
/// Most calls of a look for the last ones.
const LAST_MAX: u32 = 10_000;

/// What was asked is left out: whoever follows calls does not follow what people say.
macro_rules! select_calls {
    ($tail:literal) => {
        concat!(
            "select seq, box_id, at_ms, via, dialect, path, model, provider, status, outcome, code, input, output, cache_read,
                    cache_write, nanos, is_estimated, is_cached, duration_ms, cast(null as text) as prompt
             from model_calls where org_id = $1 and box_id = $2 and ",
            $tail
        )
    };
}

impl OrgStore {
    /// Calls of a box behind a position with their own; the oldest first, some hundred at most.
    pub async fn model_calls_after(&self, box_id: BoxId, after: i64) -> Result<Vec<(i64, ModelCall)>, Error> {
        let rows: Vec<ModelCallRow> = sqlx::query_as(select_calls!("seq > $3 order by seq limit $4"))
            .bind(self.org.to_string())
            .bind(box_id.to_string())
            .bind(after)
            .bind(LOOK_MAX)
            .fetch_all(&mut *self.store.database.read().await?)
            .await?;
        rows.into_iter().map(numbered).collect()
    }

    /// The last calls of a box with their positions, the oldest of them first; at most 10,000.
    pub async fn last_model_calls(&self, box_id: BoxId, limit: u32) -> Result<Vec<(i64, ModelCall)>, Error> {
        let rows: Vec<ModelCallRow> = sqlx::query_as(select_calls!("seq > $3 order by seq desc limit $4"))
            .bind(self.org.to_string())
            .bind(box_id.to_string())
            .bind(0_i64)
            .bind(i64::from(limit.min(LAST_MAX)))
            .fetch_all(&mut *self.store.database.read().await?)
            .await?;
        rows.into_iter().rev().map(numbered).collect()
    }
}

fn numbered(row: ModelCallRow) -> Result<(i64, ModelCall), Error> {
    Ok((row.seq, row.try_into()?))
}
