//! Schedules: what happens in a box by the clock.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for a schedule. It names `cron` or `at`, and `wake` or `message`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "morning report", "cron": "0 9 * * MON-FRI", "time_zone": "Europe/Berlin", "message": { "text": "What is new?" } }))]
pub struct CreateSchedule {
    /// A name for people, 1 to 100 characters.
    #[schema(example = "morning report")]
    pub name: String,
    /// When, as a cron expression of five fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "0 9 * * MON-FRI")]
    pub cron: Option<String>,
    /// The zone that the expression is read in; `UTC` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/Berlin")]
    pub time_zone: Option<String>,
    /// When, once (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Wakes the box and keeps it awake. The default, for ten minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake: Option<WakeAction>,
    /// Says something to the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageAction>,
    /// What becomes of runs that were missed: the latest is made up for `once` (the default), or they are left out (`skip`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "once")]
    pub catch_up: Option<String>,
    /// Whether it does anything; true by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// What of a schedule changes; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "enabled": false }))]
pub struct UpdateSchedule {
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When, as a cron expression; takes the place of `at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// The zone that the expression is read in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// When, once; takes the place of `cron`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Wakes the box; takes the place of `message`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake: Option<WakeAction>,
    /// Says something to the agent; takes the place of `wake`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageAction>,
    /// `once` or `skip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catch_up: Option<String>,
    /// Whether it does anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Wakes the box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WakeAction {
    /// For how many minutes it stays awake, 1 to 1,440.
    #[schema(example = 10)]
    pub minutes: u32,
}

/// Says something to the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageAction {
    /// What. Shown to those who may talk to the box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "write the morning report")]
    pub text: Option<String>,
    /// In which session; the agent's main one by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScheduleView {
    /// `sch_…`.
    pub id: String,
    /// The box.
    pub box_id: String,
    /// A name for people.
    pub name: String,
    /// When, as a cron expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// The zone that the expression is read in.
    pub time_zone: String,
    /// When, once (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Wakes the box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake: Option<WakeAction>,
    /// Says something to the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageAction>,
    /// `once` or `skip`.
    pub catch_up: String,
    /// Whether it does anything.
    pub enabled: bool,
    /// Raised by each change; the ETag.
    pub version: i64,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: String,
    /// When it is due next; absent: never again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<String>,
    /// When it is acted on then: a little later for some, so that boxes do not wake all at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fires_at: Option<String>,
    /// Its last run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<ScheduleRunView>,
}

/// A run of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScheduleRunView {
    /// The same for the same due time of the same schedule.
    pub id: String,
    /// The time it was due for.
    pub due_at: String,
    /// When it was begun, or left out.
    pub at: String,
    /// `started`, `done` (the box was woken, or its gateway took the message), `failed` or `missed`.
    pub state: String,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Every schedule of a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScheduleList {
    /// The schedules, oldest first; 100 at most.
    pub items: Vec<ScheduleView>,
}
