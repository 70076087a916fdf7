//! Channels of agents, as an older API knows them: a part of the owner's configuration each, sealed with it and given to the gateway.

use serde_json::{Map, Value, json};
use smartbox_core::Permission;
use smartbox_store::Smartbox;

use crate::{ConfigWish, Control, Error, Op};

/// Kinds of channels.
const KINDS: [&str; 5] = ["discord", "signal", "slack", "telegram", "whatsapp"];
/// What clients of the older API call the one credential of a channel that the gateway calls otherwise: kind, theirs, the gateway's.
const RENAMED: [(&str, &str, &str); 2] =
    [("discord", "botToken", "token"), ("telegram", "token", "botToken")];

/// A channel that an agent is to have.
#[derive(Clone)]
pub struct NewChannel {
    /// Its kind.
    pub kind: String,
    /// What the gateway needs for it.
    pub credentials: Map<String, Value>,
}

/// A channel of an agent, without its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentChannel {
    /// Its kind.
    pub kind: String,
    /// Whether the gateway is to run it.
    pub is_enabled: bool,
}

impl Control {
    /// The channels of an agent, by kind.
    pub async fn agent_channels(
        &self,
        op: &Op,
        reference: &str,
    ) -> Result<(Smartbox, Vec<AgentChannel>), Error> {
        let row = self.find_agent(op, Permission::BoxesRead, reference).await?;
        let config = self.box_config(op, &row.id.to_string()).await?;
        let channels = config.owner.get("channels").and_then(Value::as_object);
        let found = channels.into_iter().flatten().map(|(kind, settings)| channel(kind, settings));
        Ok((config.smartbox, found.collect()))
    }

    /// Gives an agent a channel, with a change of its configuration.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a kind or credentials that the gateway does not know; [`Error::Conflict`] when it has one of this kind; else
    /// as [`Control::change_config`].
    pub async fn add_channel(
        &self,
        op: &Op,
        reference: &str,
        new: NewChannel,
    ) -> Result<(Smartbox, AgentChannel), Error> {
        let kind = KINDS.into_iter().find(|kind| *kind == new.kind);
        let kind =
            kind.ok_or_else(|| Error::field("channel_kind", format!("is one of {}", KINDS.join(", "))))?;
        let row = self.find_agent(op, Permission::BoxesManage, reference).await?;
        let id = row.id.to_string();
        let config = self.box_config(op, &id).await?;
        if config.owner.get("channels").and_then(|channels| channels.get(kind)).is_some() {
            return Err(Error::Conflict {
                what: format!("the agent has a {kind} channel already"),
                remedy: "take that one away first".to_owned(),
            });
        }
        let settings = settings(kind, new.credentials);
        let added = channel(kind, &settings);
        self.change_channel(op, &id, kind, settings, config.version).await?;
        Ok((row, added))
    }

    /// Takes a channel from an agent.
    ///
    /// # Errors
    /// [`Error::NotFound`]; else as [`Control::change_config`].
    pub async fn remove_channel(&self, op: &Op, reference: &str, kind: &str) -> Result<(), Error> {
        let row = self.find_agent(op, Permission::BoxesManage, reference).await?;
        let id = row.id.to_string();
        let config = self.box_config(op, &id).await?;
        if config.owner.get("channels").and_then(|channels| channels.get(kind)).is_none() {
            return Err(Error::NotFound("channel"));
        }
        self.change_channel(op, &id, kind, Value::Null, config.version).await
    }

    /// Bound to the version that was looked at: two that add the same channel must not both believe that they did.
    async fn change_channel(
        &self,
        op: &Op,
        id: &str,
        kind: &str,
        settings: Value,
        version: i64,
    ) -> Result<(), Error> {
        let patch = ConfigWish::Patch(json!({ "channels": { kind: settings } }));
        match self.change_config(op, id, &patch, Some(version)).await {
            Ok(_changed) => Ok(()),
            Err(Error::VersionMismatch) => Err(Error::Conflict {
                what: "somebody changed the configuration of the agent at the same time".to_owned(),
                remedy: "ask again".to_owned(),
            }),
            Err(error) => Err(error),
        }
    }
}

fn channel(kind: &str, settings: &Value) -> AgentChannel {
    let is_enabled = settings.get("enabled").and_then(Value::as_bool).unwrap_or(true);
    AgentChannel { kind: kind.to_owned(), is_enabled }
}

/// Credentials in the gateway's words.
fn settings(kind: &str, credentials: Map<String, Value>) -> Value {
    let mut settings: Map<String, Value> =
        credentials.into_iter().map(|(name, value)| (camel(&name), value)).collect();
    for (_kind, theirs, ours) in RENAMED.into_iter().filter(|(of, ..)| *of == kind) {
        if let Some(value) = settings.remove(theirs) {
            settings.entry(ours).or_insert(value);
        }
    }
    settings.entry("enabled").or_insert(Value::Bool(true));
    Value::Object(settings)
}

/// `bot_token` as the gateway writes it.
fn camel(name: &str) -> String {
    let mut parts = name.split('_').filter(|part| !part.is_empty());
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut name, part| {
        let mut letters = part.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_given_in_the_gateways_words() {
        let told = |kind: &str, given: Value| settings(kind, given.as_object().unwrap().clone());
        assert_eq!(
            told("telegram", json!({ "bot_token": "1:a" })),
            json!({ "botToken": "1:a", "enabled": true })
        );
        assert_eq!(
            told("telegram", json!({ "token": "1:a" })),
            json!({ "botToken": "1:a", "enabled": true })
        );
        assert_eq!(told("discord", json!({ "bot_token": "x" })), json!({ "token": "x", "enabled": true }));
        assert_eq!(
            told("slack", json!({ "bot_token": "b", "app_token": "a", "enabled": false })),
            json!({ "botToken": "b", "appToken": "a", "enabled": false })
        );
    }
}
