//! Operations that wait for a backup.

use std::collections::HashSet;

use jiff::Timestamp;
use smartbox_core::BoxId;

use crate::operation::{self, OperationKind, Outcome};
use crate::row::parsed;
use crate::{Error, FleetStore};

impl FleetStore {
    /// The boxes of which somebody waits for a backup.
    pub async fn boxes_with_open_backups(&self) -> Result<HashSet<BoxId>, Error> {
        let ids: Vec<String> = sqlx::query_scalar(
            "select distinct box_id from operations where finished_at_ms is null and kind = $1",
        )
        .bind(OperationKind::Backup.as_str())
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        ids.iter().map(|id| parsed(id)).collect()
    }

    /// Whether somebody waits for a backup of this box.
    pub async fn has_open_backup(&self, id: BoxId) -> Result<bool, Error> {
        let open = self.open_operations(id).await?;
        Ok(open.iter().any(|open| open.kind == OperationKind::Backup))
    }

    /// Ends the operations that wait for a backup of the box. Without any, nothing is written.
    pub async fn settle_backups(&self, id: BoxId, outcome: &Outcome, now: Timestamp) -> Result<(), Error> {
        if !self.has_open_backup(id).await? {
            return Ok(());
        }
        let mut tx = self.store.database.write().await?;
        for open in operation::open_of_box(&mut tx, id).await? {
            if open.kind == OperationKind::Backup {
                operation::finish(&mut tx, open.id, outcome, now).await?;
            }
        }
        Ok(tx.commit().await?)
    }
}
