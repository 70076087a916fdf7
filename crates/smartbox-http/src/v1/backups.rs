//! Backups of boxes.

mod create;
mod download;
mod key;
mod list;
mod remove;
mod restore;
mod verify;

pub(super) use download::disposition;
use smartbox_api::{BackupStateView, BackupView, BackupWorkView};
use smartbox_control::{Backup, BoxBackups, Error, UnderWay};
use smartbox_core::BackupId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::problem::ApiError;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(remove::remove))
        .routes(routes!(restore::restore))
        .routes(routes!(verify::verify))
        .routes(routes!(download::download))
        .routes(routes!(key::key))
}

/// The `{backup}` of a path. Text that is no id is the name of no backup.
fn backup_id(text: &str) -> Result<BackupId, ApiError> {
    text.parse().map_err(|_error| Error::NotFound("backup").into())
}

pub(super) fn backup_view(backup: &Backup) -> BackupView {
    let found = backup.verified.as_ref().and_then(|(_at, wrong)| wrong.clone());
    BackupView {
        id: backup.id.to_string(),
        made_at: backup.made_at.to_string(),
        reason: backup.reason.to_string(),
        is_good: backup.is_good(),
        suspicion: found.or_else(|| backup.suspicion.clone()),
        is_pinned: backup.is_pinned,
        snapshot: backup.snapshot.clone(),
        files: backup.facts.files,
        bytes: backup.facts.bytes,
        added_bytes: backup.added_bytes,
        databases: backup.facts.databases,
        sessions: backup.facts.sessions,
        left_out: backup.facts.left_out,
        copied_while: backup.stillness.clone(),
        held_up_us: backup.still_us,
        took_ms: backup.took_ms,
        runtime_version: backup.runtime_version.clone(),
        verified_at: backup.verified.as_ref().map(|(at, _wrong)| at.to_string()),
        drilled_at: backup.drilled.as_ref().map(|(at, _wrong)| at.to_string()),
        drill_failure: backup.drilled.as_ref().and_then(|(_at, wrong)| wrong.clone()),
    }
}

/// How far something is.
pub(super) fn work_view(under_way: &UnderWay) -> BackupWorkView {
    let progress = under_way.progress;
    BackupWorkView {
        work: under_way.work.as_str().to_owned(),
        files: progress.files,
        files_total: progress.files_total,
        bytes: progress.bytes,
        bytes_total: progress.bytes_total,
    }
}

/// How it goes with the backups of a box.
pub(super) fn state_view(backups: &BoxBackups) -> BackupStateView {
    let state = &backups.state;
    let good = backups.backups.iter().find(|backup| backup.is_good());
    BackupStateView {
        last_good_at: good.map(|backup| backup.made_at.to_string()),
        looked_at: state.looked_at.map(|at| at.to_string()),
        changed_since: state.changed_since.map(|at| at.to_string()),
        is_overdue: state.is_overdue,
        // The cause is for the platform's log: it may name what is the operator's.
        failure: state
            .failure
            .as_ref()
            .map(|_cause| "the last attempt failed; the platform's log says why".to_owned()),
        restoring_from: state.restore_from.map(|from| from.to_string()),
        restored_from: state.restored.map(|restored| restored.from.to_string()),
        restored_at: state.restored.map(|restored| restored.at.to_string()),
        undo_until: state.restored.and_then(|restored| restored.undo_until).map(|at| at.to_string()),
        under_way: backups.under_way.iter().map(work_view).collect(),
    }
}
