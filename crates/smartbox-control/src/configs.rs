//! What owners add to the configuration of their boxes: showing, changing, going back.
//!
//! A change is a version and an intent, written together; the loop carries it out (`loops/configs.rs`). What the platform depends on
//! is refused here with its reason, and asserted again whenever a file is rendered.

mod check;
mod words;

use serde_json::Value;
use smartbox_core::config_change::ConfigStage;
use smartbox_core::wake::WakeRefusal;
use smartbox_core::{Desired, OperationId, Permission};
use smartbox_openclaw::config::{self, OwnerPart, redact, restore_redacted};
use smartbox_store::{
    BulkRun, ConfigState, ConfigVersion, NewConfig, NewEvent, NewOperation, Operation, OperationKind,
    Smartbox, SystemActor,
};

pub(crate) use words::Censor;

use crate::upgrades::require_none;
use crate::{Control, Error, Op};

/// Who writes what is done by itself.
pub(crate) const ACTOR: &str = "configurations";
/// The field of a request that a configuration stands in.
pub(crate) const FIELD: &str = "config";
/// Changes that nobody bound to a version are tried so often when somebody else is faster.
const ATTEMPTS_MAX: u32 = 4;

/// The configuration of a box, without secrets.
#[derive(Clone, Debug)]
pub struct BoxConfig {
    /// The box.
    pub smartbox: Smartbox,
    /// The version of the owner's part; 0: there never was one.
    pub version: i64,
    /// The owner's part.
    pub owner: Value,
    /// What the gateway is given.
    pub effective: Value,
    /// How far the newest change is; `None`: nothing is under way.
    pub stage: Option<ConfigStage>,
}

/// What is to become of it.
#[derive(Clone, Debug, PartialEq)]
pub enum ConfigWish {
    /// This instead.
    Set(Value),
    /// The same, with this merge patch (RFC 7396).
    Patch(Value),
    /// What it was in an earlier version.
    RollBack(i64),
    /// The same, given to the gateway again.
    Reload,
}

/// When a change counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applies {
    /// At once: the operation tells how it went.
    Now,
    /// The box does not run: at its next start or wake.
    AtNextStart,
    /// Nothing was changed.
    Unchanged,
}

impl Applies {
    /// The word used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::AtNextStart => "at-next-start",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A configuration after a change.
#[derive(Clone, Debug)]
pub struct ConfigChanged {
    /// As it is now.
    pub config: BoxConfig,
    /// The operation, of a box that should run.
    pub operation: Option<Operation>,
    /// When it counts.
    pub applies: Applies,
}

impl ConfigWish {
    /// What made the version, in the store; and what happened, in the timeline.
    const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Set(_) => ("set", "box.config-set"),
            Self::Patch(_) => ("patch", "box.config-patched"),
            Self::RollBack(_) => ("rollback", "box.config-rollback-requested"),
            Self::Reload => ("reload", "box.config-reload-requested"),
        }
    }
}

/// Who changes a configuration.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    /// A caller, who is told at once.
    Caller(&'a Op),
    /// A run over many boxes, under an operation that it has put down already.
    Run(&'a BulkRun, OperationId),
}

impl By<'_> {
    fn event(self, control: &Control, action: &str, detail: Value) -> NewEvent {
        match self {
            Self::Caller(op) => control.event_of(op, action, "asked for", detail),
            Self::Run(run, _operation) => {
                let why = format!("{} asked for many boxes ({})", run.asked_by, run.id);
                control.event(crate::bulk::ACTOR, action, &why, detail)
            }
        }
    }

    fn operation(self, control: &Control) -> OperationId {
        match self {
            Self::Caller(_op) => control.new_operation(OperationKind::Configure).id,
            Self::Run(_run, operation) => operation,
        }
    }
}

