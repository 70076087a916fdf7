//! The store breaks.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use smartbox_backup::{Conditional, Error, Limits, TroubleKind};

use crate::breaking::Breaking;
use crate::support::{World, ids, label, noise, write};

/// The objects below a directory of the repository.
async fn objects(store: &InMemory, dir: &str) -> Vec<Path> {
    let prefix = Path::from(format!("users/org_1/box_1/{dir}"));
    let found: Vec<_> = store.list(Some(&prefix)).try_collect().await.unwrap();
    found.into_iter().map(|object| object.location).collect()
}

#[test]
fn a_byte_that_was_changed_is_found_and_not_restored() {
    let store = Arc::new(InMemory::new());
    let world = World::over(Arc::clone(&store) as Arc<dyn ObjectStore>);
    write(&world.home(), "workspace/big.bin", noise(1 << 20, 9));
    let saved = world.save();
    assert_eq!(world.repository().verify(&saved.snapshot).unwrap(), 1);
    world.runtime.block_on(async {
        for pack in objects(&store, "data").await {
            let mut bytes = store.get(&pack).await.unwrap().bytes().await.unwrap().to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            store.put(&pack, PutPayload::from(bytes)).await.unwrap();
        }
    });
    let found = world.repository().verify(&saved.snapshot);
    assert!(found.is_err());
    let into = world.empty("staged");
    assert!(world.repository().restore(&saved.snapshot, &into, ids(), Limits::default()).is_err());
}

#[test]
fn objects_that_are_lost_or_torn_are_found() {
    for (dir, is_torn) in
        [("data", false), ("data", true), ("index", false), ("index", true), ("snapshots", true)]
    {
        let store = Arc::new(InMemory::new());
        let world = World::over(Arc::clone(&store) as Arc<dyn ObjectStore>);
        write(&world.home(), "workspace/big.bin", noise(1 << 20, 11));
        let saved = world.save();
        world.runtime.block_on(async {
            for object in objects(&store, dir).await {
                if is_torn {
                    store.put(&object, PutPayload::from_static(b"torn")).await.unwrap();
                } else {
                    store.delete(&object).await.unwrap();
                }
            }
        });
        assert!(world.repository().verify(&saved.snapshot).is_err(), "{dir}, torn: {is_torn}");
    }
}

#[test]
fn a_store_that_keeps_what_is_there_is_told_from_one_that_does_not() {
    let world = World::new();
    let kept = world.runtime.block_on(world.depot.probe("a")).unwrap();
    assert_eq!(kept, Conditional::Kept);
}

#[test]
fn what_is_erased_is_gone_and_nothing_else() {
    let world = World::new();
    write(&world.home(), "workspace/note", "x");
    let saved = world.save();
    world.runtime.block_on(world.depot.erase("org_1", "box_2")).unwrap();
    assert_eq!(world.repository().snapshots().unwrap(), [saved.snapshot]);
    world.runtime.block_on(world.depot.erase("org_1", "box_1")).unwrap();
    assert_eq!(world.repository().snapshots().unwrap(), Vec::<String>::new());
}

#[test]
fn the_key_object_of_restics_is_put_back_when_it_is_lost() {
    let store = Arc::new(InMemory::new());
    let world = World::over(Arc::clone(&store) as Arc<dyn ObjectStore>);
    write(&world.home(), "workspace/note", "x");
    let saved = world.save();
    let keys = || world.runtime.block_on(objects(&store, "keys"));
    let before = keys();
    world.runtime.block_on(store.delete(&before[0])).unwrap();
    assert_eq!(keys(), []);
    assert_eq!(world.repository().verify(&saved.snapshot).unwrap(), 1);
    assert_eq!(keys(), before);
}

#[test]
fn a_store_that_fails_at_any_step_leaves_no_half_snapshot_and_the_next_one_is_whole() {
    let inner = Arc::new(InMemory::new());
    let breaking = Arc::new(Breaking::new(Arc::clone(&inner)));
    let world = World::over(Arc::clone(&breaking) as Arc<dyn ObjectStore>);
    let mut good = 0;
    for after in 0..12 {
        write(&world.home(), "workspace/big.bin", noise(100_000, 100 + after));
        breaking.puts_left.store(i64::try_from(after).unwrap(), Ordering::SeqCst);
        match world.repository().snapshot(world.source(), &label()) {
            Ok(_) => good += 1,
            Err(Error::Store(trouble)) => assert_eq!(trouble.kind, TroubleKind::Away, "{trouble}"),
            Err(other) => panic!("after {after} writes: {other}"),
        }
        breaking.puts_left.store(i64::MAX, Ordering::SeqCst);
        assert_eq!(world.repository().snapshots().unwrap().len(), good, "after {after} writes");
        let saved = world.save();
        good += 1;
        assert_eq!(world.repository().verify(&saved.snapshot).unwrap(), 1, "after {after} writes");
    }
    assert!(good > 12, "some had all the writes they need: {good}");
}

#[test]
fn nothing_is_removed_by_a_clock_that_is_wrong() {
    let breaking = Arc::new(Breaking::new(Arc::default()));
    let world = World::over(Arc::clone(&breaking) as Arc<dyn ObjectStore>);
    write(&world.home(), "workspace/note", "x");
    world.save();
    breaking.hours_ahead.store(30, Ordering::SeqCst);
    let refused = world.repository().prune("2026-11-29T12:00:00Z".parse().unwrap());
    assert!(matches!(refused, Err(Error::Clocks(apart)) if apart > 29 * 3600), "{refused:?}");
    breaking.hours_ahead.store(0, Ordering::SeqCst);
    assert!(world.repository().prune("2026-11-29T12:00:00Z".parse().unwrap()).unwrap());
}

#[test]
fn a_store_that_ignores_conditions_is_told_when_it_is_first_used() {
    let breaking = Arc::new(Breaking::new(Arc::default()));
    breaking.ignores_conditions.store(true, Ordering::SeqCst);
    let world = World::over(Arc::clone(&breaking) as Arc<dyn ObjectStore>);
    assert_eq!(world.depot.conditional(), None);
    write(&world.home(), "workspace/note", "x");
    world.save();
    assert_eq!(world.depot.conditional(), Some(Conditional::Ignored));
}
