//! Connections of boxes, put down as lines of a log that the provider keeps.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;
use smartbox_core::BoxId;
use smartbox_provider::LogSource as FileLog;

use super::parts::one_line;
use crate::Control;

/// Longest line, in letters: hosts and reasons are short.
const LINE_LETTERS_MAX: usize = 1000;

/// What became of a connection that a box wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoxConnection {
    /// Whose it was.
    pub box_id: BoxId,
    /// Where to, `host:port`.
    pub target: String,
    /// How it went.
    pub came: Came,
}

/// How a connection went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// It was allowed, came about and has ended.
    Ended {
        /// A stable name of how.
        how: &'static str,
        /// How long it was there.
        took: Duration,
        /// Bytes towards the host.
        sent: u64,
        /// Bytes from it.
        received: u64,
    },
    /// A policy refused it.
    Refused {
        /// A stable name of the reason.
        reason: &'static str,
        /// The same in a sentence.
        message: String,
    },
    /// It was allowed and did not come about.
    Failed {
        /// As above.
        reason: &'static str,
        /// As above.
        message: String,
    },
}

impl Control {
    /// Appends lines to the logs of boxes. Returns how many could not be: none is worth more than what boxes do meanwhile.
    pub async fn note_connections(&self, connections: &[BoxConnection]) -> usize {
        let now = self.inner.clock.now();
        let mut boxes: BTreeMap<BoxId, (usize, String)> = BTreeMap::new();
        for connection in connections {
            let (count, lines) = boxes.entry(connection.box_id).or_default();
            *count += 1;
            lines.push_str(&line(connection, now));
            lines.push('\n');
        }
        let mut lost = 0;
        for (id, (count, lines)) in boxes {
            let appended = self.inner.provider.append_log(id, FileLog::Connections, Bytes::from(lines)).await;
            if let Err(error) = appended {
                tracing::warn!(box.id = %id, error = &error as &dyn std::error::Error, "connections of a box were not put down");
                lost += count;
            }
        }
        lost
    }
}

fn line(connection: &BoxConnection, now: Timestamp) -> String {
    let target = &connection.target;
    let text = match &connection.came {
        Came::Ended { how, took, sent, received } => {
            let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let facts = json!({ "end": how, "ms": ms, "sent": sent, "received": received });
            format!("{now} egress.connection proxy: {target} allowed {facts}")
        }
        Came::Refused { reason, message } => {
            format!(
                "{now} egress.connection refused proxy: {target} {message} {}",
                json!({ "reason": reason })
            )
        }
        Came::Failed { reason, message } => {
            format!(
                "{now} egress.connection failed proxy: {target} {message} {}",
                json!({ "reason": reason })
            )
        }
    };
    one_line(&text).chars().take(LINE_LETTERS_MAX).collect()
}
