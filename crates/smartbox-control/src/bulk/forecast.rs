//! What a run would do, without doing it.

use smartbox_core::Desired;
use smartbox_core::bulk::BulkProgress;
use smartbox_store::{BulkBox, Smartbox};

use super::{BulkWish, NewBulkRun, check};
use crate::upgrades::require_none;
use crate::{Applies, ConfigWish, Control, Error, Op};

/// Most boxes that are looked at without doing anything: each is checked as if it were done.
const FORECAST_MAX: usize = 1000;

/// Why a box is left alone.
pub(crate) const DOES_NOT_RUN: &str =
    "it does not run: what its owner has stopped is not started, and what sleeps is not woken";

impl Control {
    /// What would become of each box: `waiting` would be done, `failed` and `skipped` would not, and why.
    ///
    /// # Errors
    /// As [`Control::create_bulk_run`].
    pub async fn forecast_bulk_run(&self, op: &Op, new: &NewBulkRun) -> Result<Vec<BulkBox>, Error> {
        op.require(new.wish.permission())?;
        check(new)?;
        let (_org, meant) = self.meant(op, new).await?;
        if meant.len() > FORECAST_MAX {
            let message =
                format!("are at most {FORECAST_MAX} of which is said beforehand what would be done");
            return Err(Error::field("boxes", message));
        }
        let mut told = Vec::with_capacity(meant.len());
        for row in meant {
            let (progress, what) = match self.would_do(&row, &new.wish).await {
                Ok(None) => (BulkProgress::Waiting, None),
                Ok(Some(why)) => (BulkProgress::Skipped, Some(why.to_owned())),
                Err(error @ (Error::Internal(_) | Error::DiskFull | Error::Unavailable { .. })) => {
                    return Err(error);
                }
                Err(error) => (BulkProgress::Failed, Some(words(&error))),
            };
            told.push(BulkBox {
                box_id: row.id,
                name: row.name.to_string(),
                progress,
                operation: None,
                begun_at: None,
                finished_at: None,
                what,
            });
        }
        Ok(told)
    }

    /// Why a box would be left alone; `None`: it would not.
    async fn would_do(&self, row: &Smartbox, wish: &BulkWish) -> Result<Option<&'static str>, Error> {
        match wish {
            BulkWish::Restart if row.desired != Desired::Running => Ok(Some(DOES_NOT_RUN)),
            BulkWish::Restart => {
                require_none(row)?;
                self.wake_gate(row).await?;
                Ok(None)
            }
            BulkWish::PatchConfig(patch) => {
                let applies = self.forecast_config(row, &ConfigWish::Patch(patch.clone())).await?;
                Ok((applies == Applies::Unchanged).then_some("it has this already"))
            }
        }
    }
}

/// What was wrong, with the fields, for a row of a run.
pub(crate) fn words(error: &Error) -> String {
    match error {
        Error::Invalid(issues) => {
            let told: Vec<_> =
                issues.iter().map(|issue| format!("{}: {}", issue.field, issue.message)).collect();
            told.join("; ")
        }
        other => other.to_string(),
    }
}
