//! Agents and their machines, as an older API tells them apart: an agent is a box, and its machine is the box's place (0031).

use smartbox_core::{Desired, Permission, has_place};
use smartbox_store::{Error as StoreError, Smartbox};

use crate::{ConfigWish, Control, Error, Intended, NewBox, Op};

const NO_MACHINE: Error = Error::NotFound("machine of the agent");

/// What of an agent's configuration changes; `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentConfigWish {
    /// The model that it thinks with: one that the box is offered.
    pub model: Option<String>,
    /// Tools that it may not use. The list is replaced.
    pub tools_deny: Option<Vec<String>>,
}

fn place_of(row: &Smartbox) -> bool {
    has_place(row.desired, &row.observed, row.archive)
}

impl Control {
    /// An agent: a box that is not deleted, for a caller who may do this with it.
    pub async fn find_agent(&self, op: &Op, may: Permission, reference: &str) -> Result<Smartbox, Error> {
        let row = self.resolve(op, may, reference).await?;
        if row.desired == Desired::Deleted { Err(Error::NotFound("box")) } else { Ok(row) }
    }

    /// The same, if it has a machine.
    ///
    /// # Errors
    /// [`Error::NotFound`] without one.
    pub async fn find_placed_agent(
        &self,
        op: &Op,
        may: Permission,
        reference: &str,
    ) -> Result<Smartbox, Error> {
        let row = self.find_agent(op, may, reference).await?;
        if place_of(&row) { Ok(row) } else { Err(NO_MACHINE) }
    }

    /// Makes an agent without a machine.
    ///
    /// # Errors
    /// As [`Control::create_box`].
    pub async fn create_agent(&self, op: &Op, name: &str) -> Result<Smartbox, Error> {
        let new = NewBox { name: name.to_owned(), start: Some(false), ..NewBox::default() };
        Ok(self.create_box(op, &new).await?.smartbox)
    }

    /// Gives an agent a machine of this size, and starts it. What it had when its last one was taken away is there again.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it has one; [`Error::Invalid`] for a size that there is none of; else as [`Control::start_box`].
    pub async fn place_agent(&self, op: &Op, reference: &str, tier: &str) -> Result<Smartbox, Error> {
        let row = self.find_agent(op, Permission::BoxesManage, reference).await?;
        if place_of(&row) {
            return Err(stands("the agent has a machine already", "take that one away first"));
        }
        let row = if row.tier == tier { row } else { self.resize(op, &row, tier).await? };
        let version = Some(row.version);
        Ok(self.start_box(op, &row.id.to_string(), version).await?.smartbox)
    }

    async fn resize(&self, op: &Op, row: &Smartbox, tier: &str) -> Result<Smartbox, Error> {
        let detail = serde_json::json!({ "from": row.tier, "to": tier });
        let event = self.event_of(op, "box.tier-set", "asked for", detail);
        let org = self.inner.store.org(row.org);
        let set = org.set_tier(row.id, tier, row.version, event, self.inner.clock.now()).await;
        set.map_err(|error| match error {
            StoreError::UnknownTier => Error::field("vps_config_id", "names no size that there is"),
            StoreError::InUse(_) => Error::VersionMismatch,
            other => other.into(),
        })
    }

    /// Takes the machine of an agent away: it is stopped, what it holds is saved and read back, and its disk is freed. The agent stays.
    ///
    /// # Errors
    /// [`Error::NotFound`] without one; else as [`Control::stop_box`] and [`Control::archive_box`].
    pub async fn displace_agent(&self, op: &Op, reference: &str) -> Result<(), Error> {
        let row = self.find_placed_agent(op, Permission::BoxesManage, reference).await?;
        let id = row.id.to_string();
        let row = match row.desired {
            Desired::Stopped => row,
            _ => self.stop_box(op, &id, Some(row.version)).await?.smartbox,
        };
        // A box that sleeps may be on its way there already.
        if place_of(&row) {
            self.archive_box(op, &id, None).await?;
        }
        Ok(())
    }

    /// Starts the machine of an agent, which must be stopped.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is not; [`Error::NotFound`] without one.
    pub async fn start_agent(&self, op: &Op, reference: &str) -> Result<Intended, Error> {
        let row = self.find_placed_agent(op, Permission::BoxesOperate, reference).await?;
        if row.desired != Desired::Stopped {
            return Err(stands("the machine is not stopped", "there is nothing to start"));
        }
        self.start_box(op, &row.id.to_string(), Some(row.version)).await
    }

    /// Stops the machine of an agent, which must not be stopped.
    ///
    /// # Errors
    /// As [`Control::start_agent`].
    pub async fn stop_agent(&self, op: &Op, reference: &str) -> Result<Intended, Error> {
        let row = self.find_placed_agent(op, Permission::BoxesOperate, reference).await?;
        if row.desired == Desired::Stopped {
            return Err(stands("the machine is stopped already", "there is nothing to stop"));
        }
        self.stop_box(op, &row.id.to_string(), Some(row.version)).await
    }

    /// Starts the machine of an agent again.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it does not run; else as [`Control::restart_box`].
    pub async fn restart_agent(&self, op: &Op, reference: &str) -> Result<Intended, Error> {
        let row = self.find_placed_agent(op, Permission::BoxesOperate, reference).await?;
        if row.desired == Desired::Stopped {
            return Err(stands("the machine is stopped", "start it instead"));
        }
        self.restart_box(op, &row.id.to_string(), None).await
    }

    /// Changes model and tools of an agent, as its owner's part of the configuration. What the platform asserts stays.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a model that the box is not offered; else as [`Control::change_config`].
    pub async fn change_agent_config(
        &self,
        op: &Op,
        reference: &str,
        wish: &AgentConfigWish,
    ) -> Result<(), Error> {
        let row = self.find_agent(op, Permission::BoxesManage, reference).await?;
        let mut patch = serde_json::json!({});
        if let Some(model) = &wish.model {
            let model = self.offered_model(&row, model)?;
            patch["agents"] = serde_json::json!({ "defaults": { "model": { "primary": model } } });
        }
        if let Some(tools) = &wish.tools_deny {
            patch["tools"] = serde_json::json!({ "deny": tools });
        }
        self.change_config(op, &row.id.to_string(), &ConfigWish::Patch(patch), None).await?;
        Ok(())
    }

    /// How the gateway names a model that the box is offered, by that name or by the model's own.
    fn offered_model(&self, row: &Smartbox, wanted: &str) -> Result<String, Error> {
        let offered = self.offered_models(row);
        let found = offered.all().find(|model| model.reference() == wanted || model.id == wanted);
        found.map(smartbox_openclaw::config::Model::reference).ok_or_else(|| {
            let known: Vec<_> = offered.all().map(|model| format!("`{}`", model.id)).collect();
            Error::field("model", format!("is one of {}", known.join(", ")))
        })
    }
}

fn stands(what: &str, remedy: &str) -> Error {
    Error::Conflict { what: what.to_owned(), remedy: remedy.to_owned() }
}
