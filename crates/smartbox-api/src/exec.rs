//! Commands in a box.
//!
//! `POST …/exec:sync` answers when the command has ended. `WS …/exec:stream` is interactive: the first message is
//! a text frame with [`ExecStreamStart`]; after it every frame is binary and its first byte names the channel, as in
//! Kubernetes' `v4.channel.k8s.io` protocol (0 stdin, 1 stdout, 2 stderr); channel 3 carries one JSON
//! [`ExecStreamControl`]. An empty frame on channel 0 ends stdin. The server ends with `exited` and closes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Bytes for the command's standard input.
pub const EXEC_CHANNEL_STDIN: u8 = 0;
/// Bytes of its standard output; with a terminal, all output.
pub const EXEC_CHANNEL_STDOUT: u8 = 1;
/// Bytes of its standard error.
pub const EXEC_CHANNEL_STDERR: u8 = 2;
/// One [`ExecStreamControl`] as JSON.
pub const EXEC_CHANNEL_CONTROL: u8 = 3;

/// Runs a command and waits for its end.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecRequest {
    /// Program and arguments; no shell reads them.
    #[schema(example = json!(["id", "-u"]))]
    pub argv: Vec<String>,
    /// Added to the environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Working directory; the agent's home by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Text for its standard input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin: Option<String>,
    /// Time after which it is killed; 30,000 by default, 600,000 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum ExecOutcome {
    /// By itself.
    Exited {
        /// Its exit code.
        code: i32,
    },
    /// By a signal.
    Signalled {
        /// The signal's name without `SIG`.
        signal: String,
    },
    /// It ran longer than allowed and was killed.
    TimedOut,
    /// The connection to the box was lost; whether it still ran is unknown.
    Lost,
}

/// Result of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExecResult {
    /// How it ended.
    #[serde(flatten)]
    pub outcome: ExecOutcome,
    /// Its output; bytes that are not UTF-8 are replaced.
    pub stdout: String,
    /// Its error output.
    pub stderr: String,
    /// Whether output was left out: at most 1 MiB of each stream is kept.
    pub truncated: bool,
}

/// Size of a terminal in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TtySize {
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

/// First message of an exec stream.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecStreamStart {
    /// Program and arguments; no shell reads them.
    pub argv: Vec<String>,
    /// Added to the environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Working directory; the agent's home by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Asks for a terminal of this size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tty: Option<TtySize>,
}

/// Control message of an exec stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum ExecStreamControl {
    /// To the server: the terminal has a new size.
    Resize(TtySize),
    /// To the server: send this signal (a name without `SIG`).
    Signal {
        /// `INT`, `TERM`, `KILL`, `HUP` or `QUIT`.
        signal: String,
    },
    /// From the server: the command has ended; nothing follows.
    Ended(ExecOutcome),
    /// From the server: it could not be started.
    Failed {
        /// Why, and what to do.
        problem: Box<super::Problem>,
    },
}
