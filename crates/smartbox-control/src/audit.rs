//! Reading the audit log.

use std::time::Duration;

use smartbox_core::{Permission, Principal};
use smartbox_store::{AuditEvent, Cursor, Page, SystemActor};

use crate::{Control, Error, Op};

impl Control {
    /// Puts down that more is written to the platform's log for a while, and who wanted it. Only the platform's admin may.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn note_debug_log(&self, op: &Op, level: &str, lasts: Duration) -> Result<(), Error> {
        if op.principal != Principal::Admin {
            return Err(Error::Forbidden);
        }
        let detail = serde_json::json!({ "level": level, "seconds": lasts.as_secs() });
        let event = self.event_of(op, "platform.log-raised", "asked for", detail);
        let fleet = self.inner.store.fleet(SystemActor::new("debug routes"));
        Ok(fleet.append_event(None, None, event, self.inner.clock.now()).await?)
    }

    /// A page of the audit log, oldest first: the org's lines; for an admin who names no org, the whole chain.
    pub async fn audit_log(
        &self,
        op: &Op,
        org: Option<&str>,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<AuditEvent>, Error> {
        op.require(Permission::AuditRead)?;
        if op.principal.org().is_none() && org.is_none() {
            let fleet = self.inner.store.fleet(SystemActor::new("admin request"));
            return Ok(fleet.audit_log(None, cursor, limit).await?);
        }
        let org = self.resolve_org(op, org).await?;
        Ok(self.inner.store.org(org).audit_log(cursor, limit).await?)
    }
}
