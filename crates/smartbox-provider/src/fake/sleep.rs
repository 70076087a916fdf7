//! Sleep in the fake: a mark on an incarnation, and memory that moves.

use smartbox_core::{BoxId, Observed, SleepDepth};

use super::provider::answer;
use super::world::{Run, RunState};
use super::{Call, FakeProvider};
use crate::{Epoch, MemoryUse, ProviderError};

/// What a box of the fake takes, in bytes: about a gateway at rest.
const BOX_BYTES: u64 = 750 * 1024 * 1024;
/// What of it stays in memory when it was squeezed.
const SQUEEZED_BYTES: u64 = 150 * 1024 * 1024;

impl FakeProvider {
    /// Does something with an incarnation that has processes and is not being stopped.
    fn change_living<T>(&self, id: BoxId, change: impl FnOnce(&mut Run) -> T) -> Result<T, ProviderError> {
        self.change(|world| {
            let run = world.boxes.get_mut(&id).and_then(|found| found.run.as_mut());
            let run = run.filter(|run| run.is_alive());
            let run = run.filter(|run| !matches!(run.state, RunState::Set(Observed::Stopping)));
            run.map(change).ok_or_else(ProviderError::without_processes)
        })
    }

    pub(super) async fn put_to_sleep(
        &self,
        id: BoxId,
        epoch: Epoch,
        depth: SleepDepth,
    ) -> Result<(), ProviderError> {
        let order = self.enter(Call::EnsureAsleep).await?;
        self.change(|world| world.fence(id, epoch))?;
        let deepest = self.world().deepest_sleep.ok_or_else(|| {
            ProviderError::permanent("boxes cannot sleep here", "Choose a provider whose boxes can.")
        })?;
        // Never less deep than it was: `None` comes before every depth.
        self.change_living(id, |run| run.asleep = run.asleep.max(Some(SleepDepth::Frozen)))?;
        self.step().await;
        self.change_living(id, |run| run.asleep = run.asleep.max(Some(depth.min(deepest))))?;
        answer(order)
    }

    pub(super) async fn wake(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError> {
        let order = self.enter(Call::EnsureAwake).await?;
        self.change(|world| world.fence(id, epoch))?;
        self.change_living(id, |run| run.asleep = None)?;
        self.step().await;
        answer(order)
    }

    pub(super) fn memory_use(&self, id: BoxId) -> Option<MemoryUse> {
        let world = self.world();
        let run = world.boxes.get(&id)?.run.as_ref().filter(|run| run.is_alive())?;
        let pss_bytes = if run.asleep == Some(SleepDepth::Squeezed) { SQUEEZED_BYTES } else { BOX_BYTES };
        Some(MemoryUse { pss_bytes, swap_bytes: BOX_BYTES - pss_bytes, processes: 2 })
    }
}
