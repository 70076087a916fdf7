//! Reasons in words: a stable code for programs, a sentence for people.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::Because;
use crate::sleep::SleepTier;
use crate::upgrade::UpgradeStage;
use crate::wake::{HoldKind, WakeRefusal};

impl Because {
    /// The word used on the wire.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Requests(_) => "requests",
            Self::Uses(_) => "uses",
            Self::Calls(_) => "calls",
            Self::Idle { .. } => "idle",
            Self::Never => "never",
            Self::DueSoon(_) => "due-soon",
            Self::CannotFreeze => "cannot-freeze",
            Self::Refused(_) => "sleep-refused",
            Self::NotLookedAt => "not-looked-at",
            Self::FallsAsleep => "falls-asleep",
            Self::Sleeps { .. } => "asleep",
            Self::Deeper { .. } => "goes-deeper",
            Self::WakesAt { .. } => "wakes-at",
            Self::WakesOnUse => "wakes-on-use",
            Self::ComesUp => "comes-up",
            Self::NotAnswering => "not-answering",
            Self::Stopped => "stopped",
            Self::Stopping => "stopping",
            Self::Failed(_) => "failed",
            Self::Deleted => "deleted",
            Self::Blocked(WakeRefusal::Deleted) => "wake-blocked-deleted",
            Self::Blocked(WakeRefusal::TierFull { .. }) => "wake-blocked-tier-full",
            Self::Blocked(WakeRefusal::Outdated) => "wake-blocked-runtime-too-old",
            Self::Blocked(WakeRefusal::Held(kind)) => match kind {
                HoldKind::Account => "wake-blocked-account",
                HoldKind::Abuse => "wake-blocked-abuse",
                HoldKind::Plan => "wake-blocked-plan",
                HoldKind::Budget => "wake-blocked-budget",
            },
            Self::Held(_) => "held-because",
            Self::WaitsForRestart => "waits-for-restart",
            Self::Upgrading { .. } => "upgrading",
            Self::UpgradeFailed { .. } => "upgrade-failed",
        }
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requests(count) => {
                counted(f, *count, "request or socket call is", "requests or socket calls are")
            }
            Self::Uses(count) => {
                counted(f, *count, "chat, command or schedule is", "chats, commands or schedules are")
            }
            Self::Calls(count) => counted(
                f,
                *count,
                "call of the box to the platform, such as one to a model, is",
                "calls of the box to the platform, such as those to a model, are",
            ),
            Self::Idle { idle, next: Some((tier, left)) } => {
                write!(f, "Nothing was to do for {}; it is {tier} in {}.", span(*idle), span(*left))
            }
            Self::Idle { idle, next: None } => write!(f, "Nothing was to do for {}.", span(*idle)),
            Self::Never => {
                f.write_str("Its sleep policy says never: it stays awake however long it is idle.")
            }
            Self::DueSoon(left) => {
                write!(f, "It has to be awake in {}, too soon for a sleep to pay.", span(*left))
            }
            Self::CannotFreeze => {
                f.write_str("Boxes cannot be frozen on this machine; `smartbox doctor` says what is missing.")
            }
            Self::Refused(refused) => write!(
                f,
                "It was to fall asleep at {} and did not: {}. It is tried again at {}.",
                moment(refused.at),
                refused.why,
                moment(refused.again)
            ),
            Self::NotLookedAt => {
                f.write_str("The platform has not looked at it since it runs; ask again in a moment.")
            }
            Self::FallsAsleep => f.write_str("It is falling asleep; whoever needs it now ends that."),
            Self::Sleeps { tier, idle_since: Some(since) } => {
                write!(f, "It is {}; nothing was to do since {}.", depth(*tier), moment(*since))
            }
            Self::Sleeps { tier, idle_since: None } => write!(f, "It is {}.", depth(*tier)),
            Self::Deeper { tier, after } => write!(f, "Left alone, it is {tier} in {}.", span(*after)),
            Self::WakesAt { at, why } => write!(f, "It wakes by itself for {why}, due at {}.", moment(*at)),
            Self::WakesOnUse => f.write_str("A request, a message or a command wakes it."),
            Self::ComesUp => f.write_str("It was asked to run and comes up."),
            Self::NotAnswering => f.write_str(
                "Its gateway runs and fails its probe; a box that does not answer is never put to sleep.",
            ),
            Self::Stopped => f.write_str("Somebody stopped it: no schedule wakes it, but a request does."),
            Self::Stopping => f.write_str("It ends its work and stops."),
            Self::Failed(Some(what)) => write!(f, "It should run and does not: {what}."),
            Self::Failed(None) => f.write_str("It should run and does not."),
            Self::Deleted => {
                f.write_str("It is deleted; until it is removed `smartbox box start` brings it back.")
            }
            Self::Blocked(refusal) => write!(f, "It may not wake: {refusal}."),
            Self::Held(reason) => write!(f, "The reason: {}.", reason.trim_end_matches('.')),
            Self::WaitsForRestart => f.write_str(
                "Its programs do not trust its certificate authority yet, so no secret is put into what they send over TLS: \
                 `smartbox box restart` changes that.",
            ),
            Self::Upgrading { to, stage, why } => f.write_str(&upgrading(to, *stage, why.as_deref())),
            Self::UpgradeFailed { to, why } => {
                write!(f, "Its last upgrade, to OpenClaw {to}, failed: {}.", why.trim_end_matches('.'))
            }
        }
    }
}

/// How far an upgrade has come.
fn upgrading(to: &str, stage: UpgradeStage, why: Option<&str>) -> String {
    match stage {
        UpgradeStage::Trying => {
            format!(
                "It is to be upgraded to OpenClaw {to}: its newest backup is tried on it first, apart from the box."
            )
        }
        UpgradeStage::Saving => {
            format!("It is upgraded to OpenClaw {to}: it is stopped, and its state is saved first.")
        }
        UpgradeStage::Proving => {
            format!("It is upgraded to OpenClaw {to}: it has to be well on it for a while, or goes back.")
        }
        UpgradeStage::GoingBack => {
            let why = why.unwrap_or("it was not well on it");
            format!("It goes back from OpenClaw {to} to what it was: {why}.")
        }
    }
}

fn counted(f: &mut fmt::Formatter<'_>, count: u32, one: &str, more: &str) -> fmt::Result {
    write!(f, "{count} {} under way.", if count == 1 { one } else { more })
}

fn depth(tier: SleepTier) -> &'static str {
    match tier {
        SleepTier::Frozen => "frozen (its processes are kept and get no CPU time)",
        SleepTier::Squeezed => "squeezed (its processes are kept, their memory is pushed out)",
        SleepTier::Stopped => "down to its disk",
    }
}

/// A time span in at most two units.
pub fn span(span: Duration) -> String {
    let secs = span.as_secs();
    let (days, hours, minutes) = (secs / 86_400, secs / 3600 % 24, secs / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) if secs == 0 => format!("{} ms", span.as_millis()),
        (0, 0, 0) => format!("{secs} s"),
        (0, 0, _) => two(minutes, "min", secs % 60, "s"),
        (0, _, _) => two(hours, "h", minutes, "min"),
        _ => two(days, "d", hours, "h"),
    }
}

fn two(first: u64, unit: &str, second: u64, smaller: &str) -> String {
    if second == 0 { format!("{first} {unit}") } else { format!("{first} {unit} {second} {smaller}") }
}

/// A moment in UTC, to the second.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
