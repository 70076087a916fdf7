//! The fake as a `Provider`.

use bytes::Bytes;
use smartbox_core::{BoxId, Observed, SleepDepth};

use super::orders::Order;
use super::world::{Run, RunState};
use super::{Call, Failure, FakeProvider};
use crate::{
    Capabilities, ComputeUse, Epoch, Generation, LogChunk, LogSource, MemoryUse, Observation, Provider,
    ProviderError, RenderedFile, Spec,
};

/// Most bytes of one answer of `logs`, as the trait says.
const LOG_CHUNK_BYTES_MAX: usize = 256 * 1024;

impl FakeProvider {
    /// Counts the call, waits its time, and carries out the order that waits for it.
    pub(super) async fn enter(&self, call: Call) -> Result<Option<Order>, ProviderError> {
        let order = self.world().orders.take(call);
        self.step().await;
        match order {
            Some(Order::Fail(failure)) => Err(failure.into()),
            other => Ok(other),
        }
    }

    /// The time one step of the work takes; a place where a call may be cancelled.
    pub(super) async fn step(&self) {
        let delay = self.world().delay;
        if delay.is_zero() {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(delay).await;
        }
    }

    /// Stops the box's processes. Connections and listeners end with them.
    async fn end_run(&self, id: BoxId) {
        self.change_run(id, |run| {
            run.asleep = None;
            run.state = RunState::Set(Observed::Stopping);
        });
        self.step().await;
        self.change(|world| world.boxes.get_mut(&id).and_then(|found| found.run.take()));
    }

    /// Whether the box runs in this or a newer generation.
    fn runs(&self, id: BoxId, generation: Generation) -> bool {
        let world = self.world();
        let run = world.boxes.get(&id).and_then(|found| found.run.as_ref());
        let stopping = |run: &Run| matches!(run.state, RunState::Set(Observed::Stopping));
        run.is_some_and(|run| run.is_alive() && !stopping(run) && run.generation >= generation)
    }
}

pub(super) fn answer(order: Option<Order>) -> Result<(), ProviderError> {
    match order {
        Some(Order::LoseAnswer) => Err(Failure::Transient("the answer was lost".into()).into()),
        _ => Ok(()),
    }
}

