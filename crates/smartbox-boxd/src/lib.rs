//! The contract between the platform and boxd, the first process of every box.
//!
//! The platform writes [`BoxdConfig`] to [`CONFIG_PATH`] before it starts the box; boxd reads it once. boxd
//! writes [`BoxdStatus`] to [`STATUS_PATH`] on every change, by rename, so that a reader never sees half a file.
//! Both are owned by the box's root, whom nothing but boxd runs as: the agent (uid [`AGENT_ID`]) can change
//! neither. How the platform runs commands over boxd's SSH server is in [`exec`]. The daemon itself is behind the
//! feature `daemon`.

use std::fmt;

use serde::{Deserialize, Serialize};

pub mod exec;
pub mod redact;

#[cfg(feature = "daemon")]
pub mod daemon;

/// User and group id of the agent inside the box. Everything but boxd runs as it.
pub const AGENT_ID: u32 = 1000;
/// The agent's user name.
pub const AGENT_NAME: &str = "agent";
/// The agent's home: the data volume.
pub const AGENT_HOME: &str = "/home/agent";
/// Host-owned files, read-only in the box.
pub const PLATFORM_DIR: &str = "/run/smartbox";
/// boxd's configuration.
pub const CONFIG_PATH: &str = "/run/smartbox/boxd.json";
/// boxd's own directory on the volume: host key, logs, status. The agent cannot enter it.
pub const BOXD_DIR: &str = "/var/lib/boxd";
/// boxd's status.
pub const STATUS_PATH: &str = "/var/lib/boxd/status.json";
/// Fencing number of the controller that started the box: a decimal number and a line feed. Host-owned.
pub const EPOCH_PATH: &str = "/run/smartbox/epoch";
/// The newest fencing number that was obeyed for the box. It lies on the volume and goes wherever that goes; boxd does
/// not start for an older controller.
pub const VOLUME_EPOCH_PATH: &str = "/var/lib/boxd/epoch";
/// SSH host key (OpenSSH private key format), written by the platform before the first start.
pub const HOST_KEY_PATH: &str = "/var/lib/boxd/ssh_host_ed25519_key";
/// Log of the gateway; rotated to `.1` … up to [`BoxdConfig::log_files_max`].
pub const GATEWAY_LOG_PATH: &str = "/var/lib/boxd/logs/gateway.log";
/// boxd's own log.
pub const BOXD_LOG_PATH: &str = "/var/lib/boxd/logs/boxd.log";
/// Port of boxd's SSH server on the box's loopback.
pub const SSH_PORT: u16 = 22;
/// Port of the gateway on the box's loopback.
pub const GATEWAY_PORT: u16 = 18789;
/// OpenClaw's exit code for a configuration it refuses (`EX_CONFIG`): starting again changes nothing.
pub const EXIT_CONFIG: i32 = 78;

/// Parts of headers that are shorter are words.
const HEADER_SECRET_BYTES_MIN: usize = 24;

/// What boxd is told. No secret that matters is in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoxdConfig {
    /// Incarnation of the box; repeated in the status.
    pub generation: i64,
    /// OpenSSH public keys that may log in (`ssh-ed25519 AAAA…`).
    pub authorized_keys: Vec<String>,
    /// The supervised gateway.
    pub gateway: ServiceSpec,
    /// Environment of commands and terminals opened over SSH. Nothing else is inherited.
    pub exec_env: Vec<(String, String)>,
    /// Longest time the gateway may take to finish its work before it is killed.
    pub stop_grace_ms: u64,
    /// A log file is rotated at this size.
    pub log_file_bytes_max: u64,
    /// How many rotated files are kept.
    pub log_files_max: u32,
    /// Headers that make the gateway accept boxd's administrative requests (suspend before a stop).
    pub gateway_admin_headers: Vec<(String, String)>,
    /// Names of variables of the gateway whose values are kept out of its log.
    #[serde(default)]
    pub secret_variables: Vec<String>,
}

