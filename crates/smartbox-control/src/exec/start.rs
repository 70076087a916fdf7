//! Beginning a command that runs by itself.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use smartbox_core::{ExecId, Permission};
use smartbox_store::{EXEC_OUTPUT_BYTES_MAX, Exec};
use tokio::sync::{mpsc, watch};

use super::live::{Live, ORDERS_MAX};
use super::runner::Job;
use super::{CommandKept, NewCommand, check};
use crate::entropy::id_parts;
use crate::{Control, Error, Op};

/// Time of a command when nobody says how long.
const TIMEOUT_DEFAULT: Duration = Duration::from_mins(10);
/// Longest time of a command: as long as what came of it is kept.
const TIMEOUT_MAX: Duration = Duration::from_hours(24);

/// A command that is to run by itself.
#[derive(Clone, Debug, Default)]
pub struct NewExec {
    /// What to run.
    pub command: NewCommand,
    /// Its input.
    pub stdin: String,
    /// Time after which it is killed, counted from its start.
    pub timeout: Option<Duration>,
}

impl Control {
    /// Begins a command that runs by itself, and gives its row. Its box is woken if need be, and stays awake while it runs.
    ///
    /// # Errors
    /// What may not run is refused at once; what cannot be started for other reasons is told by its row.
    pub async fn start_exec(&self, op: &Op, reference: &str, new: NewExec) -> Result<Exec, Error> {
        check(&new.command)?;
        let timeout = new.timeout.unwrap_or(TIMEOUT_DEFAULT);
        if timeout.is_zero() || timeout > TIMEOUT_MAX {
            return Err(Error::field("timeout_ms", format!("must be 1 to {}", TIMEOUT_MAX.as_millis())));
        }
        let smartbox = self.resolve(op, Permission::BoxesExec, reference).await?;
        self.require_wakeable(&smartbox).await?;
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let id = ExecId::from_parts(at, random);
        let runner = self.inner.execs.runner(&*self.inner.entropy).to_owned();
        let row = smartbox_store::NewExec {
            id,
            box_id: smartbox.id,
            argv: new.command.argv.clone(),
            has_tty: new.command.tty.is_some(),
            timeout,
            asked_by: op.principal.actor(),
            runner,
        };
        let job = self.job(op, id, smartbox.id.to_string(), (new, timeout));
        // Arguments may hold a credential; the name of a program does not.
        let program = row.argv.first().cloned().unwrap_or_default();
        let detail = serde_json::json!({ "exec": id.to_string(), "program": program });
        let event = self.event_of(op, "box.exec-started", "asked for", detail);
        let org = self.inner.store.org(smartbox.org);
        org.create_exec(&row, event, now).await?;
        self.inner.execs.is_down(id);
        // From here on the row tells what becomes of it, also when nobody takes the job.
        if let Err(refused) = self.inner.execs.jobs.try_send(job) {
            refused.into_inner().refuse().await;
        }
        org.find_exec(smartbox.id, id, now).await?.ok_or(Error::NotFound("command"))
    }

    fn job(&self, op: &Op, id: ExecId, reference: String, (new, timeout): (NewExec, Duration)) -> Job {
        let (orders, hears) = mpsc::channel(ORDERS_MAX);
        let (ends, ended) = watch::channel(());
        let kept = Arc::new(Mutex::new(CommandKept::new(EXEC_OUTPUT_BYTES_MAX)));
        self.inner.execs.insert(id, Live { orders, kept: Arc::clone(&kept), is_down: false, ended });
        Job::new(self.clone(), id, (op.clone(), reference), (new, timeout), (hears, kept, ends))
    }
}
