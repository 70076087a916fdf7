//! What a schedule is.

use jiff::Timestamp;
use smartbox_core::schedule::CatchUp;
use smartbox_core::{BoxId, OrgId, ScheduleId};

/// What a schedule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleAction {
    /// Wakes the box and keeps it awake for so many seconds.
    Wake {
        /// How long.
        awake_secs: u32,
    },
    /// Says something to the agent.
    Message {
        /// What.
        text: String,
        /// In which session.
        session: String,
    },
}

/// How the last run went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// It was begun.
    Started,
    /// It was done.
    Done,
    /// It failed.
    Failed,
    /// It was left out.
    Missed,
}

impl RunState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Started, Self::Done, Self::Failed, Self::Missed];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Missed => "missed",
        }
    }
}

/// The last run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleRun {
    /// Its identity: the same for the same due time of the same schedule.
    pub id: String,
    /// The due time it is for.
    pub due: Timestamp,
    /// When it was begun.
    pub at: Timestamp,
    /// How it went.
    pub state: RunState,
    /// What went wrong, if something did.
    pub what: Option<String>,
}

/// What a person decides about a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulePlan {
    /// For people.
    pub name: String,
    /// When, as a cron expression; `None`: once, at `at`.
    pub cron: Option<String>,
    /// The zone that the expression is read in.
    pub time_zone: String,
    /// When, if it is once.
    pub at: Option<Timestamp>,
    /// What it does.
    pub action: ScheduleAction,
    /// What becomes of missed runs.
    pub catch_up: CatchUp,
    /// Whether it does anything.
    pub enabled: bool,
}

/// The time that comes next, and when it is acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextTime {
    /// The due time.
    pub at: Timestamp,
    /// When it is acted on.
    pub fires_at: Timestamp,
}

/// A schedule of a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Never changes.
    pub id: ScheduleId,
    /// Whose it is.
    pub org: OrgId,
    /// The box.
    pub box_id: BoxId,
    /// What was decided.
    pub plan: SchedulePlan,
    /// Raised by each change; the ETag.
    pub version: i64,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What comes next; `None`: nothing.
    pub next: Option<NextTime>,
    /// The last run.
    pub run: Option<ScheduleRun>,
    /// Until when it keeps the box awake.
    pub awake_until: Option<Timestamp>,
}
