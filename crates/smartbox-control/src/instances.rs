//! Boxes as an older API makes and changes them: with their keys and their model in one request.

use smartbox_core::Tier;
use smartbox_store::{IntentChange, Smartbox};

use crate::{AgentConfigWish, ApiKeyChange, Control, Error, NewBox, Op, Whose, api_keys};

/// A box with what it begins with.
#[derive(Clone, Debug, Default)]
pub struct NewInstance {
    /// Its name.
    pub name: String,
    /// Least CPU that it may take at most, in thousandths; any if nothing is said.
    pub cpu_millis: Option<u32>,
    /// Least memory that it may take at most, in bytes; any if nothing is said.
    pub memory_bytes: Option<u64>,
    /// What else it has.
    pub wish: InstanceWish,
}

/// What of a box changes; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct InstanceWish {
    /// Keys of its own.
    pub keys: Vec<ApiKeyChange>,
    /// The model that it thinks with.
    pub default_model: Option<String>,
}

impl Control {
    /// Makes a box, gives it what it begins with, and starts it. It does not begin without.
    ///
    /// # Errors
    /// As [`Control::create_box`] and [`Control::change_instance`]; nothing is left of a box that could not be given all.
    pub async fn create_instance(&self, op: &Op, new: &NewInstance) -> Result<Smartbox, Error> {
        api_keys::check(&new.wish.keys)?;
        let tier = self.tier_for(new).await?;
        let asked = NewBox { name: new.name.clone(), tier, start: Some(false), ..NewBox::default() };
        let row = self.create_box(op, &asked).await?.smartbox;
        let id = row.id.to_string();
        let made = async {
            self.change_instance(op, &id, &new.wish).await?;
            Ok(self.start_box(op, &id, None).await?.smartbox)
        };
        match made.await {
            Ok(row) => Ok(row),
            Err(error) => {
                self.forget_instance(op, &row).await;
                Err(error)
            }
        }
    }

    /// Changes keys and model of a box.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::Lacks`] a permission.
    pub async fn change_instance(&self, op: &Op, reference: &str, wish: &InstanceWish) -> Result<(), Error> {
        api_keys::check(&wish.keys)?;
        if let Some(model) = &wish.default_model {
            let config = AgentConfigWish { model: Some(model.clone()), tools_deny: None };
            self.change_agent_config(op, reference, &config).await.map_err(|error| match error {
                Error::Invalid(issues) => renamed(issues),
                other => other,
            })?;
        }
        self.change_api_keys(op, Whose::Box(reference), &wish.keys).await
    }

    /// The smallest tier that has as much; the platform's choice if nothing is said.
    async fn tier_for(&self, new: &NewInstance) -> Result<Option<String>, Error> {
        if new.cpu_millis.is_none() && new.memory_bytes.is_none() {
            return Ok(None);
        }
        let fits = |tier: &Tier| {
            new.cpu_millis.is_none_or(|cpu| tier.cpu_millis >= cpu)
                && new.memory_bytes.is_none_or(|memory| tier.memory_max_bytes >= memory)
        };
        let found = self.list_tiers().await?.into_iter().find(fits);
        found.map(|tier| Some(tier.name)).ok_or_else(|| {
            Error::field(
                "memory_limit",
                "is more, with `cpu_limit`, than any size has; `GET /v1/tiers` lists them",
            )
        })
    }

    /// Takes back a box that could not be given what it begins with: nothing is in it yet.
    async fn forget_instance(&self, op: &Op, row: &Smartbox) {
        let now = self.inner.clock.now();
        let event = self.event_by(op, "box.delete-requested", "it could not be given what it begins with");
        let change =
            IntentChange { purge_at: Some(now), ..IntentChange::to(smartbox_core::Desired::Deleted) };
        if let Err(error) = self.write_intent(row, change, None, None, event).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(box.id = %row.id, error, "a box that could not be given what it begins with is still there, stopped");
        }
    }
}

fn renamed(mut issues: Vec<crate::FieldIssue>) -> Error {
    for issue in &mut issues {
        if issue.field == "model" {
            issue.field = "default_model";
        }
    }
    Error::Invalid(issues)
}
