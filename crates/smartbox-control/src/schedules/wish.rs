//! What a caller wants of a schedule: texts, of which every wrong one is named.

use jiff::Timestamp;
use smartbox_core::schedule::CatchUp;
use smartbox_store::{ScheduleAction, SchedulePlan};

use super::when;
use crate::chat::{MAIN_SESSION, check_message};
use crate::{Error, FieldIssue};

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 100;
/// How long a box stays awake that a schedule wakes, unless it says otherwise, in minutes.
const AWAKE_MINUTES: u32 = 10;
/// The longest such time: a day.
const AWAKE_MINUTES_MAX: u32 = 24 * 60;
/// The zone of an expression that names none.
const DEFAULT_ZONE: &str = "UTC";

/// What a caller wants of a schedule, as texts. What is `None` stays, or is the default of a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduleWish {
    /// A name for people.
    pub name: Option<String>,
    /// When, as a cron expression of five fields.
    pub cron: Option<String>,
    /// The zone that it is read in; UTC by default.
    pub time_zone: Option<String>,
    /// When, once.
    pub at: Option<String>,
    /// Wakes the box and keeps it awake for so many minutes.
    pub wake_minutes: Option<u32>,
    /// Says this to the agent.
    pub message: Option<String>,
    /// In which session.
    pub session: Option<String>,
    /// What becomes of missed runs; see [`CatchUp`].
    pub catch_up: Option<String>,
    /// Whether it does anything.
    pub enabled: Option<bool>,
}

impl ScheduleWish {
    /// The plan that is meant, on top of an older one.
    pub(super) fn read(&self, before: Option<&SchedulePlan>) -> Result<SchedulePlan, Error> {
        let mut issues = Vec::new();
        let mut wrong = |field, message: String| issues.push(FieldIssue { field, message });
        let name = self.name.clone().or_else(|| before.map(|plan| plan.name.clone())).unwrap_or_default();
        let name = name.trim().to_owned();
        let is_name = !name.is_empty() && !name.chars().any(char::is_control);
        if !is_name || name.chars().count() > NAME_CHARS_MAX {
            wrong("name", format!("must have 1 to {NAME_CHARS_MAX} printable characters"));
        }
        let (cron, at) = self.times(before, &mut wrong);
        let zone = self.time_zone.clone().or_else(|| before.map(|plan| plan.time_zone.clone()));
        let time_zone = zone.unwrap_or_else(|| DEFAULT_ZONE.to_owned());
        if let Err(message) = when::zone(&time_zone) {
            wrong("time_zone", message);
        }
        let action = self.action(before, &mut wrong);
        let catch_up = match self.catch_up.as_deref().map(str::parse::<CatchUp>) {
            None => before.map(|plan| plan.catch_up).unwrap_or_default(),
            Some(Ok(rule)) => rule,
            Some(Err(_unknown)) => {
                wrong("catch_up", "is `once` or `skip`".to_owned());
                CatchUp::Once
            }
        };
        let enabled = self.enabled.unwrap_or_else(|| before.is_none_or(|plan| plan.enabled));
        match action {
            Some(action) if issues.is_empty() => {
                Ok(SchedulePlan { name, cron, time_zone, at, action, catch_up, enabled })
            }
            _ => Err(Error::Invalid(issues)),
        }
    }

    fn times(
        &self,
        before: Option<&SchedulePlan>,
        wrong: &mut impl FnMut(&'static str, String),
    ) -> (Option<String>, Option<Timestamp>) {
        match (&self.cron, &self.at) {
            (Some(_), Some(_)) => {
                wrong("at", "cannot stand beside `cron`: it is one of both".to_owned());
                (None, None)
            }
            (Some(text), None) => {
                if let Err(message) = when::cron(text) {
                    wrong("cron", message);
                }
                (Some(text.trim().to_owned()), None)
            }
            (None, Some(text)) => match text.parse() {
                Ok(at) => (None, Some(at)),
                Err(_not_a_time) => {
                    wrong("at", "is no time such as `2026-12-24T18:00:00Z`".to_owned());
                    (None, None)
                }
            },
            (None, None) => match before {
                Some(plan) => (plan.cron.clone(), plan.at),
                None => {
                    wrong("cron", "is missing, unless `at` says when it is once".to_owned());
                    (None, None)
                }
            },
        }
    }

    fn action(
        &self,
        before: Option<&SchedulePlan>,
        wrong: &mut impl FnMut(&'static str, String),
    ) -> Option<ScheduleAction> {
        let older = before.map(|plan| &plan.action);
        let (text, session) = match older {
            Some(ScheduleAction::Message { text, session }) => (Some(text.clone()), Some(session.clone())),
            _ => (None, None),
        };
        match (self.wake_minutes, &self.message) {
            (Some(_), Some(_)) => {
                wrong("message", "cannot stand beside `wake_minutes`: it is one of both".to_owned());
                None
            }
            (Some(minutes), None) if (1..=AWAKE_MINUTES_MAX).contains(&minutes) => {
                Some(ScheduleAction::Wake { awake_secs: minutes * 60 })
            }
            (Some(_), None) => {
                wrong("wake_minutes", format!("must be 1 to {AWAKE_MINUTES_MAX}"));
                None
            }
            (None, None) if text.is_none() && self.session.is_none() => {
                let usual = ScheduleAction::Wake { awake_secs: AWAKE_MINUTES * 60 };
                Some(older.cloned().unwrap_or(usual))
            }
            (None, message) => {
                let Some(text) = message.clone().or(text) else {
                    wrong("message", "is missing: a session belongs to one".to_owned());
                    return None;
                };
                let session = self.session.clone().or(session).unwrap_or_else(|| MAIN_SESSION.to_owned());
                if let Err((field, message)) = check_message(&text, &session) {
                    wrong(if field == "text" { "message" } else { "session" }, message);
                }
                Some(ScheduleAction::Message { text, session })
            }
        }
    }
}
