//! Waits for changes without polling: the kernel tells when boxd writes its status and when a box ends.
//!
//! One epoll instance holds an inotify instance with a watch on each box's status directory, and a handle of
//! each box's first process. It is itself a file that the async runtime waits for. Where the kernel refuses
//! (limits of inotify), the watch falls back to waking by the clock.

use std::collections::BTreeMap;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::event::{Timespec, epoll};
use rustix::fs::inotify;
use smartbox_core::BoxId;
use tokio::io::unix::AsyncFd;

use super::host::Host;
use super::observe::Seen;
use super::process::ProcessId;

/// How often a box is looked at when the kernel does not tell, while something is under way.
const POLL_BUSY: Duration = Duration::from_millis(200);
/// The same while nothing is.
const POLL_IDLE: Duration = Duration::from_secs(3);
/// Events taken at once.
const EVENTS_AT_ONCE: usize = 32;
/// Marks the inotify instance among the epoll's sources.
const INOTIFY: u64 = u64::MAX;

pub(super) struct Watch {
    epoll: AsyncFd<OwnedFd>,
    inotify: OwnedFd,
    followed: Mutex<Followed>,
}

#[derive(Default)]
struct Followed {
    boxes: BTreeMap<BoxId, Incarnation>,
    /// A box could not be watched.
    blind: bool,
    /// A box was in transition when it was last observed.
    busy: bool,
}

struct Incarnation {
    process: ProcessId,
    /// Kept open: closing it takes it out of the epoll instance.
    _handle: OwnedFd,
    status_watch: i32,
}

impl Watch {
    /// Makes the instances. Must be called inside the async runtime.
    pub(super) fn new() -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let inotify = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        epoll::add(&epoll, &inotify, epoll::EventData::new_u64(INOTIFY), epoll::EventFlags::IN)?;
        Ok(Self { epoll: super::kernel::readable(epoll)?, inotify, followed: Mutex::default() })
    }

    /// Follows exactly the boxes that run now.
    pub(super) fn follow(&self, host: &Host, seen: &[Seen]) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let mut before = std::mem::take(&mut followed.boxes);
        followed.blind = false;
        followed.busy = seen.iter().any(is_busy);
        for seen in seen {
            let (Some(record), Some(_)) = (&seen.record, seen.observation.pid) else { continue };
            let id = seen.observation.id;
            let known = before.remove(&id).filter(|known| known.process == record.process());
            match known.map_or_else(|| self.watch(host, id, record.process()), |known| Ok(Some(known))) {
                Ok(Some(incarnation)) => {
                    followed.boxes.insert(id, incarnation);
                }
                // It ended meanwhile: the next observation sees that, and it must not be long.
                Ok(None) => followed.blind = true,
                Err(error) => {
                    tracing::debug!(%id, %error, "a box cannot be watched; it is looked at by the clock");
                    followed.blind = true;
                }
            }
        }
        for gone in before.into_values() {
            self.unwatch(&followed, &gone);
        }
    }

    fn watch(&self, host: &Host, id: BoxId, process: ProcessId) -> io::Result<Option<Incarnation>> {
        let Some(handle) = process.open()? else { return Ok(None) };
        // boxd replaces its status by renaming; its logs are in a directory of their own.
        let on_rename = inotify::WatchFlags::MOVED_TO | inotify::WatchFlags::ONLYDIR;
        let status_watch = inotify::add_watch(&self.inotify, host.paths.boxd_volume(id), on_rename)?;
        // The event carries no fact: whoever wakes observes all.
        epoll::add(&self.epoll, &handle, epoll::EventData::new_u64(0), epoll::EventFlags::IN)?;
        Ok(Some(Incarnation { process, _handle: handle, status_watch }))
    }

    fn unwatch(&self, followed: &Followed, gone: &Incarnation) {
        // A new incarnation of the same box has the same directory, and so the same watch.
        if followed.boxes.values().all(|other| other.status_watch != gone.status_watch) {
            let _directory_is_gone = inotify::remove_watch(&self.inotify, gone.status_watch);
        }
    }

    /// Waits for a change.
    pub(super) async fn changed(&self) {
        let (blind, busy) = {
            let followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
            (followed.blind, followed.busy)
        };
        let clock = async {
            match (blind, busy) {
                (true, true) => tokio::time::sleep(POLL_BUSY).await,
                (true, false) => tokio::time::sleep(POLL_IDLE).await,
                (false, _) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.event() => {}
            () = clock => {}
        }
    }

    async fn event(&self) {
        loop {
            let Ok(mut ready) = self.epoll.readable().await else { return std::future::pending().await };
            if self.take_events() {
                return;
            }
            ready.clear_ready();
        }
    }

    /// Takes what has happened. Returns whether anything has.
    fn take_events(&self) -> bool {
        let mut events = [MaybeUninit::uninit(); EVENTS_AT_ONCE];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let Ok((events, _)) = epoll::wait(&self.epoll, &mut events, Some(&now)) else { return false };
        let is_status = events.iter().any(|event| event.data.u64() == INOTIFY);
        let is_end = events.iter().any(|event| event.data.u64() != INOTIFY);
        if is_status {
            self.drain_inotify();
        }
        if is_end {
            self.forget_the_dead();
        }
        is_status || is_end
    }

    fn drain_inotify(&self) {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&self.inotify, &mut buffer);
        while reader.next().is_ok() {}
    }

    /// The handle of an ended process stays readable for ever; it goes, and its end is told once.
    fn forget_the_dead(&self) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let (alive, dead) =
            std::mem::take(&mut followed.boxes).into_iter().partition(|(_, one)| one.process.is_alive());
        followed.boxes = alive;
        let dead: BTreeMap<BoxId, Incarnation> = dead;
        for gone in dead.values() {
            self.unwatch(&followed, gone);
        }
    }
}

fn is_busy(seen: &Seen) -> bool {
    use smartbox_core::Observed;
    !matches!(seen.observation.observed, Observed::Ready | Observed::Stopped | Observed::Dead(_))
}
