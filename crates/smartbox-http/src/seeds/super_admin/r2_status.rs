//! `GET /api/super/users/{id}/r2-status`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedBackup, SeedBackupFacts, SeedBoxQuery, SeedR2Status};
use smartbox_control::{Backup, Whose};

use super::super::last_sync;
use super::target::Target;
use crate::HttpState;
use crate::problem::ApiError;

/// Look at how it goes with the backups of a box, in the older shape
///
/// The older API had a box for each user.
#[utoipa::path(
    get,
    path = "/api/super/users/{id}/r2-status",
    tag = "seeds",
    operation_id = "seedR2Status",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    responses((status = OK, description = "How it goes.", body = SeedR2Status)),
)]
pub(crate) async fn r2_status(
    State(state): State<HttpState>,
    target: Target,
) -> Result<Json<SeedR2Status>, ApiError> {
    let control = state.control();
    let backups = control.box_backups(&target.op, &target.reference()).await?;
    let id = backups.smartbox.id.to_string();
    let secrets = control.secrets(&target.op, Whose::Box(&id)).await?;
    let good = backups.backups.iter().find(|backup| backup.is_good());
    let last_sync = last_sync(&backups);
    let now = control.clock().now();
    let since = last_sync.and_then(|at| Duration::try_from(now.duration_since(at)).ok());
    Ok(Json(SeedR2Status {
        user_id: id,
        backup_format: if good.is_some() { "restic" } else { "none" }.to_owned(),
        has_backup: good.is_some(),
        backup: good.map(view),
        last_sync: last_sync.map(|at| at.to_string()),
        sync_id: good.map(|backup| backup.snapshot.clone()),
        minutes_since_sync: since.map(|since| since.as_secs() / 60),
        secret_keys: secrets.iter().map(|secret| secret.name.to_string()).collect(),
        healthy: good.is_some() && !backups.state.is_overdue,
    }))
}

fn view(backup: &Backup) -> SeedBackup {
    // Hundredths of a MiB are exact far beyond what a box may hold.
    let hundredths = u32::try_from(backup.facts.bytes.saturating_mul(100) >> 20).unwrap_or(u32::MAX);
    SeedBackup {
        size_bytes: backup.facts.bytes,
        size_mb: f64::from(hundredths) / 100.0,
        uploaded: backup.made_at.to_string(),
        metadata: SeedBackupFacts {
            id: backup.id.to_string(),
            reason: backup.reason.to_string(),
            files: backup.facts.files,
            databases: backup.facts.databases,
            runtime_version: backup.runtime_version.clone(),
        },
    }
}
