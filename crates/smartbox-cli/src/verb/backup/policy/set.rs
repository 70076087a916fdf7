//! `smartbox backup policy set`.

use clap::Args;
use smartbox_api::{BackupPolicyView, BackupRules};
use smartbox_core::backup::Matter;

use super::Scope;
use super::show::{fetch, tell};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;

/// Word that leaves a matter to the next wider circle.
const INHERIT: &str = "inherit";

/// Flags of `backup policy set`. Each takes a value, or `inherit`.
#[derive(Debug, Args)]
#[group(id = "policy_changes", required = true, multiple = true, args = [
    "period", "keep_all", "keep_hourly", "keep_daily", "keep_weekly", "keep_monthly", "archive_after"
])]
pub struct SetArgs {
    #[command(flatten)]
    scope: Scope,
    /// How old the newest backup may become: `5m`, `1h`, `never`; `inherit` leaves it to the org, the tier, the platform
    #[arg(long, value_name = "TIME", value_parser = period)]
    period: Option<String>,
    /// For how long every backup is kept
    #[arg(long, value_name = "TIME", value_parser = keep_all)]
    keep_all: Option<String>,
    /// Hours of which the newest is kept
    #[arg(long, value_name = "NUMBER", value_parser = keep_hourly)]
    keep_hourly: Option<String>,
    /// Days of which the newest is kept
    #[arg(long, value_name = "NUMBER", value_parser = keep_daily)]
    keep_daily: Option<String>,
    /// Weeks of which the newest is kept
    #[arg(long, value_name = "NUMBER", value_parser = keep_weekly)]
    keep_weekly: Option<String>,
    /// Months of which the newest is kept
    #[arg(long, value_name = "NUMBER", value_parser = keep_monthly)]
    keep_monthly: Option<String>,
    /// Archive a box after so long without use: its disk is freed, and its newest backup comes back when it is needed
    #[arg(long, value_name = "TIME", value_parser = archive_after)]
    archive_after: Option<String>,
}

/// Checks a value before anything is sent.
fn checked(matter: Matter, text: &str) -> Result<String, String> {
    if text == INHERIT {
        return Ok(text.to_owned());
    }
    matter.read(text).map(|_value| text.to_owned()).map_err(|bad| format!("{bad}, or `inherit`"))
}

fn period(text: &str) -> Result<String, String> {
    checked(Matter::Period, text)
}

fn keep_all(text: &str) -> Result<String, String> {
    checked(Matter::KeepAll, text)
}

fn keep_hourly(text: &str) -> Result<String, String> {
    checked(Matter::KeepHourly, text)
}

fn keep_daily(text: &str) -> Result<String, String> {
    checked(Matter::KeepDaily, text)
}

fn keep_weekly(text: &str) -> Result<String, String> {
    checked(Matter::KeepWeekly, text)
}

fn keep_monthly(text: &str) -> Result<String, String> {
    checked(Matter::KeepMonthly, text)
}

fn archive_after(text: &str) -> Result<String, String> {
    checked(Matter::ArchiveAfter, text)
}

/// Changes a policy, against the version that was read.
pub(super) async fn run(client: &Client, args: SetArgs, console: &mut Console) -> Outcome {
    let before = fetch(client, &args.scope).await?;
    let path = args.scope.path();
    let body = change(before.rules, args);
    let route = path.each_ref().map(String::as_str);
    let view: BackupPolicyView = client.replace(Route::v1(&route), &body, before.version).await?;
    tell(&view, console).await
}

fn change(before: BackupRules, args: SetArgs) -> BackupRules {
    let text = |flag: Option<String>, before: Option<String>| match flag {
        Some(flag) => (flag != INHERIT).then_some(flag),
        None => before,
    };
    // What is no number is `inherit`: all else was refused.
    let number = |flag: Option<String>, before: Option<u32>| match flag {
        Some(flag) => flag.parse().ok(),
        None => before,
    };
    BackupRules {
        period: text(args.period, before.period),
        keep_all: text(args.keep_all, before.keep_all),
        keep_hourly: number(args.keep_hourly, before.keep_hourly),
        keep_daily: number(args.keep_daily, before.keep_daily),
        keep_weekly: number(args.keep_weekly, before.keep_weekly),
        keep_monthly: number(args.keep_monthly, before.keep_monthly),
        archive_after: text(args.archive_after, before.archive_after),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        args: SetArgs,
    }

    fn args(words: &[&str]) -> Result<SetArgs, clap::Error> {
        Program::try_parse_from([&["set"], words].concat()).map(|program| program.args)
    }

    #[test]
    fn a_flag_changes_what_it_names_and_inherit_takes_it_away() {
        let before = BackupRules {
            period: Some("1h".to_owned()),
            keep_daily: Some(3),
            keep_weekly: Some(2),
            ..BackupRules::default()
        };
        let changed = change(before, args(&["--period", "inherit", "--keep-daily", "14"]).unwrap());
        let expected = BackupRules { keep_daily: Some(14), keep_weekly: Some(2), ..BackupRules::default() };
        assert_eq!(changed, expected);
    }

    #[test]
    fn values_are_checked_before_anything_is_sent() {
        for bad in
            [["--period", "5s"], ["--keep-hourly", "1000"], ["--keep-all", "never"], ["--archive-after", "x"]]
        {
            assert!(args(&bad).is_err(), "{bad:?}");
        }
        assert!(args(&[]).is_err(), "nothing to change");
    }
}
