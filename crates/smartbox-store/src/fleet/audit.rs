//! The audit log across all orgs.

use smartbox_core::OrgId;

use crate::event::{self, AuditEvent};
use crate::{Cursor, Error, FleetStore, Page};

impl FleetStore {
    /// The audit log of the whole platform, or of one org, the oldest first. Unscoped, it is the whole chain.
    ///
    /// # Errors
    /// [`Error::BadCursor`] for a cursor of another list.
    pub async fn audit_log(
        &self,
        org: Option<OrgId>,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<AuditEvent>, Error> {
        event::audit_log(&mut *self.store.database.read().await?, org, cursor, limit).await
    }
}
