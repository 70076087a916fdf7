//! Makes another gateway of a state that was saved by one.

use std::path::{Path, PathBuf};

use smartbox_store::renew_identity;

use super::{LOOK_MAX, blocking};

/// Where older versions of the agent runtime kept who a gateway is and whom it was paired with, below the home. A newer one that finds none
/// of it in its database would take it from there (OpenClaw 2026.9.6).
const FILES: [&str; 9] = [
    "state/identity/device.json",
    "state/identity/device-auth.json",
    "state/devices/paired.json",
    "state/devices/pending.json",
    "state/nodes/paired.json",
    "state/nodes/pending.json",
    "state/push/vapid-keys.json",
    "state/push/web-push-subscriptions.json",
    "state/restart-sentinel.json",
];

/// Takes out of a staged home, whose databases these are, everything by which its gateway would be the one that saved it.
///
/// # Errors
/// A message for people. Then it must not be put in place: there would be two of the same.
pub(crate) async fn renew(home: &Path, databases: &[PathBuf]) -> Result<(), String> {
    for database in databases {
        match tokio::time::timeout(LOOK_MAX, renew_identity(database)).await {
            Ok(Ok(_rows)) => {}
            Ok(Err(wrong)) => {
                let name = database.strip_prefix(home).unwrap_or(database);
                return Err(format!("{}: {wrong}", name.display()));
            }
            Err(_elapsed) => return Err("changing a database takes too long".to_owned()),
        }
    }
    let home = home.to_owned();
    let files: Vec<PathBuf> = FILES.iter().map(PathBuf::from).collect();
    let removed = blocking(move || smartbox_backup::remove_files(&home, &files)).await;
    match removed {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(format!("a file could not be removed: {error}")),
        Err(error) => Err(error.to_string()),
    }
}
