//! The audit log across all orgs.

use smartbox_core::OrgId;

use crate::event::{self, AuditEvent, Event};
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

/// What follows what happens: platforms that share the database learn from it what the others did.
impl FleetStore {
    /// The latest position of the audit log; 0 before anything has happened.
    pub async fn last_event(&self) -> Result<i64, Error> {
        event::last_seq(&mut *self.store.database.read().await?).await
    }

    /// Events of the whole platform behind a position, in the order of their commits, at most `limit`.
    pub async fn events_since(&self, seq: i64, limit: u32) -> Result<Vec<Event>, Error> {
        event::since(&mut *self.store.database.read().await?, seq, limit).await
    }
}