impl BoxdConfig {
    /// Values that must not stand in a log: those of secret variables, and what makes boxd known to the gateway.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let is_secret = |name: &String| self.secret_variables.contains(name);
        let variables =
            self.gateway.env.iter().filter(move |(name, _)| is_secret(name)).map(|(_, value)| value.as_str());
        // The name of a header can be a secret as well: it ends with one.
        let headers = self
            .gateway_admin_headers
            .iter()
            .flat_map(|(name, value)| [name.rsplit('-').next().unwrap_or(name), value.as_str()]);
        variables.chain(headers.filter(|text| text.len() >= HEADER_SECRET_BYTES_MIN))
    }
}

impl fmt::Debug for BoxdConfig {
    /// Leaves out the values of variables and headers: they hold the gateway's credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxdConfig")
            .field("generation", &self.generation)
            .field("authorized_keys", &self.authorized_keys.len())
            .field("gateway", &self.gateway)
            .field("exec_env", &names(&self.exec_env))
            .field("stop_grace_ms", &self.stop_grace_ms)
            .field("log_file_bytes_max", &self.log_file_bytes_max)
            .field("log_files_max", &self.log_files_max)
            .field("gateway_admin_headers", &names(&self.gateway_admin_headers))
            .field("secret_variables", &self.secret_variables)
            .finish()
    }
}

/// A supervised program.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSpec {
    /// Program and arguments. Never a shell line.
    pub argv: Vec<String>,
    /// The whole environment; nothing is inherited.
    pub env: Vec<(String, String)>,
    /// Working directory.
    pub cwd: String,
    /// Crashes within [`Self::crash_window_ms`] after which boxd gives up.
    pub crashes_max: u32,
    /// See [`Self::crashes_max`].
    pub crash_window_ms: u64,
}

impl fmt::Debug for ServiceSpec {
    /// Leaves out the values of variables: they hold the gateway's credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceSpec")
            .field("argv", &self.argv)
            .field("env", &names(&self.env))
            .field("cwd", &self.cwd)
            .field("crashes_max", &self.crashes_max)
            .field("crash_window_ms", &self.crash_window_ms)
            .finish()
    }
}

fn names(pairs: &[(String, String)]) -> Vec<&str> {
    pairs.iter().map(|(name, _)| name.as_str()).collect()
}

/// What boxd reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoxdStatus {
    /// The incarnation this is about: a status of another one is stale.
    pub generation: i64,
    /// Raised by one with every report of this incarnation.
    pub sequence: u64,
    /// State of the gateway.
    pub gateway: GatewayStatus,
    /// How often the gateway was started again after it ended by itself or did not answer.
    pub restarts: u32,
    /// How the gateway ended last, if it did.
    pub last_exit: Option<ExitInfo>,
    /// Whether that was boxd's doing, because the gateway ran and did not answer. An older boxd does not say.
    #[serde(default)]
    pub was_silent: bool,
}

/// State of the gateway, from real probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayStatus {
    /// The process was started; its port is closed.
    Starting,
    /// The port answers; it is not ready yet.
    Listening,
    /// `/readyz` answers 200.
    Ready,
    /// It was ready; `/readyz` fails now.
    Unready,
    /// It ended and is started again after a pause.
    Restarting,
    /// It is asked to finish its work and stop.
    Stopping,
    /// It ended and stays so; see `last_exit`.
    Failed,
    /// It was stopped on request. boxd ends next.
    Stopped,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitInfo {
    /// Exit code, or 128 + signal.
    pub code: i32,
}

impl ExitInfo {
    /// Whether SIGKILL ended it: by the kernel's out-of-memory killer, or by somebody.
    pub const fn is_killed(self) -> bool {
        self.code == 128 + 9
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_no_value_of_a_variable_or_header() {
        let secret = || vec![("NAME".to_owned(), "the-credential".to_owned())];
        let config = BoxdConfig {
            generation: 1,
            authorized_keys: Vec::new(),
            gateway: ServiceSpec {
                argv: vec!["node".to_owned()],
                env: secret(),
                cwd: "/".to_owned(),
                crashes_max: 1,
                crash_window_ms: 1,
            },
            exec_env: secret(),
            stop_grace_ms: 1,
            log_file_bytes_max: 1,
            log_files_max: 1,
            gateway_admin_headers: secret(),
            secret_variables: Vec::new(),
        };
        let shown = format!("{config:?}");
        assert!(shown.contains("NAME") && !shown.contains("the-credential"), "{shown}");
    }
}
