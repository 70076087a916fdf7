//! Timeline of a box.

use smartbox_core::Permission;
use smartbox_store::{Cursor, Event, Page};

use crate::{Control, Error, Op};

impl Control {
    /// A page of a box's timeline, newest first.
    pub async fn timeline(
        &self,
        op: &Op,
        reference: &str,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Event>, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        Ok(self.inner.store.org(smartbox.org).timeline(smartbox.id, cursor, limit).await?)
    }
}