impl Control {
    /// The configuration of a box.
    pub async fn box_config(&self, op: &Op, reference: &str) -> Result<BoxConfig, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        let state = self.inner.store.org(smartbox.org).config_state(smartbox.id).await?;
        let part = self.owner_part_in(&smartbox, state.as_ref()).await?;
        Ok(self.config_view(smartbox, state.as_ref(), &part))
    }

    /// The versions of a box's configuration that are kept, the newest first.
    pub async fn config_history(&self, op: &Op, reference: &str) -> Result<Vec<ConfigVersion>, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        Ok(self.inner.store.org(smartbox.org).config_versions(smartbox.id).await?)
    }

    /// Changes the configuration of a box.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what belongs to the platform, what the agent runtime does not know, and what is too much;
    /// [`Error::VersionMismatch`]; [`Error::Conflict`] during an upgrade.
    pub async fn change_config(
        &self,
        op: &Op,
        reference: &str,
        wish: &ConfigWish,
        if_version: Option<i64>,
    ) -> Result<ConfigChanged, Error> {
        for attempt in 1.. {
            let smartbox = self.resolve(op, Permission::BoxesManage, reference).await?;
            match self.try_change_config(By::Caller(op), smartbox, wish, if_version).await {
                Err(Error::VersionMismatch) if if_version.is_none() && attempt < ATTEMPTS_MAX => {}
                done => return done,
            }
        }
        Err(Error::VersionMismatch)
    }

    /// What a wish would come to, if nobody changed anything until then.
    ///
    /// # Errors
    /// As [`Control::change_config`].
    pub(crate) async fn forecast_config(&self, row: &Smartbox, wish: &ConfigWish) -> Result<Applies, Error> {
        require_none(row)?;
        let state = self.inner.store.org(row.org).config_state(row.id).await?;
        let before = self.owner_part_in(row, state.as_ref()).await?;
        let after = self.wished(row, &before, wish).await?;
        self.check_owner_part(row, &after).await?;
        Ok(match row.desired {
            _ if after == before => Applies::Unchanged,
            Desired::Running => Applies::Now,
            _ => Applies::AtNextStart,
        })
    }

    pub(crate) async fn try_change_config(
        &self,
        by: By<'_>,
        smartbox: Smartbox,
        wish: &ConfigWish,
        if_version: Option<i64>,
    ) -> Result<ConfigChanged, Error> {
        if smartbox.desired == Desired::Deleted {
            return Err(WakeRefusal::Deleted.into());
        }
        require_none(&smartbox)?;
        let store = self.inner.store.org(smartbox.org);
        let state = store.config_state(smartbox.id).await?;
        let version = state.as_ref().map_or(0, |state| state.version);
        if if_version.is_some_and(|expected| expected != version) {
            return Err(Error::VersionMismatch);
        }
        let before = self.owner_part_in(&smartbox, state.as_ref()).await?;
        let after = self.wished(&smartbox, &before, wish).await?;
        if *wish != ConfigWish::Reload {
            self.check_owner_part(&smartbox, &after).await?;
            if after == before {
                let config = self.config_view(smartbox, state.as_ref(), &after);
                return Ok(ConfigChanged { config, operation: None, applies: Applies::Unchanged });
            }
        }
        let now = self.inner.clock.now();
        let is_wanted = smartbox.desired == Desired::Running;
        let operation =
            is_wanted.then(|| NewOperation { id: by.operation(self), kind: OperationKind::Configure });
        let (origin, action) = wish.words();
        let detail = match wish {
            ConfigWish::RollBack(to) => serde_json::json!({ "from": version, "to": to }),
            // Paths alone: values may be secrets.
            _ => serde_json::json!({ "from": version, "paths": check::changed_paths(&before, &after) }),
        };
        let origin = if matches!(by, By::Run(..)) { "bulk" } else { origin };
        let event = by.event(self, action, detail);
        let text = secrecy::SecretString::from(after.to_text());
        let new = (*wish != ConfigWish::Reload).then_some(NewConfig { text: &text, origin });
        self.inner.uses.call(smartbox.id);
        let (smartbox, state, operation) =
            store.change_config(smartbox.id, new, version, (operation, event), now).await?;
        self.inner.changes.intent(smartbox.id);
        let applies = if operation.is_some() { Applies::Now } else { Applies::AtNextStart };
        Ok(ConfigChanged { config: self.config_view(smartbox, Some(&state), &after), operation, applies })
    }

    /// The owner's part after a wish, with the secrets that are kept.
    async fn wished(
        &self,
        row: &Smartbox,
        before: &OwnerPart,
        wish: &ConfigWish,
    ) -> Result<OwnerPart, Error> {
        let bad = |error: config::OwnerPartError| Error::field(FIELD, error.to_string());
        let part = match wish {
            ConfigWish::Set(document) => OwnerPart::new(document.clone()),
            ConfigWish::Patch(patch) => before.patched(patch),
            ConfigWish::Reload => return Ok(before.clone()),
            ConfigWish::RollBack(0) => return Ok(OwnerPart::default()),
            ConfigWish::RollBack(version) => {
                let text = self.inner.store.org(row.org).config_text(row.id, *version).await?;
                let text = text.ok_or_else(|| {
                    Error::field(
                        "version",
                        "is none of those that are kept; `smartbox box config history` lists them",
                    )
                })?;
                return read(&text);
            }
        };
        let mut document = part.map_err(bad)?.to_value();
        let missing = restore_redacted(&mut document, &before.to_value());
        if let Some(path) = missing.first() {
            let what = format!("`{path}` is `{}`, and there is no value there to keep", config::REDACTED);
            return Err(Error::field(FIELD, what));
        }
        OwnerPart::new(document).map_err(bad)
    }

    async fn owner_part_in(&self, row: &Smartbox, state: Option<&ConfigState>) -> Result<OwnerPart, Error> {
        let Some(version) = state.map(|state| state.version).filter(|version| *version > 0) else {
            return Ok(OwnerPart::default());
        };
        let text = self.inner.store.org(row.org).config_text(row.id, version).await?;
        read(&text.ok_or_else(|| Error::internal("the configuration that a box should have is gone"))?)
    }

    /// What a box should have, and in which version: what its next incarnation is rendered with.
    pub(crate) async fn owner_part(&self, row: &Smartbox) -> Result<(i64, OwnerPart), Error> {
        match self.config_fleet().config_of(row.id).await? {
            Some((version, text)) => Ok((version, read(&text)?)),
            None => Ok((0, OwnerPart::default())),
        }
    }

    fn config_view(&self, smartbox: Smartbox, state: Option<&ConfigState>, part: &OwnerPart) -> BoxConfig {
        BoxConfig {
            version: state.map_or(0, |state| state.version),
            owner: redact(&part.to_value()),
            effective: redact(&self.effective_config(&smartbox, part)),
            stage: state.and_then(|state| state.stage),
            smartbox,
        }
    }

    pub(crate) fn config_fleet(&self) -> smartbox_store::FleetStore {
        self.inner.store.fleet(SystemActor::new(ACTOR))
    }
}

/// Reads what is kept. What cannot be read is a fault of the platform, and never taken for an empty part.
fn read(text: &secrecy::SecretString) -> Result<OwnerPart, Error> {
    OwnerPart::parse(secrecy::ExposeSecret::expose_secret(text)).map_err(Error::internal)
}
