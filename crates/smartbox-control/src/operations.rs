//! Operations: look one up, wait for its end, take it back.

mod cancel;
mod step;

use std::time::Duration;

use smartbox_core::{OperationId, Permission, Principal};
use smartbox_store::{Operation, SystemActor};

use crate::{Control, Error, Op};

/// Longest wait a single request may ask for; longer waits ask again.
const WAIT_MAX: Duration = Duration::from_secs(60);

impl Control {
    /// Finds an operation of a box that exists for the caller.
    pub async fn find_operation(&self, op: &Op, id: OperationId) -> Result<Operation, Error> {
        op.require_for_boxes(Permission::BoxesRead)?;
        let found = match &op.principal {
            Principal::Member { org, .. } => self.inner.store.org(*org).find_operation(id).await?,
            Principal::Admin => {
                self.inner.store.fleet(SystemActor::new("admin request")).find_operation(id).await?
            }
        };
        let is_seen = |found: &Operation| op.principal.only().is_none_or(|only| found.box_id == only);
        found.filter(is_seen).ok_or(Error::NotFound("operation"))
    }

    /// Waits until the operation has ended or `wait` is over, and returns it as it is then.
    pub async fn wait_for_operation(
        &self,
        op: &Op,
        id: OperationId,
        wait: Duration,
    ) -> Result<Operation, Error> {
        let mut changes = self.inner.changes.subscribe();
        let deadline = tokio::time::Instant::now() + wait.min(WAIT_MAX);
        loop {
            let operation = self.find_operation(op, id).await?;
            if operation.finished_at.is_some() {
                return Ok(operation);
            }
            match tokio::time::timeout_at(deadline, changes.changed()).await {
                Ok(Ok(())) => {}
                // The time is over, or the platform is going down: the answer is what is known.
                Ok(Err(_)) | Err(_) => return Ok(operation),
            }
        }
    }
}
