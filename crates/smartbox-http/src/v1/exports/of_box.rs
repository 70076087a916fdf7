//! What an export holds of one box.

use std::path::PathBuf;

use serde::Serialize;
use smartbox_control::{ExportSink, Op, Smartbox, Whose};

use super::contents::{Broken, lines, one};
use crate::HttpState;
use crate::v1::backup_policies::backup_policy_view;
use crate::v1::backups::backup_view;
use crate::v1::boxes::{box_egress_view, box_view};
use crate::v1::budgets::budget_view;
use crate::v1::injections::injections_view;
use crate::v1::schedules::schedule_view;
use crate::v1::secrets::secret_view;

/// What was written of a box.
#[derive(Debug, Serialize)]
pub(super) struct Exported {
    id: String,
    name: String,
    /// Whose files lie in `home/`; none without a good backup.
    backup: Option<String>,
    /// When it was made.
    backup_made_at: Option<String>,
}

/// Writes all of it.
pub(super) async fn write(
    state: &HttpState,
    op: &Op,
    sink: &ExportSink,
    row: &Smartbox,
) -> Result<Exported, Broken> {
    let control = state.control();
    let (id, name) = (row.id.to_string(), row.name.to_string());
    let path = |file: &str| format!("boxes/{name}/{file}");
    one(sink, &path("box.json"), &box_view(row, Vec::new())).await?;
    let schedules = control.list_schedules(op, &id).await?;
    let schedules: Vec<_> = schedules.iter().map(|schedule| schedule_view(op, schedule)).collect();
    lines(sink, &path("schedules.jsonl"), &schedules).await?;
    one(sink, &path("egress.json"), &box_egress_view(&control.box_egress(op, &id).await?)).await?;
    let injections = control.injections(op, Whose::Box(&id)).await?;
    one(sink, &path("injections.json"), &injections_view(&injections)).await?;
    let policy = control.box_backup_policy(op, &id).await?;
    one(sink, &path("backup-policy.json"), &backup_policy_view(&policy)).await?;
    one(sink, &path("budget.json"), &budget_view(&control.box_budget(op, &id).await?)).await?;
    let secrets: Vec<_> = control.secrets(op, Whose::Box(&id)).await?.iter().map(secret_view).collect();
    lines(sink, &path("secrets.jsonl"), &secrets).await?;
    let backups = control.box_backups(op, &id).await?;
    let backups: Vec<_> = backups.backups.iter().map(backup_view).collect();
    lines(sink, &path("backups.jsonl"), &backups).await?;
    let backup = control.export_backup(sink, row, PathBuf::from(path("home"))).await?;
    Ok(Exported {
        id,
        name,
        backup: backup.as_ref().map(|backup| backup.id.to_string()),
        backup_made_at: backup.map(|backup| backup.made_at.to_string()),
    })
}
