//! Reading the audit log.

use smartbox_core::Permission;
use smartbox_store::{AuditEvent, Cursor, Page, SystemActor};

use crate::{Control, Error, Op};

impl Control {
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
