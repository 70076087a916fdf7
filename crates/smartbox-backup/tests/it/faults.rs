//! The store breaks.

use std::sync::Arc;

use futures_util::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use smartbox_backup::{Conditional, Limits};

use crate::support::{World, ids, noise, write};

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
    assert!(world.repository().verify(&saved.snapshot).is_err());
    let into = world.empty("staged");
    assert!(world.repository().restore(&saved.snapshot, &into, ids(), Limits::default()).is_err());
}

#[test]
fn objects_that_are_lost_or_torn_are_found() {
    for (dir, is_torn) in [("data", false), ("data", true), ("index", false), ("keys", false)] {
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
