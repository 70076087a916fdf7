//! Commands in a box.
//!
//! `POST …/exec` begins one that runs by itself, and what comes of it is kept for a day. `POST …/exec:sync` answers when the
//! command has ended. `WS …/exec:stream` is interactive: the first message is
//! a text frame with [`ExecStreamStart`]; after it every frame is binary and its first byte names the channel, as in
//! Kubernetes' `v4.channel.k8s.io` protocol (0 stdin, 1 stdout, 2 stderr); channel 3 carries one JSON
//! [`ExecStreamControl`]. An empty frame on channel 0 ends stdin. The server ends with `exited` and closes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

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
#[schema(example = json!({ "argv": ["id", "-u"], "timeout_ms": 30000 }))]
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
    /// Whether output was left out: of each stream at most 1 MiB is kept, its beginning and its end, and a line between them says
    /// how much is missing.
    pub truncated: bool,
}

/// Size of a terminal in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "cols": 120, "rows": 40 }))]
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

/// Begins a command that runs by itself.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "argv": ["make", "test"], "cwd": "workspace", "env": { "CI": "1" } }))]
pub struct StartExec {
    /// Program and arguments; no shell reads them. They are kept for as long as what came of the command.
    #[schema(example = json!(["make", "test"]))]
    pub argv: Vec<String>,
    /// Added to the environment. Not kept.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Working directory; the agent's home by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Text for its standard input. Not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin: Option<String>,
    /// Asks for a terminal of this size; everything it prints is then in `stdout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tty: Option<TtySize>,
    /// Time after its start at which it is killed; 600,000 by default, 86,400,000 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}

/// Query of a command.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExecQuery {
    /// How long to wait for its end, such as `30s`, `500ms`, `1m` or a number of seconds; 60 seconds at most.
    #[param(example = "30s")]
    pub wait: Option<String>,
}

/// A command that runs by itself, or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExecView {
    /// `exe_…`.
    pub id: String,
    /// The box it runs in.
    pub box_id: String,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Whether it has a terminal.
    pub tty: bool,
    /// `waiting` (its box is being woken), `running`, `exited`, `signalled`, `timed_out`, `killed`, `lost` (nobody knows how it
    /// ended) or `failed` (it could not be started).
    pub state: String,
    /// Its exit code, if it exited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// The signal that ended it, a name without `SIG`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    /// Why it was lost, or could not be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Who asked for it.
    pub asked_by: String,
    /// Time after its start at which it is killed.
    pub timeout_ms: u64,
    /// When it was asked for.
    pub created_at: String,
    /// When its process was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Until when it can be asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Its output so far; bytes that are not text are replaced. Not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
    /// Its error output so far. Not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stderr: Option<String>,
    /// Bytes of output, whatever is kept of them.
    pub stdout_bytes: u64,
    /// Bytes of error output, whatever is kept of them.
    pub stderr_bytes: u64,
    /// Whether output was left out: of each stream at most 128 KiB are kept, its beginning and its end.
    pub truncated: bool,
}

/// Commands of a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExecList {
    /// The newest first.
    pub items: Vec<ExecView>,
    /// Where the next page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A signal for a command.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecSignal {
    /// `INT`, `TERM`, `KILL`, `HUP`, `QUIT`, `USR1` or `USR2`.
    #[schema(example = "INT")]
    pub signal: String,
}
