//! What every place must do alike: a directory, and a real S3 server.

use std::collections::HashSet;
use std::fs;
use std::sync::{Arc, Barrier};

use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use smartbox_backup::{Conditional, Depot, Error};
use tokio::runtime::Runtime;

use crate::world::{
    BOX, OWNER, assert_clean, assert_same, home, noise, repository, restic, restored, save, succeeds,
    try_save,
};

/// A place, and what the contract needs beside it.
pub(crate) struct Place<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) depot: Depot,
    /// The same place without us, to break things in it.
    pub(crate) raw: Arc<dyn ObjectStore>,
    /// What restic needs to reach it.
    pub(crate) keys: Vec<(&'static str, &'static str)>,
}

/// All of it. Each part leaves the place as it found it.
pub(crate) fn holds(place: &Place<'_>) {
    what_is_saved_comes_back_and_restic_agrees(place);
    two_writers_that_begin_at_once_both_keep_what_they_saved(place);
    what_was_changed_in_the_store_is_found(place);
    what_a_stranger_with_another_key_does_is_refused(place);
}

fn what_is_saved_comes_back_and_restic_agrees(place: &Place<'_>) {
    let root = tempfile::tempdir().unwrap();
    let home = home(&root);
    let repository = repository(&place.depot, BOX);
    let first = save(&place.depot, &home);
    assert_eq!(place.depot.conditional(), Some(Conditional::Kept), "it is tried when it is first used");
    fs::write(home.join("workspace/notes/today.md"), "buy bread").unwrap();
    let second = save(&place.depot, &home);
    assert!(second.added_bytes < 64 << 10, "only what changed is stored: {second:?}");
    let mut listed = repository.snapshots().unwrap();
    listed.sort();
    let mut expected = [first.snapshot.clone(), second.snapshot.clone()];
    expected.sort();
    assert_eq!(listed, expected);
    assert_same(&home, &restored(&repository, &second.snapshot, &root));
    let first_home = restored(&repository, &first.snapshot, &root);
    assert_eq!(fs::read(first_home.join("workspace/notes/today.md")).unwrap(), b"buy milk");

    let shown = succeeds(&restic(&place.depot, &place.keys, &["snapshots"]));
    assert!(shown.contains(&first.snapshot[..8]) && shown.contains(&second.snapshot[..8]), "{shown}");
    assert_clean(&place.depot.address(OWNER, BOX), &place.keys);
    let into = root.path().join("by-restic");
    let target = into.to_str().unwrap();
    succeeds(&restic(&place.depot, &place.keys, &["restore", &second.snapshot, "--target", target]));
    assert_same(&home, &into.join("home/agent"));

    assert_eq!(repository.keep_only(&HashSet::from([second.snapshot.clone()])).unwrap(), 1);
    assert!(repository.prune("2026-11-29T12:00:00Z".parse().unwrap()).unwrap());
    assert!(matches!(repository.verify(&first.snapshot), Err(Error::NoSnapshot)));
    assert_eq!(repository.verify(&second.snapshot).unwrap(), second.files);
    assert_clean(&place.depot.address(OWNER, BOX), &place.keys);
    erase(place, BOX);
}

fn two_writers_that_begin_at_once_both_keep_what_they_saved(place: &Place<'_>) {
    let root = tempfile::tempdir().unwrap();
    let home = home(&root);
    for round in 0..2 {
        let name = format!("box_two_{round}");
        let barrier = Barrier::new(2);
        let write = || {
            let repository = repository(&place.depot, &name);
            barrier.wait();
            try_save(&repository, &home).unwrap()
        };
        let both = std::thread::scope(|scope| {
            let other = scope.spawn(write);
            [write(), other.join().unwrap()]
        });
        let repository = repository(&place.depot, &name);
        assert_eq!(repository.snapshots().unwrap().len(), 2);
        for saved in &both {
            assert_eq!(repository.verify(&saved.snapshot).unwrap(), saved.files, "round {round}");
        }
        assert_clean(&place.depot.address(OWNER, &name), &place.keys);
        erase(place, &name);
    }
}

fn what_was_changed_in_the_store_is_found(place: &Place<'_>) {
    let root = tempfile::tempdir().unwrap();
    let home = home(&root);
    for (is_torn, change) in [(false, "a byte"), (true, "half of it")] {
        let saved = save(&place.depot, &home);
        place.runtime.block_on(async {
            let all: Vec<_> = place.raw.list(None).try_collect().await.unwrap();
            let largest = all
                .iter()
                .filter(|object| object.location.as_ref().contains("/data/"))
                .max_by_key(|object| object.size)
                .unwrap();
            let mut bytes = place.raw.get(&largest.location).await.unwrap().bytes().await.unwrap().to_vec();
            let middle = bytes.len() / 2;
            if is_torn {
                bytes.truncate(middle);
            } else {
                bytes[middle] ^= 1;
            }
            place.raw.put(&largest.location, PutPayload::from(bytes)).await.unwrap();
        });
        let repository = repository(&place.depot, BOX);
        let found = repository.verify(&saved.snapshot);
        assert!(matches!(found, Err(Error::Foreign(_))), "{change}: {found:?}");
        let into = root.path().join(change);
        fs::create_dir(&into).unwrap();
        let written = repository.restore(
            &saved.snapshot,
            &into,
            crate::world::ids(),
            smartbox_backup::Limits::default(),
        );
        assert!(matches!(written, Err(Error::Foreign(_))), "{change}: {written:?}");
        assert!(written.unwrap_err().to_string().contains("take another one"));
        erase(place, BOX);
    }
}

fn what_a_stranger_with_another_key_does_is_refused(place: &Place<'_>) {
    let root = tempfile::tempdir().unwrap();
    let home = home(&root);
    let saved = save(&place.depot, &home);
    let stranger = place.depot.repository(OWNER, BOX, "another key".to_owned().into()).unwrap();
    fs::write(home.join("workspace/more"), noise(1 << 20, 9)).unwrap();
    for refused in [stranger.verify(&saved.snapshot).map(drop), try_save(&stranger, &home).map(drop)] {
        assert!(matches!(refused, Err(Error::Key)), "{refused:?}");
    }
    assert!(
        !restic(
            &place.depot,
            &[&place.keys[..], &[("RESTIC_PASSWORD", "another key")]].concat(),
            &["snapshots"]
        )
        .status
        .success()
    );
    assert_eq!(repository(&place.depot, BOX).snapshots().unwrap(), [saved.snapshot]);
    erase(place, BOX);
}

fn erase(place: &Place<'_>, name: &str) {
    place.runtime.block_on(place.depot.erase(OWNER, name)).unwrap();
    assert_eq!(repository(&place.depot, name).snapshots().unwrap(), Vec::<String>::new());
    let left: Vec<_> = place.runtime.block_on(place.raw.list(None).try_collect()).unwrap();
    let left: Vec<_> = left.iter().filter(|object| object.location.as_ref().contains(name)).collect();
    assert!(left.is_empty(), "{left:?}");
}
