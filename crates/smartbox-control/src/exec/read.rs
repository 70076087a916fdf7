//! Looking at commands that run by themselves, and telling them something.

use std::time::Duration;

use smartbox_core::{ExecId, Permission};
use smartbox_store::{Cursor, Exec, Page, Smartbox};
use tokio::time::timeout;

use super::live::{Live, Order};
use crate::{Control, Error, Op};

/// How long whoever kills a command waits for its end. It is killed all the same.
const KILL_WAIT: Duration = Duration::from_secs(5);
/// Longest wait for the end of a command that one request may ask for.
const WAIT_MAX: Duration = Duration::from_mins(1);

const NO_COMMAND: Error = Error::NotFound("command");

impl Control {
    /// A command of a box with what it printed so far. It waits for the end of one that runs, for as long as `wait`.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for one that ended more than a day ago.
    pub async fn find_exec(
        &self,
        op: &Op,
        reference: &str,
        id: ExecId,
        wait: Duration,
    ) -> Result<Exec, Error> {
        let smartbox = self.resolve(op, Permission::BoxesExec, reference).await?;
        if !wait.is_zero()
            && let Some(mut live) = self.inner.execs.find(id)
        {
            // Only a command of this box is waited for.
            self.read_exec(&smartbox, id).await?;
            let _late = timeout(wait.min(WAIT_MAX), live.ended.changed()).await;
        }
        self.read_exec(&smartbox, id).await
    }

    /// A page of the commands of a box, the newest first, without what they printed.
    pub async fn list_execs(
        &self,
        op: &Op,
        reference: &str,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Exec>, Error> {
        let smartbox = self.resolve(op, Permission::BoxesExec, reference).await?;
        let org = self.inner.store.org(smartbox.org);
        Ok(org.list_execs(smartbox.id, cursor, limit, self.inner.clock.now()).await?)
    }

    /// Kills a command and waits a little for its end. One that has ended stays as it is.
    pub async fn kill_exec(&self, op: &Op, reference: &str, id: ExecId) -> Result<Exec, Error> {
        let smartbox = self.resolve(op, Permission::BoxesExec, reference).await?;
        let org = self.inner.store.org(smartbox.org);
        // Put down first: whoever runs it sees that, wherever it is.
        if org.want_exec_killed(smartbox.id, id).await?
            && let Some(mut live) = self.inner.execs.find(id)
        {
            let _full = live.orders.try_send(Order::Kill);
            let _late = timeout(KILL_WAIT, live.ended.changed()).await;
        }
        self.read_exec(&smartbox, id).await
    }

    /// Sends a command a signal, by its name without `SIG`.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it does not run, or not here.
    pub async fn signal_exec(&self, op: &Op, reference: &str, id: ExecId, name: &str) -> Result<Exec, Error> {
        self.tell_exec(op, reference, id, Order::Signal(name.to_owned())).await
    }

    /// Tells a command the new size of its terminal, in characters.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it has none, or does not run, or not here.
    pub async fn resize_exec(
        &self,
        op: &Op,
        reference: &str,
        id: ExecId,
        (columns, rows): (u16, u16),
    ) -> Result<Exec, Error> {
        self.tell_exec(op, reference, id, Order::Resize { columns, rows }).await
    }

    async fn tell_exec(&self, op: &Op, reference: &str, id: ExecId, order: Order) -> Result<Exec, Error> {
        let smartbox = self.resolve(op, Permission::BoxesExec, reference).await?;
        let exec = self.read_exec(&smartbox, id).await?;
        let stands =
            |what: &str, remedy: &str| Error::Conflict { what: what.to_owned(), remedy: remedy.to_owned() };
        if matches!(order, Order::Resize { .. }) && !exec.has_tty {
            return Err(stands("the command has no terminal", "begin one with `tty`"));
        }
        if exec.ended.is_some() {
            return Err(stands("the command has ended", "begin another one"));
        }
        if exec.started_at.is_none() {
            return Err(stands("the command has not begun: its box is being woken", "try again in a moment"));
        }
        let elsewhere =
            || stands("another process of the platform runs the command", "it can be killed from here");
        let live: Live = self.inner.execs.find(id).ok_or_else(elsewhere)?;
        live.orders.try_send(order).map_err(|_full| Error::Unavailable {
            what: "the command does not take what it is told".to_owned(),
            retry_after: Duration::from_secs(1),
        })?;
        Ok(exec)
    }

    async fn read_exec(&self, smartbox: &Smartbox, id: ExecId) -> Result<Exec, Error> {
        let org = self.inner.store.org(smartbox.org);
        let live = self.inner.execs.find(id);
        let mut exec = org.find_exec(smartbox.id, id, self.inner.clock.now()).await?.ok_or(NO_COMMAND)?;
        if exec.ended.is_none()
            && let Some(live) = live
        {
            exec.output = live.output();
        }
        Ok(exec)
    }
}
