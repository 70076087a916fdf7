//! A stateful, deterministic provider without processes: for the tests of everything above the seam.
//!
//! [`FakeProvider`] keeps the promises of [`Provider`] and [`Link`] in memory (it passes
//! [`contract`](crate::contract)), and does what a test tells it: fail the next calls, do the work and lose the
//! answer, be slow (on tokio's clock, which tests pause), let a gateway die. Volumes outlive stops and go with
//! [`Provider::ensure_absent`]; connections and listeners end with the incarnation they belong to.

mod link;
mod orders;
mod provider;
mod sleep;
mod volumes;
mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smartbox_core::{BoxId, DeathReason, Observed, SleepDepth, Stage};
use tokio::sync::Notify;

pub use orders::{Call, Failure};
use world::{FakeBox, Run, RunState, World};

use crate::{BoxStream, Epoch, LogSource, Spec};

/// The fake. Share it with an `Arc`.
#[derive(Default)]
pub struct FakeProvider {
    world: Mutex<World>,
    changed: Notify,
    disks: Mutex<Option<tempfile::TempDir>>,
    leaves_disks: std::sync::atomic::AtomicBool,
}

impl FakeProvider {
    /// A provider with no boxes. Boxes become ready at once.
    pub fn new() -> Self {
        Self::default()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        // A panicking test must not hide its message behind a poisoned lock.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let result = change(&mut self.world());
        self.changed.notify_waiters();
        // Kept for a waiter that comes later: a test that changes first and waits then must not hang.
        self.changed.notify_one();
        result
    }

    fn change_run(&self, id: BoxId, change: impl FnOnce(&mut Run)) {
        self.change(|world| {
            if let Some(run) = world.boxes.get_mut(&id).and_then(|found| found.run.as_mut()) {
                change(run);
            }
        });
    }
}

/// What a test orders.
impl FakeProvider {
    /// Lets the next `times` calls of this kind fail before they do anything.
    pub fn fail_next(&self, call: Call, times: usize, failure: Failure) {
        self.change(|world| world.orders.fail(call, times, failure));
    }

    /// Lets the next `times` calls of this kind do their work and then fail, as if the answer were lost.
    pub fn lose_next_answers(&self, call: Call, times: usize) {
        self.change(|world| world.orders.lose_answers(call, times));
    }

    /// Tells of each call that is obeyed which box and which epoch it was for.
    pub fn on_obeyed(&self, told: impl Fn(BoxId, Epoch) + Send + Sync + 'static) {
        self.change(|world| world.obeyed = Some(std::sync::Arc::new(told)));
    }

    /// Whether disks of boxes that are removed stay, as if something held them, and nobody were told.
    pub fn leave_disks(&self, leaves: bool) {
        self.leaves_disks.store(leaves, std::sync::atomic::Ordering::SeqCst);
    }

    /// Makes every step of every call take this long. Zero (the default) only yields.
    pub fn set_delay(&self, delay: Duration) {
        self.change(|world| world.delay = delay);
    }

    /// How deeply boxes can sleep here; `None`: not at all. Without this order, as deeply as there is.
    pub fn set_deepest_sleep(&self, deepest: Option<SleepDepth>) {
        self.change(|world| world.deepest_sleep = deepest);
    }

    /// How long a box takes from its start to ready; `None`: until [`Self::make_ready`].
    pub fn set_ready_after(&self, after: Option<Duration>) {
        self.change(|world| world.ready_after = after);
    }

    /// Moves a starting box to a stage.
    pub fn set_stage(&self, id: BoxId, stage: Stage) {
        self.change_run(id, |run| run.state = RunState::Set(Observed::Starting { stage }));
    }

    /// Makes a running box ready.
    pub fn make_ready(&self, id: BoxId) {
        self.change_run(id, |run| run.state = RunState::Set(Observed::Ready));
    }

    /// Lets the box's processes take so much more CPU time, in milliseconds.
    pub fn spend_cpu(&self, id: BoxId, more_ms: u64) {
        self.change_run(id, |run| run.cpu_ms += more_ms);
    }

