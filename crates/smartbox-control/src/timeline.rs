//! What happened to a box, and what keeps it as it is.

use smartbox_core::Permission;
use smartbox_store::{Cursor, Event, Page};

use crate::{Control, Error, Op, Vigil};

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

    /// What keeps a box as it is, as the loop saw it last; `None`: it neither runs nor sleeps.
    pub async fn vigil(&self, op: &Op, reference: &str) -> Result<Option<Vigil>, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        Ok(self.inner.vigils.find(smartbox.id))
    }
}
