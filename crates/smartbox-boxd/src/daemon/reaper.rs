//! Waits for every process that ends, ours and the orphans that a first process inherits.
//!
//! There is exactly one place that waits: [`ReapLoop`]. No child is handed to tokio, whose own waiting would race
//! with it. A process of ours is started and entered into the table under one lock, and the loop takes the same
//! lock, so it never meets a process of ours that it does not know yet. A signal to a process is sent under that
//! lock too, and only while the process has not been waited for: its number cannot belong to another one.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitOptions};
use tokio::signal::unix::{Signal as SignalStream, SignalKind, signal};
use tokio::sync::watch;

use super::exit::Exit;

/// Starts processes and knows which of them still run.
#[derive(Clone)]
pub(crate) struct Reaper {
    table: Arc<Mutex<Table>>,
}

struct Table {
    children: HashMap<Pid, Entry>,
    /// Whether this process has any child at all, as of the last pass.
    childless: watch::Sender<bool>,
}

struct Entry {
    ended: watch::Sender<Option<Exit>>,
    takes_group_along: bool,
}

/// What becomes of a process's group when the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// The rest of the group lives on, as with any SSH server.
    LivesOn,
    /// The rest of the group is killed: it has no use without its leader and could hold its port or its files.
    EndsWithLeader,
}

/// A process that we started. It leads its own process group.
#[derive(Clone)]
pub(crate) struct Child {
    pid: Pid,
    ended: watch::Receiver<Option<Exit>>,
    reaper: Reaper,
}

/// The other half of a [`Reaper`]: must run for as long as processes do.
pub(crate) struct ReapLoop {
    reaper: Reaper,
    hangups: SignalStream,
}

impl Reaper {
    /// Begins to collect notices of ended processes.
    pub(crate) fn new() -> io::Result<(Self, ReapLoop)> {
        let hangups = signal(SignalKind::child())?;
        let (childless, _) = watch::channel(true);
        let reaper = Self { table: Arc::new(Mutex::new(Table { children: HashMap::new(), childless })) };
        Ok((reaper.clone(), ReapLoop { reaper, hangups }))
    }

    /// Starts a process that leads its own group, and hands back its pipes with it.
    pub(crate) fn start<E>(
        &self,
        group: Group,
        spawn: impl FnOnce() -> Result<std::process::Child, E>,
    ) -> Result<(Child, std::process::Child), E> {
        let mut table = self.lock();
        let spawned = spawn()?;
        let pid = Pid::from_child(&spawned);
        let (ended, receiver) = watch::channel(None);
        table.children.insert(pid, Entry { ended, takes_group_along: group == Group::EndsWithLeader });
        table.childless.send_replace(false);
        Ok((Child { pid, ended: receiver, reaper: self.clone() }, spawned))
    }

    /// Sends a signal to the groups of all processes that we started and that still run.
    pub(crate) fn signal_all(&self, signal: Signal) {
        for pid in self.lock().children.keys() {
            signal_group(*pid, signal);
        }
    }

    /// Waits until this process has no child left. Needs a running [`ReapLoop`].
    pub(crate) async fn childless(&self) {
        let mut childless = self.lock().childless.subscribe();
        // The sender lives in the table that `self` holds, so this does not fail.
        let _ = childless.wait_for(|none| *none).await;
    }

    fn reap(&self) {
        let mut table = self.lock();
        table.end_groups_of_dead_leaders();
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => table.note_end(pid, Exit::from_status(status)),
                Ok(None) => {
                    table.childless.send_replace(false);
                    return;
                }
                Err(Errno::INTR) => {}
                Err(error) => {
                    if error != Errno::CHILD {
                        tracing::error!(%error, "cannot wait for processes");
                    }
                    table.childless.send_replace(error == Errno::CHILD);
                    return;
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Looks without waiting: while the dead leader is not waited for, its number still names its group.
    fn end_groups_of_dead_leaders(&self) {
        for pid in self.children.iter().filter(|(_, entry)| entry.takes_group_along).map(|(pid, _)| *pid) {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            if matches!(rustix::process::waitid(WaitId::Pid(pid), options), Ok(Some(_))) {
                signal_group(pid, Signal::KILL);
            }
        }
    }

    fn note_end(&mut self, pid: Pid, exit: Option<Exit>) {
        let Some(exit) = exit else { return };
        match self.children.remove(&pid) {
            Some(entry) => {
                entry.ended.send_replace(Some(exit));
            }
            None => tracing::debug!(pid = pid.as_raw_nonzero().get(), "reaped an orphan"),
        }
    }
}

impl ReapLoop {
    /// Reaps until it is dropped.
    pub(crate) async fn run(mut self) {
        loop {
            self.reaper.reap();
            self.hangups.recv().await;
        }
    }
}

impl Child {
    /// Its process id, which is its group's too.
    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Waits for its end. May be dropped and called again.
    pub(crate) async fn wait(&self) -> Exit {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await.map(|exit| *exit) {
            Ok(Some(exit)) => exit,
            // The table is gone with everything else; nobody will see this.
            Ok(None) | Err(_) => Exit::Signal(Signal::KILL.as_raw()),
        }
    }

    /// Sends a signal to its group, unless it has ended.
    pub(crate) fn signal(&self, signal: Signal) {
        let table = self.reaper.lock();
        if table.children.contains_key(&self.pid) {
            signal_group(self.pid, signal);
        }
    }
}

fn signal_group(pid: Pid, signal: Signal) {
    match rustix::process::kill_process_group(pid, signal) {
        // Gone, or a group of its leader's dead body only.
        Ok(()) | Err(Errno::SRCH) => {}
        Err(error) => {
            tracing::warn!(%error, pid = pid.as_raw_nonzero().get(), "cannot signal a process group")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use tokio::task::JoinSet;

    use super::*;

    // One test only: the loop waits for every child of this process, and the test runner gives each test its own.
    #[tokio::test]
    async fn exit_codes_and_signals_reach_whoever_waits() -> io::Result<()> {
        let (reaper, reap_loop) = Reaper::new()?;
        let mut tasks = JoinSet::new();
        tasks.spawn(reap_loop.run());
        let start = |script: &str| {
            reaper.start(Group::LivesOn, || Command::new("sh").args(["-c", script]).process_group(0).spawn())
        };
        let (seven, _) = start("exit 7")?;
        let (sleeper, _) = start("sleep 100")?;
        assert_eq!(seven.wait().await, Exit::Code(7));
        seven.signal(Signal::KILL); // has ended: does nothing
        sleeper.signal(Signal::TERM);
        assert_eq!(sleeper.wait().await, Exit::Signal(Signal::TERM.as_raw()));
        reaper.childless().await;
        assert!(start("true").is_ok());
        Ok(())
    }
}
