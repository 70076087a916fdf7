//! Rows of what was said to agents by somebody who reads the answer later.

use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::{BoxId, MessageId, OrgId};

use crate::Error;
use crate::row::{bigint, instant, instant_opt, parsed};

/// How long an answer can be read.
pub const MESSAGE_TTL: Duration = Duration::from_hours(24);
/// Most messages of one box that are kept, those without an answer among them.
pub const MESSAGES_MAX: u32 = 100;
/// Most bytes of an answer that are kept: its beginning.
pub const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// What there is too much of when every message that is kept waits for its answer.
pub const MESSAGES_WAITING: &str = "messages that wait for an answer of the box";

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageEnd {
    /// The agent answered.
    Answered {
        /// What.
        text: String,
        /// Whether it said more than is kept.
        is_truncated: bool,
    },
    /// There is no answer, and why.
    Failed(String),
    /// Whoever waited for the answer is gone. The agent may have answered in its session.
    Lost,
}

impl MessageEnd {
    /// The word used in the store and on the wire.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Answered { .. } => "answered",
            Self::Failed(_) => "failed",
            Self::Lost => "lost",
        }
    }
}

/// Something that was said to an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its identity.
    pub id: MessageId,
    /// Whose box.
    pub org: OrgId,
    /// Which box.
    pub box_id: BoxId,
    /// In which session.
    pub session: String,
    /// By whom.
    pub asked_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it is lost, if nobody says before that the answer is still waited for.
    pub until: Timestamp,
    /// When and how it ended; `None` while the agent works.
    pub ended: Option<(Timestamp, MessageEnd)>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct MessageRow {
    id: String,
    org_id: String,
    box_id: String,
    session: String,
    asked_by: String,
    created_at_ms: i64,
    until_ms: i64,
    finished_at_ms: Option<i64>,
    outcome: Option<String>,
    answer: Option<String>,
    is_truncated: bool,
}

impl TryFrom<MessageRow> for Message {
    type Error = Error;

    fn try_from(row: MessageRow) -> Result<Self, Error> {
        let words = row.answer.unwrap_or_default();
        let end = match row.outcome.as_deref() {
            None => None,
            Some("answered") => Some(MessageEnd::Answered { text: words, is_truncated: row.is_truncated }),
            Some("failed") => Some(MessageEnd::Failed(words)),
            Some("lost") => Some(MessageEnd::Lost),
            Some(_) => return Err(Error::damaged("a message with an end that nobody knows")),
        };
        Ok(Self {
            id: parsed(&row.id)?,
            org: parsed(&row.org_id)?,
            box_id: parsed(&row.box_id)?,
            session: row.session,
            asked_by: row.asked_by,
            created_at: instant(row.created_at_ms)?,
            until: instant(row.until_ms)?,
            ended: instant_opt(row.finished_at_ms)?.zip(end),
        })
    }
}

macro_rules! select_messages {
    ($tail:literal) => {
        concat!(
            "select id, org_id, box_id, session, asked_by, created_at_ms, until_ms, finished_at_ms, outcome, answer,
                    is_truncated from messages ",
            $tail
        )
    };
}
pub(crate) use select_messages;

/// What ended before this is not there any more.
pub(crate) fn forgotten_before(now: Timestamp) -> i64 {
    now.as_millisecond().saturating_sub(bigint(MESSAGE_TTL.as_secs()).saturating_mul(1000))
}
