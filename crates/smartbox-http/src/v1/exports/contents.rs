//! What an export holds, in the order in which it is written.

use serde::Serialize;
use smartbox_control::{Error, ExportSink, Op, Whose};

use super::of_box;
use crate::HttpState;
use crate::problem::ApiError;
use crate::v1::audit::line;
use crate::v1::backup_policies::backup_policy_view;
use crate::v1::budgets::budget_view;
use crate::v1::devices::device_view;
use crate::v1::egress;
use crate::v1::injections::injections_view;
use crate::v1::orgs::whole_view;
use crate::v1::secrets::secret_view;
use crate::v1::tokens::token_view;
use crate::v1::usage::usage_view;
use crate::v1::users::user_view;

/// Items that are asked of a list at once.
const PAGE: u32 = 200;
/// Bytes of lines that are collected before they become a file.
const FILE_BYTES: usize = 1024 * 1024;
/// Months of usage, this one included.
const MONTHS: usize = 36;
/// The own org, in paths.
const OWN: &str = "me";

const README: &str = "\
Everything that belongs to your org on this Smartbox platform.

*.json, *.jsonl   in the shapes of the platform's API (openapi.json); one item a line in *.jsonl
audit/            the lines of the audit log that are about your org, the oldest first
boxes/NAME/       settings of a box; home/ is everything of its newest good backup, as it lies in /home/agent
export.json       comes last: without it the archive is not complete

Values of secrets that you gave to the platform are not in it, only their names. Secrets that agents keep in their homes are.
";

/// Why an export broke off.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("what belongs to the org could not be read")]
    Control(#[from] Error),
    #[error("what belongs to the org could not be read")]
    Api(String),
    #[error(transparent)]
    Gone(#[from] smartbox_control::ExportGone),
    #[error("something of the org cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl From<ApiError> for Broken {
    fn from(error: ApiError) -> Self {
        Self::Api(format!("{error:?}"))
    }
}

/// What was written, for `export.json`.
#[derive(Debug, Default, Serialize)]
struct Summary {
    format: u32,
    org: String,
    made_at: String,
    platform_version: &'static str,
    users: usize,
    tokens: usize,
    audit_lines: usize,
    boxes: Vec<of_box::Exported>,
}

/// Writes all of it.
pub(super) async fn write(state: &HttpState, op: &Op, sink: ExportSink) -> Result<(), Broken> {
    let control = state.control();
    sink.file("README.txt", README.as_bytes().to_vec()).await?;
    let found = control.find_org(op, OWN).await?;
    let mut summary = Summary {
        format: 1,
        org: found.org.id.to_string(),
        made_at: control.clock().now().to_string(),
        platform_version: env!("CARGO_PKG_VERSION"),
        ..Summary::default()
    };
    one(&sink, "org.json", &whole_view(state, &found).await?).await?;
    people(state, op, &sink, &mut summary).await?;
    rules(state, op, &sink).await?;
    usage(state, op, &sink).await?;
    summary.audit_lines = audit(state, op, &sink).await?;
    let mut cursor = None;
    loop {
        let page = control.list_boxes(op, (None, None, None), cursor.as_ref(), PAGE).await?;
        for row in &page.items {
            summary.boxes.push(of_box::write(state, op, &sink, row).await?);
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    one(&sink, "export.json", &summary).await?;
    Ok(sink.end().await?)
}

async fn people(state: &HttpState, op: &Op, sink: &ExportSink, summary: &mut Summary) -> Result<(), Broken> {
    let control = state.control();
    let (mut users, mut cursor) = (Vec::new(), None);
    loop {
        let page = control.list_users(op, None, cursor.as_ref(), PAGE).await?;
        users.extend(page.items.iter().map(user_view));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    summary.users = users.len();
    lines(sink, "users.jsonl", &users).await?;
    let mut tokens = Vec::new();
    loop {
        let page = control.list_tokens(op, None, cursor.as_ref(), PAGE).await?;
        tokens.extend(page.items.iter().map(token_view));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    summary.tokens = tokens.len();
    lines(sink, "tokens.jsonl", &tokens).await?;
    let devices: Vec<_> = control.list_devices(op, None).await?.iter().map(device_view).collect();
    lines(sink, "devices.jsonl", &devices).await?;
    let secrets: Vec<_> = control.secrets(op, Whose::Org(OWN)).await?.iter().map(secret_view).collect();
    lines(sink, "secrets.jsonl", &secrets).await
}

async fn rules(state: &HttpState, op: &Op, sink: &ExportSink) -> Result<(), Broken> {
    let control = state.control();
    one(sink, "egress.json", &egress::org_view(control.org_egress(op, OWN).await?.as_ref())).await?;
    let injections = control.injections(op, Whose::Org(OWN)).await?;
    one(sink, "injections.json", &injections_view(&injections)).await?;
    let policy = control.org_backup_policy(op, OWN).await?;
    one(sink, "backup-policy.json", &backup_policy_view(&policy)).await?;
    one(sink, "budget.json", &budget_view(&control.org_budget(op, OWN).await?)).await
}

/// The months in which something was used, the latest first.
async fn usage(state: &HttpState, op: &Op, sink: &ExportSink) -> Result<(), Broken> {
    let control = state.control();
    let plan = control.plan_state(op, None).await?;
    let mut month = control.clock().now().to_zoned(jiff::tz::TimeZone::UTC).date().first_of_month();
    let mut months = Vec::new();
    for _ in 0..MONTHS {
        let period = format!("{:04}-{:02}", month.year(), month.month());
        let report = control.org_usage(op, None, Some(&period)).await?;
        if !report.days.is_empty() {
            months.push(usage_view(report, &plan));
        }
        let Ok(before) = month.checked_sub(jiff::Span::new().months(1)) else { break };
        month = before;
    }
    lines(sink, "usage.jsonl", &months).await
}

/// The audit log, in files of a bounded size. Returns how many lines it has.
async fn audit(state: &HttpState, op: &Op, sink: &ExportSink) -> Result<usize, Broken> {
    let (mut cursor, mut text, mut count, mut files) = (None, Vec::new(), 0, 0_u32);
    loop {
        let page = state.control().audit_log(op, None, cursor.as_ref(), PAGE).await?;
        for event in page.items {
            push(&mut text, &line(event))?;
            count += 1;
        }
        cursor = page.next;
        if text.len() >= FILE_BYTES || cursor.is_none() {
            files += 1;
            sink.file(format!("audit/{files:06}.jsonl"), std::mem::take(&mut text)).await?;
        }
        if cursor.is_none() {
            return Ok(count);
        }
    }
}

/// Writes one thing as a file.
pub(super) async fn one(sink: &ExportSink, path: &str, value: &impl Serialize) -> Result<(), Broken> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    Ok(sink.file(path, text).await?)
}

/// Writes things as a file, one a line.
pub(super) async fn lines(sink: &ExportSink, path: &str, values: &[impl Serialize]) -> Result<(), Broken> {
    let mut text = Vec::new();
    for value in values {
        push(&mut text, value)?;
    }
    Ok(sink.file(path, text).await?)
}

fn push(text: &mut Vec<u8>, value: &impl Serialize) -> Result<(), Broken> {
    serde_json::to_writer(&mut *text, value)?;
    text.push(b'\n');
    Ok(())
}
