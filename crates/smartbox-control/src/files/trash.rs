//! Removing files, and emptying the trash.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use smartbox_files::{FilePath, Purged, TrashRule};
use smartbox_store::SystemActor;

use crate::{Control, Error, Op};

/// How long something stays in the trash.
const TRASH_TTL: Duration = Duration::from_hours(7 * 24);
/// Most bytes in the trash of a box; the oldest go first.
const TRASH_BYTES_MAX: u64 = 1 << 30;

/// Something that was thrown away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thrown {
    /// Where it lies; from there it can be moved back.
    pub place: FilePath,
    /// When it goes for good, if not before.
    pub until: Timestamp,
}

impl Control {
    /// Throws something away, or removes it for good. Gives where it lies in the trash.
    ///
    /// # Errors
    /// [`Error::FileTooLarge`] for what does not fit into the trash.
    pub async fn remove_file(
        &self,
        op: &Op,
        reference: &str,
        path: &FilePath,
        for_good: bool,
    ) -> Result<Option<Thrown>, Error> {
        let (smartbox, home) = self.home_to_change(op, reference).await?;
        let _turn = self.inner.files.turn().await?;
        let now = self.inner.clock.now();
        let thrown = if for_good {
            home.remove(path).await?;
            None
        } else {
            let place = home.trash(path, now.as_millisecond(), TRASH_BYTES_MAX).await?;
            // What was there before makes room.
            home.purge_trash(rule(now, false)?).await?;
            Some(Thrown { place, until: now.checked_add(TRASH_TTL).map_err(Error::internal)? })
        };
        let detail = json!({ "path": path.lossy(), "for_good": for_good });
        self.note_files(op, &smartbox, "box.file-removed", detail).await?;
        Ok(thrown)
    }

    /// Removes everything that is in the trash of a box.
    pub async fn empty_trash(&self, op: &Op, reference: &str) -> Result<Purged, Error> {
        let (smartbox, home) = self.home_to_change(op, reference).await?;
        let _turn = self.inner.files.turn().await?;
        let purged = home.purge_trash(rule(self.inner.clock.now(), true)?).await?;
        self.note_files(op, &smartbox, "box.trash-emptied", json!({ "removed": purged.removed })).await?;
        Ok(purged)
    }

    /// Removes what has been in the trash of any box for too long. A disk that fails is left to the next round.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) async fn purge_all_trash(&self) -> Result<(), Error> {
        let rule = rule(self.inner.clock.now(), false)?;
        let boxes = self.inner.store.fleet(SystemActor::new("files")).all_boxes().await?;
        for smartbox in boxes.iter().filter(|smartbox| self.keeps(smartbox.id)) {
            let purged = async {
                match self.inner.files.port.files(smartbox.id).await.map_err(Error::internal)? {
                    Some(home) => Ok::<_, Error>(home.purge_trash(rule).await?),
                    None => Ok(Purged::default()),
                }
            };
            match purged.await {
                Ok(Purged { removed: 0, .. }) => {}
                Ok(purged) => {
                    tracing::info!(box.id = %smartbox.id, removed = purged.removed, "emptied a trash")
                }
                Err(error) => tracing::warn!(
                    box.id = %smartbox.id,
                    error = &error as &dyn std::error::Error,
                    "the trash of a box could not be emptied"
                ),
            }
        }
        Ok(())
    }
}

fn rule(now: Timestamp, is_everything: bool) -> Result<TrashRule, Error> {
    let before = now.checked_sub(TRASH_TTL).map_err(Error::internal)?;
    Ok(TrashRule {
        before_ms: if is_everything { i64::MAX } else { before.as_millisecond() },
        bytes_max: if is_everything { 0 } else { TRASH_BYTES_MAX },
        now_ms: now.as_millisecond(),
    })
}
