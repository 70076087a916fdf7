//! Boxes that never came to be: found, and deleted with the usual grace.

use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::{Desired, Observed, Phase, Principal};
use smartbox_store::Smartbox;

use crate::fleet_view::phase_of;
use crate::{Control, Error, Op};

/// A box that was asked for less than this ago may still come to be.
const AGE_MIN: Duration = Duration::from_hours(1);
/// Most boxes that one call deletes.
const DELETED_MAX: u64 = 100;
/// Boxes that are looked at in one go.
const PAGE: u32 = 200;

impl Control {
    /// Deletes boxes that failed before a provider held anything of them, and were asked for more than an hour ago. They can be brought
    /// back while their grace lasts. Answers how many.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody but an admin.
    pub async fn clean_up(&self, op: &Op) -> Result<u64, Error> {
        if op.principal != Principal::Admin {
            return Err(Error::Forbidden);
        }
        let now = self.inner.clock.now();
        let mut deleted = 0_u64;
        let mut cursor = None;
        loop {
            let page = self.list_boxes(op, (None, Some(Phase::Failed), None), cursor.as_ref(), PAGE).await?;
            for row in page.items.iter().filter(|row| never_came_to_be(row, now)) {
                match self.delete_box(op, &row.id.to_string(), Some(row.version)).await {
                    Ok(_) => deleted += 1,
                    // Somebody has changed it meanwhile: it is not left behind.
                    Err(Error::VersionMismatch | Error::NotFound(_) | Error::Conflict { .. }) => {}
                    Err(error) => return Err(error),
                }
                if deleted >= DELETED_MAX {
                    return Ok(deleted);
                }
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(deleted),
            }
        }
    }
}

fn never_came_to_be(row: &Smartbox, now: Timestamp) -> bool {
    let age = Duration::try_from(now.duration_since(row.created_at)).unwrap_or_default();
    row.desired == Desired::Running
        && row.observed == Observed::Absent
        && !row.was_seen
        && phase_of(row) == Phase::Failed
        && age >= AGE_MIN
}
