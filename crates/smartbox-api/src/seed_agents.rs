//! Shapes of an older API: agents, their machines, and their channels.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::SeedPlan;

/// Which part of a list is meant.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SeedPageQuery {
    /// Most items, up to 200; 200 if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: what the header `X-Next-Cursor` of the answer before said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Makes an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedCreateAgent {
    /// Its name, as that of a box.
    #[schema(example = "researcher")]
    pub name: String,
}

/// Gives an agent a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedPlaceAgent {
    /// Its size: the name of a tier.
    #[schema(example = "standard-1")]
    pub vps_config_id: String,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedAgent {
    /// The box's id.
    pub id: String,
    /// The org's id: boxes belong to orgs.
    pub user_id: String,
    /// Its name.
    pub name: String,
    /// Its machine, if it has one.
    pub vps: Option<SeedVps>,
    /// When it was made (RFC 3339).
    pub created_at: String,
    /// When it was last seen to change.
    pub updated_at: String,
}

/// The machine of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedVps {
    /// The box's id: a machine has none of its own.
    pub id: String,
    /// The org's id.
    pub user_id: String,
    /// Its size: the name of a tier.
    pub vps_config_id: String,
    /// The agent's name.
    pub name: String,
    /// Where it runs.
    pub provider: String,
    /// `provisioning`, `running` (also while it sleeps: a request wakes it), `stopped`, `failed` or `destroyed`.
    pub state: String,
    /// Where it is reached, through the platform.
    pub address: Option<String>,
    /// When the agent was made (RFC 3339).
    pub created_at: String,
    /// When it was last seen to change.
    pub updated_at: String,
}

/// Gives an agent a channel.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedAddChannel {
    /// `telegram`, `whatsapp`, `discord`, `slack` or `signal`.
    #[schema(example = "telegram")]
    pub channel_kind: String,
    /// What the gateway needs for it, in the gateway's words (`botToken`) or with underscores (`bot_token`).
    pub credentials: Map<String, Value>,
}

/// A channel of an agent, without its credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedChannel {
    /// Its kind: an agent has one of each.
    pub id: String,
    /// The agent's id.
    pub agent_id: String,
    /// Its kind.
    pub channel_kind: String,
    /// Whether the gateway is to run it.
    pub enabled: bool,
}

/// Changes model and tools of an agent. What is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedAgentConfig {
    /// A model that the agent is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Tools that it may not use. The list is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 200)]
    pub tools_deny: Option<Vec<String>>,
}

/// A file of an agent's workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "content": "# Notes\n" }))]
pub struct SeedWorkspaceFile {
    /// All of it.
    pub content: String,
}

/// Whether an agent can be talked to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedAgentHealth {
    /// Whether its gateway answered its last probe.
    pub gateway_reachable: bool,
}

/// The caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedMe {
    /// Their id.
    pub id: String,
    /// What they sign in with, if they have an address.
    pub email: Option<String>,
    /// Their name.
    pub name: String,
    /// `viewer`, `operator`, `admin` or `owner` of their org.
    pub role: String,
    /// `pending`, `active` or `frozen`.
    pub status: String,
    /// The plan of their org.
    pub plan: Option<SeedPlan>,
    /// When they were added (RFC 3339).
    pub created_at: String,
    /// The same: no later change is kept here.
    pub updated_at: String,
}
