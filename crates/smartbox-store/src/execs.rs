//! Rows of commands that run by themselves, and of what came of them.

use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::exec::ExecEnd;
use smartbox_core::{BoxId, ExecId, OrgId};

use crate::Error;
use crate::row::{bigint, instant, instant_opt, number, parsed};

/// How long what came of a command can be asked for.
pub const EXEC_TTL: Duration = Duration::from_hours(24);
/// Most commands of one box that are kept, those that run among them.
pub const EXECS_MAX: u32 = 100;
/// Most commands of one box that run by themselves at the same time.
pub const EXECS_RUNNING_MAX: u32 = 16;
/// Most bytes that are kept of each stream of a command.
pub const EXEC_OUTPUT_BYTES_MAX: usize = 128 * 1024;
/// What there is too much of when that many run.
pub const EXECS_RUNNING: &str = "commands that run in the box";

/// A command that runs by itself, or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exec {
    /// Its identity.
    pub id: ExecId,
    /// Whose box it runs in.
    pub org: OrgId,
    /// Which box.
    pub box_id: BoxId,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Whether it has a terminal.
    pub has_tty: bool,
    /// Time after which it is killed.
    pub timeout: Duration,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When its process was started; `None` while its box is being woken.
    pub started_at: Option<Timestamp>,
    /// When and how it ended; `None` while it runs.
    pub ended: Option<(Timestamp, ExecEnd)>,
    /// What it printed.
    pub output: ExecOutput,
}

impl Exec {
    /// Whether it printed more than is kept.
    pub const fn is_truncated(&self) -> bool {
        let kept = EXEC_OUTPUT_BYTES_MAX as u64;
        self.output.stdout_bytes > kept || self.output.stderr_bytes > kept
    }
}

/// What a command printed, as far as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecOutput {
    /// Output. Empty in lists.
    pub stdout: String,
    /// Error output. Empty in lists.
    pub stderr: String,
    /// Bytes that it printed, whatever is kept of them.
    pub stdout_bytes: u64,
    /// The same of error output.
    pub stderr_bytes: u64,
}

/// A command to be run.
#[derive(Clone, Debug)]
pub struct NewExec {
    /// Its identity.
    pub id: ExecId,
    /// Which box it runs in.
    pub box_id: BoxId,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Whether it has a terminal.
    pub has_tty: bool,
    /// Time after which it is killed.
    pub timeout: Duration,
    /// Who asks for it.
    pub asked_by: String,
    /// The process of the platform that runs it.
    pub runner: String,
}

#[derive(sqlx::FromRow)]
pub(crate) struct ExecRow {
    id: String,
    org_id: String,
    box_id: String,
    argv: String,
    has_tty: bool,
    timeout_ms: i64,
    asked_by: String,
    created_at_ms: i64,
    started_at_ms: Option<i64>,
    ended_at_ms: Option<i64>,
    outcome: Option<String>,
    code: Option<i64>,
    what: Option<String>,
    stdout: Option<String>,
    stderr: Option<String>,
    stdout_bytes: i64,
    stderr_bytes: i64,
}

/// A query for rows of commands, with what they printed or without.
macro_rules! select_execs {
    (whole $tail:literal) => {
        select_execs!(@ "stdout, stderr" $tail)
    };
    (short $tail:literal) => {
        select_execs!(@ "cast(null as text) as stdout, cast(null as text) as stderr" $tail)
    };
    (@ $output:literal $tail:literal) => {
        concat!(
            "select id, org_id, box_id, argv, has_tty, timeout_ms, asked_by, created_at_ms, started_at_ms, ended_at_ms,
                    outcome, code, what, stdout_bytes, stderr_bytes, ",
            $output,
            " from execs ",
            $tail
        )
    };
}
pub(crate) use select_execs;

impl TryFrom<ExecRow> for Exec {
    type Error = Error;

    fn try_from(row: ExecRow) -> Result<Self, Error> {
        let ended = match (instant_opt(row.ended_at_ms)?, row.outcome.as_deref()) {
            (None, None) => None,
            (Some(at), Some(word)) => {
                let code = row.code.map(number).transpose()?;
                let end = ExecEnd::from_parts(word, code, row.what);
                Some((at, end.ok_or_else(|| Error::damaged("a command that ended in no known way"))?))
            }
            _ => return Err(Error::damaged("a command that ended in part")),
        };
        Ok(Self {
            id: parsed(&row.id)?,
            org: parsed(&row.org_id)?,
            box_id: parsed(&row.box_id)?,
            argv: serde_json::from_str(&row.argv).map_err(Error::damaged)?,
            has_tty: row.has_tty,
            timeout: Duration::from_millis(number(row.timeout_ms)?),
            asked_by: row.asked_by,
            created_at: instant(row.created_at_ms)?,
            started_at: instant_opt(row.started_at_ms)?,
            ended,
            output: ExecOutput {
                stdout: row.stdout.unwrap_or_default(),
                stderr: row.stderr.unwrap_or_default(),
                stdout_bytes: number(row.stdout_bytes)?,
                stderr_bytes: number(row.stderr_bytes)?,
            },
        })
    }
}

/// Milliseconds of the moment before which what ended is forgotten.
pub(crate) fn forgotten_before(now: Timestamp) -> i64 {
    now.as_millisecond().saturating_sub(bigint(EXEC_TTL.as_secs()).saturating_mul(1000))
}