#[async_trait::async_trait]
impl Provider for FakeProvider {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            survives_platform: true,
            enforces_limits: false,
            deepest_sleep: self.world().deepest_sleep,
        }
    }

    async fn ensure_running(&self, id: BoxId, epoch: Epoch, spec: &Spec) -> Result<(), ProviderError> {
        let order = self.enter(Call::EnsureRunning).await?;
        self.change(|world| {
            world.boxes.entry(id).or_default();
            world.fence(id, epoch)
        })?;
        if self.runs(id, spec.generation) {
            self.change_run(id, |run| run.asleep = None);
        } else {
            self.end_run(id).await;
            self.step().await;
            self.change(|world| {
                let pid = world.new_pid();
                let found = world.boxes.entry(id).or_default();
                found.epoch = found.epoch.max(epoch);
                found.spec = Some(spec.clone());
                found.starts += 1;
                let line = format!("the gateway of {} starts\n", spec.hostname);
                found.log_mut(LogSource::Gateway).extend_from_slice(line.as_bytes());
                found.run = Some(Run::new(spec.generation, pid));
            });
        }
        self.step().await;
        answer(order)
    }

    async fn ensure_asleep(&self, id: BoxId, epoch: Epoch, depth: SleepDepth) -> Result<(), ProviderError> {
        self.put_to_sleep(id, epoch, depth).await
    }

    async fn ensure_awake(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError> {
        self.wake(id, epoch).await
    }

    async fn replace_file(
        &self,
        id: BoxId,
        epoch: Epoch,
        generation: Generation,
        file: &RenderedFile,
    ) -> Result<bool, ProviderError> {
        let order = self.enter(Call::ReplaceFile).await?;
        let replaced = self.change(|world| -> Result<bool, ProviderError> {
            world.fence(id, epoch)?;
            let Some(found) = world.boxes.get_mut(&id) else { return Ok(false) };
            let runs = found.run.as_ref().is_some_and(|run| {
                run.is_alive()
                    && run.generation == generation
                    && !matches!(run.state, RunState::Set(Observed::Stopping))
            });
            let files = found.spec.as_mut().filter(|_| runs).map(|spec| &mut spec.files);
            let known = files.and_then(|files| files.iter_mut().find(|known| known.path == file.path));
            let Some(known) = known else { return Ok(false) };
            known.content.clone_from(&file.content);
            Ok(true)
        })?;
        answer(order)?;
        Ok(replaced)
    }

    async fn memory(&self, id: BoxId) -> Result<Option<MemoryUse>, ProviderError> {
        let order = self.enter(Call::Memory).await?;
        answer(order)?;
        Ok(self.memory_use(id))
    }

    async fn compute(&self, id: BoxId) -> Result<Option<ComputeUse>, ProviderError> {
        let order = self.enter(Call::Compute).await?;
        answer(order)?;
        let world = self.world();
        let run = world.boxes.get(&id).and_then(|found| found.run.as_ref()).filter(|run| run.is_alive());
        Ok(run.map(|run| ComputeUse { run: run.pid.to_string(), cpu_ms: run.cpu_ms }))
    }

    async fn disk(&self, id: BoxId) -> Result<Option<u64>, ProviderError> {
        let world = self.world();
        let volume = world.boxes.get(&id).map(|found| &found.volume);
        Ok(volume.map(|files| files.values().map(|content| content.len() as u64).sum()))
    }

    async fn ensure_stopped(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError> {
        let order = self.enter(Call::EnsureStopped).await?;
        self.change(|world| world.fence(id, epoch))?;
        self.end_run(id).await;
        answer(order)
    }

    async fn ensure_absent(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError> {
        let order = self.enter(Call::EnsureAbsent).await?;
        self.change(|world| world.fence(id, epoch))?;
        self.change(|world| world.boxes.get_mut(&id).and_then(|found| found.run.take()));
        self.step().await;
        self.change(|world| world.boxes.remove(&id));
        self.remove_disk(id);
        answer(order)
    }

    async fn observe_all(&self) -> Result<Vec<Observation>, ProviderError> {
        let order = self.enter(Call::ObserveAll).await?;
        answer(order)?;
        let world = self.world();
        let seen = world.boxes.iter().map(|(id, found)| {
            let run = found.run.as_ref();
            Observation {
                id: *id,
                epoch: found.epoch,
                generation: run.map(|run| run.generation),
                observed: run.map_or(Observed::Stopped, |run| run.observed(world.ready_after)),
                restarts: run.map_or(0, |run| run.restarts),
                was_silent: run.is_some_and(|run| run.was_silent),
                last_exit: run.and_then(|run| run.last_exit),
                oom_kills: run.map_or(0, |run| run.oom_kills),
                pid: run.filter(|run| run.is_alive()).map(|run| run.pid),
            }
        });
        Ok(seen.collect())
    }

    async fn changed(&self) {
        let next_ready = self.world().next_ready_at();
        let ready = async {
            match next_ready {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.changed.notified() => {}
            () = ready => {}
        }
    }

    async fn logs(
        &self,
        id: BoxId,
        source: LogSource,
        from: Option<u64>,
        tail_lines: u32,
    ) -> Result<LogChunk, ProviderError> {
        let order = self.enter(Call::Logs).await?;
        answer(order)?;
        let world = self.world();
        let log = world.boxes.get(&id).map(|found| found.log(source)).unwrap_or_default();
        let start = match from {
            Some(from) => usize::try_from(from).unwrap_or(usize::MAX).min(log.len()),
            None => tail_start(log, tail_lines),
        };
        let rest = log.get(start..).unwrap_or_default();
        let bytes = rest.get(..LOG_CHUNK_BYTES_MAX).unwrap_or(rest);
        Ok(LogChunk { bytes: Bytes::copy_from_slice(bytes), next: (start + bytes.len()) as u64 })
    }

    async fn append_log(&self, id: BoxId, source: LogSource, lines: Bytes) -> Result<(), ProviderError> {
        answer(self.enter(Call::AppendLog).await?)?;
        // Nothing that is observed has changed.
        if let Some(found) = self.world().boxes.get_mut(&id) {
            found.log_mut(source).extend_from_slice(&lines);
        }
        Ok(())
    }
}

/// Where the last `lines` lines begin.
fn tail_start(log: &[u8], lines: u32) -> usize {
    let starts = log.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let starts: Vec<usize> = std::iter::once(0).chain(starts).filter(|start| *start < log.len()).collect();
    let skip = starts.len().saturating_sub(usize::try_from(lines).unwrap_or(usize::MAX));
    starts.get(skip).copied().unwrap_or(log.len())
}
