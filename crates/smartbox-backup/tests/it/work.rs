//! How far work has come, and how fast it may go.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use smartbox_backup::{Bandwidth, Depot, Error, Limits, Progress, Stop};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::support::{World, ids, label, noise, write};

/// Sees every value that a watcher could see, on a thread of its own, until the work is over.
fn watched(work: impl FnOnce(watch::Sender<Progress>)) -> Vec<Progress> {
    let (sender, mut receiver) = watch::channel(Progress::default());
    let watcher = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut seen = Vec::new();
        while runtime.block_on(receiver.changed()).is_ok() {
            seen.push(*receiver.borrow_and_update());
        }
        seen
    });
    work(sender);
    watcher.join().unwrap()
}

/// Never backwards, never more than there is, and in the end all of it.
#[track_caller]
fn assert_told(seen: &[Progress], files: u64, bytes: u64) {
    for (before, after) in seen.iter().zip(&seen[1..]) {
        assert!(before.files <= after.files && before.bytes <= after.bytes, "{before:?}, then {after:?}");
    }
    for now in seen {
        assert!(now.files_total == 0 || now.files <= now.files_total, "{now:?}");
        assert!(now.bytes_total == 0 || now.bytes <= now.bytes_total, "{now:?}");
    }
    let all = Progress { files, files_total: files, bytes, bytes_total: bytes };
    assert_eq!(seen.last(), Some(&all));
}

#[test]
fn a_watcher_sees_how_far_a_snapshot_a_verification_and_a_restore_are() {
    let world = World::new();
    for number in 0..10 {
        write(&world.home(), &format!("workspace/{number}.bin"), noise(2 << 20, number));
    }
    write(&world.home(), "workspace/empty", "");
    let mut saved = None;
    let seen = watched(|watcher| {
        saved = Some(world.repository().watched(watcher).snapshot(world.source(), &label()).unwrap());
    });
    let saved = saved.unwrap();
    assert_told(&seen, 11, 20 << 20);
    assert!(seen.iter().any(|now| now.bytes > 0 && now.bytes < 20 << 20), "it is told on the way: {seen:?}");

    let seen = watched(|watcher| {
        world.repository().watched(watcher).verify(&saved.snapshot).unwrap();
    });
    assert_told(&seen, 11, 20 << 20);
    let into = world.empty("staged");
    let seen = watched(|watcher| {
        let repository = world.repository().watched(watcher);
        repository.restore(&saved.snapshot, &into, ids(), Limits::default()).unwrap();
    });
    assert_told(&seen, 11, 20 << 20);
    assert!(seen.iter().any(|now| now.bytes_total == 20 << 20 && now.bytes < 20 << 20), "{seen:?}");
}

#[test]
fn no_more_bytes_a_second_go_either_way_than_are_allowed() {
    let store = Arc::new(InMemory::new());
    let mut world = World::over(Arc::clone(&store) as Arc<dyn ObjectStore>);
    write(&world.home(), "workspace/big.bin", noise(6 << 20, 1));
    let limit = |up, down| Bandwidth { up: NonZeroU64::new(up), down: NonZeroU64::new(down) };
    let timed = |world: &World, work: &dyn Fn(&World)| {
        let began = Instant::now();
        work(world);
        began.elapsed()
    };
    let free = Depot::over(store, world.runtime.handle().clone());
    world.depot = free.clone().limited(limit(4 << 20, 0));
    let saved = std::cell::RefCell::new(String::new());
    let up = timed(&world, &|world| *saved.borrow_mut() = world.save().snapshot);
    // 6 MiB at 4 MiB/s. How long a machine takes beside that is not said here.
    assert!(up >= Duration::from_millis(1400), "{up:?}");

    world.depot = free.limited(limit(0, 4 << 20));
    let down = timed(&world, &|world| assert_eq!(world.repository().verify(&saved.borrow()).unwrap(), 1));
    assert!(down >= Duration::from_millis(1400), "{down:?}");
}

/// Takes the work back as soon as some of it is done.
fn taken_back<T>(work: impl FnOnce(watch::Sender<Progress>, Stop) -> T) -> T {
    let (stop, (sender, mut receiver)) = (Stop::default(), watch::channel(Progress::default()));
    let stopper = stop.clone();
    let watcher = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        while runtime.block_on(receiver.changed()).is_ok() {
            if receiver.borrow_and_update().bytes > 0 {
                stopper.stop();
            }
        }
    });
    let had = work(sender, stop);
    watcher.join().unwrap();
    had
}

#[test]
fn what_is_taken_back_ends_between_two_pieces_and_leaves_no_snapshot() {
    let store = Arc::new(InMemory::new());
    let mut world = World::over(Arc::clone(&store) as Arc<dyn ObjectStore>);
    for number in 0..8 {
        write(&world.home(), &format!("workspace/{number}.bin"), noise(2 << 20, number));
    }
    let free = Depot::over(store, world.runtime.handle().clone());
    let slow = |up, down| Bandwidth { up: NonZeroU64::new(up), down: NonZeroU64::new(down) };
    world.depot = free.clone().limited(slow(4 << 20, 0));
    let saved = taken_back(|watcher, stop| {
        world.repository().watched(watcher).until(stop).snapshot(world.source(), &label())
    });
    assert!(matches!(saved, Err(Error::Stopped)), "{saved:?}");
    world.depot = free.clone();
    assert_eq!(world.repository().snapshots().unwrap(), [""; 0]);

    let saved = world.save();
    assert_eq!(saved.files, 8, "the next one is whole");
    world.depot = free.limited(slow(0, 4 << 20));
    let into = world.empty("staged");
    let restored = taken_back(|watcher, stop| {
        let repository = world.repository().watched(watcher).until(stop);
        repository.restore(&saved.snapshot, &into, ids(), Limits::default())
    });
    assert!(matches!(restored, Err(Error::Stopped)), "{restored:?}");
    let verified =
        taken_back(|watcher, stop| world.repository().watched(watcher).until(stop).verify(&saved.snapshot));
    assert!(matches!(verified, Err(Error::Stopped)), "{verified:?}");
}
