//! The versions of the agent runtime on this machine: which there are, who uses them, installing and removing one.

mod installs;
mod pin;

use std::collections::BTreeSet;
use std::sync::Arc;

use smartbox_core::{Principal, runtime};
use smartbox_openclaw::config::ConfigSchema;
use smartbox_store::SystemActor;

pub use installs::RuntimeInstaller;
pub(crate) use installs::{Installs, Standing};
pub(crate) use pin::RESTORE_ADVICE;

use crate::{Control, Error, Op};

/// Who writes what is done with runtimes.
const ACTOR: &str = "runtimes";

/// Port: the store of agent runtimes. Implemented by the composition root.
#[async_trait::async_trait]
pub trait Runtimes: Send + Sync {
    /// The versions that this program can install: those whose packages it pins.
    fn installable(&self) -> Vec<String>;

    /// The versions that are there, complete.
    ///
    /// # Errors
    /// A text for the log, when the store cannot be read.
    async fn installed(&self) -> Result<Vec<String>, String>;

    /// Installs a version with all that its boxes need. Does nothing when it is there; takes a minute or more when it is not.
    ///
    /// # Errors
    /// A text for the admin, with what to do.
    async fn install(&self, version: &str) -> Result<(), String>;

    /// Removes a version that no box needs.
    ///
    /// # Errors
    /// A text for the admin.
    async fn remove(&self, version: &str) -> Result<(), String>;

    /// What a version takes as configuration, as it says itself. Milliseconds when it was asked before.
    ///
    /// # Errors
    /// A text for the log, when it is not there or does not say.
    async fn config_schema(&self, version: &str) -> Result<Arc<ConfigSchema>, String>;
}

/// The oldest version that boxes may run, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeFloor {
    /// The version.
    pub version: String,
    /// Why nothing older.
    pub reason: String,
}

impl Default for RuntimeFloor {
    fn default() -> Self {
        let (version, reason) = smartbox_openclaw::versions::FLOOR;
        Self { version: version.to_owned(), reason: reason.to_owned() }
    }
}

/// A version, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeInfo {
    /// The version.
    pub version: String,
    /// `installed`, `installing`, `failed` or `available`.
    pub state: &'static str,
    /// Why it could not be installed. For admins alone.
    pub failure: Option<String>,
    /// Whether new boxes get it.
    pub is_default: bool,
    /// Why no box may run it, if it is too old.
    pub too_old: Option<String>,
    /// Boxes that are pinned to it: those of the caller's org, or all.
    pub boxes: u32,
}

impl Control {
    /// Every version that is there, can be installed, or has boxes; the newest first.
    pub async fn list_runtimes(&self, op: &Op) -> Result<Vec<RuntimeInfo>, Error> {
        let org = match &op.principal {
            Principal::Member { org, .. } => Some(*org),
            Principal::Admin => None,
        };
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let boxes = fleet.boxes_by_runtime(org).await?;
        let installed: BTreeSet<String> = self.installed_runtimes().await?.into_iter().collect();
        let mut versions: Vec<String> = installed.iter().cloned().collect();
        versions.extend(self.inner.runtimes.installable());
        versions.extend(boxes.keys().cloned());
        versions.sort_by(|a, b| runtime::compare(b, a).unwrap_or_else(|| b.cmp(a)));
        versions.dedup();
        let info = |version: String| {
            let standing = self.inner.installs.standing(&version);
            let (state, failure) = match standing {
                _ if installed.contains(&version) => ("installed", None),
                Some(Standing::Waiting | Standing::Going) => ("installing", None),
                Some(Standing::Failed(why)) => ("failed", Some(why)),
                None => ("available", None),
            };
            RuntimeInfo {
                state,
                failure: failure.filter(|_why| org.is_none()),
                is_default: version == self.inner.runtime.version(),
                too_old: self.too_old(&version),
                boxes: boxes.get(&version).copied().unwrap_or(0),
                version,
            }
        };
        Ok(versions.into_iter().map(info).collect())
    }

    /// Asks for a version to be installed. Answers at once with how it stands.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody but an admin; [`Error::Invalid`] for a version that cannot be installed;
    /// [`Error::RuntimeTooOld`]; [`Error::Conflict`] when too many wait.
    pub async fn install_runtime(&self, op: &Op, version: &str) -> Result<RuntimeInfo, Error> {
        require_admin(op)?;
        let installable = self.inner.runtimes.installable();
        if !installable.iter().any(|known| known == version) {
            let known = installable.join(", ");
            return Err(Error::field("version", format!("is one that this program can install: {known}")));
        }
        self.require_young(version)?;
        if !self.installed_runtimes().await?.iter().any(|found| found == version) {
            if !self.inner.installs.ask(version) {
                return Err(Error::Conflict {
                    what: "other versions wait to be installed".to_owned(),
                    remedy: "wait until they are there; `smartbox runtime list` tells".to_owned(),
                });
            }
            self.runtime_event(op, "runtime.install-requested", version).await?;
        }
        let all = self.list_runtimes(op).await?;
        all.into_iter().find(|info| info.version == version).ok_or(Error::NotFound("runtime"))
    }

    /// Removes a version that no box is pinned to.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody but an admin; [`Error::NotFound`]; [`Error::Conflict`] when it is in use.
    pub async fn remove_runtime(&self, op: &Op, version: &str) -> Result<(), Error> {
        require_admin(op)?;
        if !self.installed_runtimes().await?.iter().any(|found| found == version) {
            return Err(Error::NotFound("runtime"));
        }
        let in_use = |what: String| Error::Conflict {
            what,
            remedy: "upgrade or delete the boxes that need it; `smartbox runtime list` counts them"
                .to_owned(),
        };
        if version == self.inner.runtime.version() {
            return Err(Error::Conflict {
                what: "new boxes get this version".to_owned(),
                remedy: "keep it: this release of the platform needs it".to_owned(),
            });
        }
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        if let Some(count) = fleet.boxes_by_runtime(None).await?.get(version) {
            return Err(in_use(format!("{count} boxes are pinned to this version")));
        }
        let upgrades = fleet.open_upgrades().await?;
        if upgrades.iter().any(|upgrade| upgrade.to == version || upgrade.from == version) {
            return Err(in_use("a box is being upgraded from or to this version".to_owned()));
        }
        self.inner.runtimes.remove(version).await.map_err(Error::internal)?;
        self.runtime_event(op, "runtime.removed", version).await
    }

    pub(crate) async fn installed_runtimes(&self) -> Result<Vec<String>, Error> {
        self.inner.runtimes.installed().await.map_err(Error::internal)
    }

    async fn runtime_event(&self, op: &Op, action: &str, version: &str) -> Result<(), Error> {
        let detail = serde_json::json!({ "version": version });
        let event = self.event_of(op, action, "asked for", detail);
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        Ok(fleet.append_event(None, None, event, self.inner.clock.now()).await?)
    }
}

fn require_admin(op: &Op) -> Result<(), Error> {
    if op.principal == Principal::Admin { Ok(()) } else { Err(Error::Forbidden) }
}
