//! Logs.

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

/// Query of a log.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LogsQuery {
    /// How many of the last lines to begin with; 100 by default, 10,000 at most.
    pub tail: Option<u32>,
    /// Whether to wait for more lines; false by default.
    pub follow: Option<bool>,
    /// `gateway` (default) or `boxd`, which starts and watches it.
    pub source: Option<String>,
}
