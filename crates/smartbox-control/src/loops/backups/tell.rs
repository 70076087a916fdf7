//! What came of a backup, told to those who wait for it.

use smartbox_core::backup::Reason;
use smartbox_store::{Backup, BoxError, Outcome, Smartbox};

use super::Made;
use crate::backups::NotMade;
use crate::error::chain;
use crate::{Control, Error};

/// Code of the error of an operation whose backup failed.
const CODE: &str = "backup-failed";

/// Ends the operations that waited for it, and answers who does.
pub(super) async fn tell(
    control: &Control,
    row: &Smartbox,
    reason: Reason,
    made: &Made,
) -> Result<(), Error> {
    let had = match made {
        Ok(backup) => Ok(backup.clone()),
        Err(Error::Cancelled) => Err(NotMade::Cancelled),
        Err(error) => Err(NotMade::Failed(chain(error))),
    };
    let settled = match outcome(&had) {
        Some(outcome) if reason == Reason::Asked => {
            let now = control.inner.clock.now();
            control.backup_fleet().settle_backups(row.id, &outcome, now).await
        }
        _ => Ok(()),
    };
    let asked = &control.inner.backups.asked;
    match had {
        Err(NotMade::Cancelled) => asked.cancel(row.id),
        had => asked.answer(row.id, reason, &had),
    }
    if asked.reason(row.id).is_some() {
        control.inner.backups.wake.notify_one();
    }
    control.inner.changes.written();
    Ok(settled?)
}

/// What becomes of an operation that waited for a backup. What was taken back has ended.
fn outcome(had: &Result<Option<Backup>, NotMade>) -> Option<Outcome> {
    let failed = |what: &str, remedy: &str| {
        let (code, what) = (CODE.to_owned(), what.to_owned());
        Some(Outcome::Failed(BoxError { code, what, remedy: Some(remedy.to_owned()) }))
    };
    match had {
        Ok(Some(_)) => Some(Outcome::Succeeded),
        Ok(None) => failed("there was nothing to save", "start the box first"),
        // The cause is for the platform's log: it may name what is the operator's.
        Err(NotMade::Failed(_)) => {
            failed("the backup failed; the platform's log says why", "try again: `smartbox backup create`")
        }
        Err(NotMade::Cancelled) => None,
    }
}
