//! Which version a box may be pinned to.

use smartbox_core::runtime;

use crate::{Control, Error};

/// How to get to an older version.
pub(crate) const RESTORE_ADVICE: &str = "restore a backup that the older version made: `smartbox backup list` shows the version of each, and \
                                         `smartbox backup restore` brings the version back with the state";

impl Control {
    /// Why no box may run this version, if it is too old.
    pub(crate) fn too_old(&self, version: &str) -> Option<String> {
        let floor = &self.inner.limits.runtime_floor;
        runtime::is_below(version, &floor.version).then(|| floor.reason.clone())
    }

    /// Refuses a version that is too old.
    pub(crate) fn require_young(&self, version: &str) -> Result<(), Error> {
        match self.too_old(version) {
            None => Ok(()),
            Some(reason) => Err(Error::RuntimeTooOld {
                version: version.to_owned(),
                floor: self.inner.limits.runtime_floor.version.clone(),
                reason,
            }),
        }
    }

    /// Refuses a version that is too old, or that is not there.
    pub(crate) async fn require_usable(&self, field: &'static str, version: &str) -> Result<(), Error> {
        let installed = self.installed_runtimes().await?;
        self.require_young(version)?;
        if installed.iter().any(|found| found == version) {
            return Ok(());
        }
        if self.inner.runtimes.installable().iter().any(|known| known == version) {
            return Err(Error::Conflict {
                what: format!("OpenClaw {version} is not installed here"),
                remedy: format!(
                    "whoever runs the platform installs it: `smartbox runtime install {version}`"
                ),
            });
        }
        let installed = installed.join(", ");
        Err(Error::field(field, format!("is one of the installed versions: {installed}")))
    }

    /// The version that a box gets with a state which `saved_by` saved.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is none for it here.
    pub(crate) async fn runtime_for_state(&self, present: &str, saved_by: &str) -> Result<String, Error> {
        let installed = self.installed_runtimes().await?;
        let is_usable = installed.iter().any(|found| found == saved_by) && self.too_old(saved_by).is_none();
        match runtime::for_state(present, saved_by, is_usable) {
            Some(version) => Ok(version.to_owned()),
            None => Err(Error::Conflict {
                what: format!(
                    "this state was saved by OpenClaw {saved_by}, and {present}, which the box has, cannot read it"
                ),
                remedy: format!(
                    "install that version, `smartbox runtime install {saved_by}`, or choose an older backup"
                ),
            }),
        }
    }
}
