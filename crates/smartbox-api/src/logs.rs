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
    /// `gateway` (default), `boxd`, which starts and watches it, `system` (what the platform did with the box), `egress` (what the box
    /// talked to and was refused) or `ssh` (commands that were run in it).
    pub source: Option<String>,
    /// Only lines that hold this text, whatever the case of its letters; up to 200 bytes.
    pub search: Option<String>,
    /// Only lines from this moment on (RFC 3339). Lines without a time belong to the one before.
    pub since: Option<String>,
    /// Only lines before this moment (RFC 3339).
    pub until: Option<String>,
}
