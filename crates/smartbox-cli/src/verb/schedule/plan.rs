//! Flags that say when and what.

use clap::Args;
use smartbox_api::{MessageAction, UpdateSchedule, WakeAction};

/// When a schedule is due, and what it does.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct PlanFlags {
    /// Again and again: minute, hour, day of the month, month, day of the week
    #[arg(long, value_name = "CRON", conflicts_with = "at")]
    pub(super) cron: Option<String>,
    /// The time zone that it is read in, such as `Europe/Berlin`; UTC if left out
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Once, at this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<String>,
    /// Wake the box and keep it awake for so many minutes
    #[arg(long, value_name = "MINUTES", conflicts_with_all = ["message", "session"])]
    wake: Option<u32>,
    /// Say this to the agent
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// In this session of the agent, instead of its main one
    #[arg(long, value_name = "SESSION")]
    session: Option<String>,
    /// Runs that were missed: make up for the latest, or leave them out
    #[arg(long, value_parser = ["once", "skip"])]
    catch_up: Option<String>,
}

impl PlanFlags {
    /// What is asked for.
    pub(super) fn update(self) -> UpdateSchedule {
        let is_said = self.message.is_some() || self.session.is_some();
        UpdateSchedule {
            name: None,
            cron: self.cron,
            time_zone: self.zone,
            at: self.at,
            wake: self.wake.map(|minutes| WakeAction { minutes }),
            message: is_said.then_some(MessageAction { text: self.message, session: self.session }),
            catch_up: self.catch_up,
            enabled: None,
        }
    }
}