    /// Whether the box sleeps.
    pub fn is_asleep(&self, id: BoxId) -> bool {
        let world = self.world();
        let run = world.boxes.get(&id).and_then(|found| found.run.as_ref());
        run.is_some_and(|run| run.asleep.is_some())
    }

    /// Makes a running box fail its readiness probe.
    pub fn make_unready(&self, id: BoxId) {
        self.change_run(id, |run| run.state = RunState::Set(Observed::Unready));
    }

    /// Lets the box die. Its connections end.
    pub fn die(&self, id: BoxId, reason: DeathReason) {
        self.change_run(id, |run| {
            if reason == DeathReason::OutOfMemory {
                run.oom_kills += 1;
            }
            run.die(reason);
        });
    }

    /// Lets the gateway end and be started again by its supervisor, `oom` for lack of memory.
    pub fn restart_gateway(&self, id: BoxId, oom: bool) {
        self.change_run(id, |run| {
            run.restarts += 1;
            run.was_silent = false;
            run.oom_kills += u64::from(oom);
            run.last_exit = Some(if oom { world::KILLED } else { 1 });
            run.begin();
        });
    }

    /// Lets the gateway hang and be started again by its supervisor.
    pub fn hang_gateway(&self, id: BoxId) {
        self.change_run(id, |run| {
            run.restarts += 1;
            run.was_silent = true;
            run.begin();
        });
    }

    /// Appends to a log of the box.
    pub fn write_log(&self, id: BoxId, source: LogSource, text: &str) {
        self.change_box(id, |found| found.log_mut(source).extend_from_slice(text.as_bytes()));
    }

    /// Writes a file of the box's volume. Nothing happens without a volume.
    pub fn write_volume(&self, id: BoxId, name: &str, content: &[u8]) {
        self.change_box(id, |found| {
            found.volume.insert(name.to_owned(), content.to_vec());
        });
    }

    /// Puts something that is not ours beside the boxes.
    pub fn add_foreign(&self, name: &str) {
        self.change(|world| world.foreign.insert(name.to_owned()));
    }

    /// Lets programs of every box listen on `port`: each connection is given to `handler`.
    pub fn serve<F, Fut>(&self, port: u16, handler: F)
    where
        F: Fn(BoxId, BoxStream) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.change(|world| world.serve(None, port, handler));
    }

    /// Lets a program of one box listen on `port`. It wins over [`Self::serve`].
    pub fn serve_in<F, Fut>(&self, id: BoxId, port: u16, handler: F)
    where
        F: Fn(BoxId, BoxStream) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.change(|world| world.serve(Some(id), port, handler));
    }

    /// Ends every connection of a box, as a restarted program would.
    pub fn drop_connections(&self, id: BoxId) {
        self.change_run(id, |run| run.connections.abort_all());
    }

    fn change_box(&self, id: BoxId, change: impl FnOnce(&mut FakeBox)) {
        self.change(|world| {
            if let Some(found) = world.boxes.get_mut(&id) {
                change(found);
            }
        });
    }
}

/// What a test asks.
impl FakeProvider {
    /// How often this call was made, failed ones included.
    pub fn calls(&self, call: Call) -> u64 {
        self.world().orders.count(call)
    }

    /// The spec the box was last started with.
    pub fn spec(&self, id: BoxId) -> Option<Spec> {
        self.world().boxes.get(&id).and_then(|found| found.spec.clone())
    }

    /// A file of the box's volume.
    pub fn read_volume(&self, id: BoxId, name: &str) -> Option<Vec<u8>> {
        self.world().boxes.get(&id).and_then(|found| found.volume.get(name).cloned())
    }

    /// Whether something that is not ours is still there.
    pub fn has_foreign(&self, name: &str) -> bool {
        self.world().foreign.contains(name)
    }

    /// How many times the box's processes were started, ever.
    pub fn starts(&self, id: BoxId) -> u64 {
        self.world().boxes.get(&id).map_or(0, |found| found.starts)
    }
}
