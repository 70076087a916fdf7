//! Every box at once, as the loops look at them again and again.

use std::sync::{Arc, Mutex, PoisonError};

use super::FleetStore;
use crate::Error;
use crate::boxes::{BoxRow, select_boxes};
use crate::database::Mark;
use crate::smartbox::Smartbox;

/// Every box, in the order of their birth.
pub type AllBoxes = Arc<[Arc<Smartbox>]>;

/// What was read last, and when. Nothing, where others write to the database as well.
#[derive(Debug, Default)]
pub(crate) struct LastRead(Mutex<Option<(Mark, AllBoxes)>>);

impl FleetStore {
    /// Every box, those that are being deleted among them. The same value as long as none of them has changed.
    pub async fn all_boxes(&self) -> Result<AllBoxes, Error> {
        let (database, last) = (&self.store.database, &self.store.all_boxes.0);
        if let Some((mark, rows)) = &*last.lock().unwrap_or_else(PoisonError::into_inner)
            && database.is_unchanged_since(*mark)
        {
            return Ok(Arc::clone(rows));
        }
        // A change under way would be counted already, and not be read yet.
        let mark = database.mark();
        let rows = self.read_all().await?;
        *last.lock().unwrap_or_else(PoisonError::into_inner) = mark.map(|mark| (mark, Arc::clone(&rows)));
        Ok(rows)
    }

    async fn read_all(&self) -> Result<AllBoxes, Error> {
        let rows: Vec<BoxRow> = sqlx::query_as(select_boxes!("order by id"))
            .fetch_all(&mut *self.store.database.read().await?)
            .await?;
        rows.into_iter().map(|row| Smartbox::try_from(row).map(Arc::new)).collect()
    }
}
