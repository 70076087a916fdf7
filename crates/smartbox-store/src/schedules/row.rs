//! Rows of schedules.

use super::{NextTime, RunState, Schedule, ScheduleAction, SchedulePlan, ScheduleRun};
use crate::Error;
use crate::row::{instant, instant_opt, number, parsed};

#[derive(sqlx::FromRow)]
pub(super) struct ScheduleRow {
    id: String,
    org_id: String,
    box_id: String,
    name: String,
    cron: Option<String>,
    time_zone: String,
    at_ms: Option<i64>,
    action: String,
    awake_secs: i64,
    message: Option<String>,
    session: Option<String>,
    catch_up: String,
    enabled: bool,
    version: i64,
    created_by: String,
    created_at_ms: i64,
    next_at_ms: Option<i64>,
    fires_at_ms: Option<i64>,
    run_id: Option<String>,
    run_due_ms: Option<i64>,
    run_at_ms: Option<i64>,
    run_state: Option<String>,
    run_what: Option<String>,
    awake_until_ms: Option<i64>,
}

/// A query for whole rows of schedules. Columns are named, so that a later migration cannot reorder them.
macro_rules! select_schedules {
    ($tail:literal) => {
        concat!(
            "select id, org_id, box_id, name, cron, time_zone, at_ms, action, awake_secs, message, session, catch_up,
                    enabled, version, created_by, created_at_ms, next_at_ms, fires_at_ms, run_id, run_due_ms, run_at_ms,
                    run_state, run_what, awake_until_ms
             from schedules ",
            $tail
        )
    };
}
pub(super) use select_schedules;

impl TryFrom<ScheduleRow> for Schedule {
    type Error = Error;

    fn try_from(row: ScheduleRow) -> Result<Self, Error> {
        let run = match (row.run_id, row.run_due_ms, row.run_at_ms, row.run_state) {
            (Some(id), Some(due), Some(at), Some(state)) => Some(ScheduleRun {
                id,
                due: instant(due)?,
                at: instant(at)?,
                state: RunState::ALL
                    .into_iter()
                    .find(|known| known.as_str() == state)
                    .ok_or_else(|| Error::damaged("an unknown state of a run"))?,
                what: row.run_what,
            }),
            _ => None,
        };
        let action = match (row.action.as_str(), row.message) {
            ("message", Some(text)) => {
                ScheduleAction::Message { text, session: row.session.unwrap_or_default() }
            }
            _ => ScheduleAction::Wake { awake_secs: number(row.awake_secs)? },
        };
        let next = match (instant_opt(row.next_at_ms)?, instant_opt(row.fires_at_ms)?) {
            (Some(at), Some(fires_at)) => Some(NextTime { at, fires_at }),
            _ => None,
        };
        Ok(Self {
            id: parsed(&row.id)?,
            org: parsed(&row.org_id)?,
            box_id: parsed(&row.box_id)?,
            plan: SchedulePlan {
                name: row.name,
                cron: row.cron,
                time_zone: row.time_zone,
                at: instant_opt(row.at_ms)?,
                action,
                catch_up: parsed(&row.catch_up)?,
                enabled: row.enabled,
            },
            version: row.version,
            created_by: row.created_by,
            created_at: instant(row.created_at_ms)?,
            next,
            run,
            awake_until: instant_opt(row.awake_until_ms)?,
        })
    }
}

/// The columns of an action: its word, seconds, text and session.
pub(super) fn action_columns(action: &ScheduleAction) -> (&'static str, i64, Option<&str>, Option<&str>) {
    match action {
        ScheduleAction::Wake { awake_secs } => ("wake", i64::from(*awake_secs), None, None),
        ScheduleAction::Message { text, session } => ("message", 0, Some(text), Some(session)),
    }
}
