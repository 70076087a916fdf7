//! Which boxes somebody means.

use smartbox_core::{Desired, OrgId};
use smartbox_store::{BULK_BOXES_MAX, BoxFilter, PAGE_MAX, Smartbox, SystemActor};

use super::{ACTOR, NewBulkRun};
use crate::{Control, Error, Op};

impl Control {
    /// The boxes that are meant and not deleted, in the order of their birth or of their names in the request.
    pub(super) async fn meant(
        &self,
        op: &Op,
        new: &NewBulkRun,
    ) -> Result<(Option<OrgId>, Vec<Smartbox>), Error> {
        let org = self.org_of_query(op, new.org.as_deref()).await?;
        let mut meant = if new.boxes.is_empty() {
            self.all_meant(org, new).await?
        } else {
            self.named_boxes(op, org, new).await?
        };
        meant.retain(|row| row.desired != Desired::Deleted);
        if meant.is_empty() {
            return Err(Error::Conflict {
                what: "no box is meant".to_owned(),
                remedy: "`smartbox box list --label` shows those with a label".to_owned(),
            });
        }
        Ok((org, meant))
    }

    async fn all_meant(&self, org: Option<OrgId>, new: &NewBulkRun) -> Result<Vec<Smartbox>, Error> {
        let filter = BoxFilter { selector: new.selector.clone(), ..BoxFilter::default() };
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let page = match org {
                Some(org) => self.inner.store.org(org).list_boxes(&filter, cursor.as_ref(), PAGE_MAX).await?,
                None => {
                    let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
                    fleet.list_boxes(&filter, cursor.as_ref(), PAGE_MAX).await?
                }
            };
            all.extend(page.items);
            match page.next {
                Some(next) if all.len() <= BULK_BOXES_MAX => cursor = Some(next),
                _ => return Ok(all),
            }
        }
    }

    async fn named_boxes(
        &self,
        op: &Op,
        org: Option<OrgId>,
        new: &NewBulkRun,
    ) -> Result<Vec<Smartbox>, Error> {
        let mut found: Vec<Smartbox> = Vec::new();
        for reference in &new.boxes {
            let row = self.resolve(op, new.wish.permission(), reference).await?;
            if org.is_some_and(|org| org != row.org) {
                return Err(Error::NotFound("box"));
            }
            let is_meant = new.selector.as_ref().is_none_or(|selector| selector.matches(&row.labels));
            if is_meant && !found.iter().any(|known| known.id == row.id) {
                found.push(row);
            }
        }
        Ok(found)
    }
}
