//! What exists in the fake.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use smartbox_core::{BoxId, DeathReason, Observed, SleepDepth, Stage};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::orders::Orders;
use crate::{BoxStream, Epoch, Generation, LogSource, ProviderError, Spec};

/// Exit code of what a signal KILL ended.
pub(super) const KILLED: i32 = 128 + 9;

/// Serves one connection of a program in a box.
pub(super) type Handler =
    Arc<dyn Fn(BoxId, BoxStream) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Is told of each call that is obeyed, before it does anything.
pub(super) type Obeyed = Arc<dyn Fn(BoxId, Epoch) + Send + Sync>;

pub(super) struct World {
    pub(super) boxes: BTreeMap<BoxId, FakeBox>,
    pub(super) foreign: BTreeSet<String>,
    pub(super) orders: Orders,
    pub(super) delay: Duration,
    pub(super) deepest_sleep: Option<SleepDepth>,
    pub(super) ready_after: Option<Duration>,
    /// Programs that listen: in every box (`None`) or in one.
    handlers: BTreeMap<(Option<BoxId>, u16), Handler>,
    next_pid: u32,
    /// Is told whom boxes obey.
    pub(super) obeyed: Option<Obeyed>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            boxes: BTreeMap::new(),
            foreign: BTreeSet::new(),
            orders: Orders::default(),
            delay: Duration::ZERO,
            deepest_sleep: Some(SleepDepth::Squeezed),
            ready_after: Some(Duration::ZERO),
            handlers: BTreeMap::new(),
            next_pid: 1000,
            obeyed: None,
        }
    }
}

impl World {
    /// Refuses an older controller, and remembers a newer one.
    pub(super) fn fence(&mut self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError> {
        if let Some(found) = self.boxes.get_mut(&id) {
            if epoch < found.epoch {
                return Err(ProviderError::Fenced);
            }
            found.epoch = epoch;
        }
        if let Some(told) = &self.obeyed {
            told(id, epoch);
        }
        Ok(())
    }

    pub(super) fn serve<F, Fut>(&mut self, id: Option<BoxId>, port: u16, handler: F)
    where
        F: Fn(BoxId, BoxStream) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |id, stream| Box::pin(handler(id, stream)));
        self.handlers.insert((id, port), handler);
    }

    pub(super) fn handler(&self, id: BoxId, port: u16) -> Option<Handler> {
        let found = self.handlers.get(&(Some(id), port)).or_else(|| self.handlers.get(&(None, port)));
        found.map(Arc::clone)
    }

    pub(super) fn new_pid(&mut self) -> u32 {
        self.next_pid += 1;
        self.next_pid
    }

    /// When the next box becomes ready by itself.
    pub(super) fn next_ready_at(&self) -> Option<Instant> {
        let after = self.ready_after?;
        let starting = self.boxes.values().filter_map(|found| match found.run.as_ref()?.state {
            RunState::Starting { since } => Some(since + after),
            RunState::Set(_) => None,
        });
        starting.filter(|at| *at > Instant::now()).min()
    }
}

#[derive(Default)]
pub(super) struct FakeBox {
    pub(super) epoch: Epoch,
    pub(super) spec: Option<Spec>,
    pub(super) volume: BTreeMap<String, Vec<u8>>,
    pub(super) starts: u64,
    pub(super) run: Option<Run>,
    gateway_log: Vec<u8>,
    boxd_log: Vec<u8>,
    connections_log: Vec<u8>,
}

impl FakeBox {
    pub(super) fn log(&self, source: LogSource) -> &[u8] {
        match source {
            LogSource::Gateway => &self.gateway_log,
            LogSource::Boxd => &self.boxd_log,
            LogSource::Connections => &self.connections_log,
        }
    }

    pub(super) fn log_mut(&mut self, source: LogSource) -> &mut Vec<u8> {
        match source {
            LogSource::Gateway => &mut self.gateway_log,
            LogSource::Boxd => &mut self.boxd_log,
            LogSource::Connections => &mut self.connections_log,
        }
    }
}

/// One incarnation.
pub(super) struct Run {
    pub(super) generation: Generation,
    pub(super) state: RunState,
    pub(super) pid: u32,
    /// Beside the state, which it hides and which is there again after the wake.
    pub(super) asleep: Option<SleepDepth>,
    pub(super) restarts: u32,
    pub(super) was_silent: bool,
    pub(super) last_exit: Option<i32>,
    pub(super) oom_kills: u64,
    pub(super) cpu_ms: u64,
    /// Platform services on this box's loopback.
    pub(super) listeners: BTreeMap<u16, mpsc::Sender<DuplexStream>>,
    /// Programs that serve a connection; aborted with the incarnation.
    pub(super) connections: JoinSet<()>,
}

pub(super) enum RunState {
    /// On the way to ready by itself.
    Starting { since: Instant },
    /// As a test said, or at the end of its life.
    Set(Observed),
}

impl Run {
    pub(super) fn new(generation: Generation, pid: u32) -> Self {
        Self {
            generation,
            state: RunState::Starting { since: Instant::now() },
            pid,
            asleep: None,
            restarts: 0,
            was_silent: false,
            last_exit: None,
            oom_kills: 0,
            cpu_ms: 0,
            listeners: BTreeMap::new(),
            connections: JoinSet::new(),
        }
    }

    pub(super) fn begin(&mut self) {
        self.connections.abort_all();
        self.state = RunState::Starting { since: Instant::now() };
    }

    pub(super) fn die(&mut self, reason: DeathReason) {
        self.connections.abort_all();
        self.asleep = None;
        self.last_exit = match &reason {
            DeathReason::Crashed { code } => Some(*code),
            DeathReason::OutOfMemory => Some(KILLED),
            _ => self.last_exit,
        };
        self.state = RunState::Set(Observed::Dead(reason));
    }

    pub(super) fn observed(&self, ready_after: Option<Duration>) -> Observed {
        if let Some(depth) = self.asleep {
            return Observed::Asleep(depth);
        }
        match &self.state {
            RunState::Set(observed) => observed.clone(),
            RunState::Starting { since } if ready_after.is_some_and(|after| since.elapsed() >= after) => {
                Observed::Ready
            }
            RunState::Starting { .. } => Observed::Starting { stage: Stage::Process },
        }
    }

    /// Whether programs of the box can accept connections.
    pub(super) fn is_alive(&self) -> bool {
        !matches!(&self.state, RunState::Set(Observed::Dead(_)))
    }
}
