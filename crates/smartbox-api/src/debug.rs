//! What whoever runs a platform sees of its process, from the machine it runs on.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The process of a platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DebugProcess {
    /// Version of Smartbox.
    pub version: String,
    /// Its id on this machine.
    pub pid: u32,
    /// Seconds since it began.
    pub up_secs: u64,
    /// Memory that it holds, in bytes, as the kernel counts it.
    pub resident_bytes: u64,
    /// Its threads.
    pub threads: u64,
    /// Files and connections that it has open.
    pub open_files: u64,
    /// What keeps it from doing its work, in words; nothing when it is ready.
    pub missing: Vec<String>,
}

/// A task that lives as long as the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DebugTask {
    /// Its name.
    #[schema(example = "reconciler")]
    pub name: String,
    /// Seconds since it began.
    pub up_secs: u64,
}

/// What runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DebugTasks {
    /// The loops and servers of the platform, by name. One that has ended is not among them.
    pub items: Vec<DebugTask>,
    /// Everything that the runtime has in its hands, requests included.
    pub alive: u64,
    /// What waits for a thread.
    pub queued: u64,
    /// Its threads.
    pub workers: u64,
}

/// A box as the edge sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DebugRoute {
    /// The box.
    #[serde(rename = "box")]
    pub box_id: String,
    /// `ready`, `waiting`, `asleep`, `stopped`, `failed` or `gone`.
    pub state: String,
    /// Its incarnation.
    pub generation: i64,
    /// Requests and sockets under way.
    pub in_flight: u64,
    /// Those of them that wait for it.
    pub waiting: u64,
}

/// The edge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DebugEdge {
    /// Connections of clients.
    pub connections: u64,
    /// Upgraded ones.
    pub sockets: u64,
    /// Connections to gateways and upstreams that have a task.
    pub upstream: u64,
    /// How many boxes it knows.
    pub boxes: u64,
    /// Boxes, those with the most under way first; a thousand at most.
    pub routes: Vec<DebugRoute>,
}

/// What is written to the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DebugLog {
    /// The setting, `log.filter`.
    pub filter: String,
    /// What of the platform itself is written beyond it, if anything.
    pub level: Option<String>,
    /// For how many seconds still.
    pub left_secs: Option<u64>,
}

/// Writes more to the log for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetDebugLog {
    /// `info`, `debug` or `trace`: of the platform's own lines. Those of its libraries may hold credentials, and are never raised.
    #[schema(example = "debug")]
    pub level: String,
    /// For how long, such as `15m`: a second to a day.
    #[serde(rename = "for")]
    #[schema(example = "15m")]
    pub lasts: String,
}
