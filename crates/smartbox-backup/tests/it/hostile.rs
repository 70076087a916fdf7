//! A box plants what it can into its home.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{CWD, FileType, Mode};
use smartbox_backup::{Limits, Source, copy_databases};

use crate::support::{World, ids, label, write};

#[test]
fn nothing_outside_is_read_through_links_and_nothing_waits_for_a_pipe() {
    let world = World::new();
    let home = world.home();
    let outside = world.empty("outside");
    write(&outside, "secret.sqlite", "of the host");
    symlink(&outside, home.join("workspace/dir")).unwrap();
    symlink(outside.join("secret.sqlite"), home.join("state/linked.sqlite")).unwrap();
    symlink("/dev/zero", home.join("workspace/endless")).unwrap();
    rustix::fs::mknodat(CWD, home.join("state/pipe.sqlite"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let _socket = UnixListener::bind(home.join("workspace/socket")).unwrap();
    write(&home, "workspace/real", "mine");

    let found = smartbox_backup::look(&home, Limits::default()).unwrap();
    assert!(found.databases.is_empty(), "{found:?}");
    let saved = world.save();
    assert_eq!(saved.files, 1);
    let into = world.empty("staged");
    world.repository().restore(&saved.snapshot, &into, ids(), Limits::default()).unwrap();
    assert!(fs::symlink_metadata(into.join("workspace/dir")).unwrap().is_symlink());
    assert!(!into.join("state/pipe.sqlite").exists() && !into.join("workspace/socket").exists());
}

#[test]
fn a_database_that_becomes_a_link_between_look_and_copy_is_not_followed() {
    let world = World::new();
    let home = world.home();
    let outside = world.empty("outside");
    write(&outside, "openclaw.sqlite", "of the host");
    write(&home, "state/state/openclaw.sqlite", "mine");
    write(&home, "state/other/mine.sqlite", "mine");
    let found = smartbox_backup::look(&home, Limits::default()).unwrap().databases;
    fs::remove_dir_all(home.join("state/state")).unwrap();
    symlink(&outside, home.join("state/state")).unwrap();
    fs::remove_file(home.join("state/other/mine.sqlite")).unwrap();
    symlink(outside.join("openclaw.sqlite"), home.join("state/other/mine.sqlite")).unwrap();
    let into = world.empty("copies");
    let copied = copy_databases(&home, &found, &into);
    assert!(copied.is_err(), "{copied:?}");
    assert!(
        fs::read_dir(&into).unwrap().all(|entry| fs::read(entry.unwrap().path()).unwrap() != b"of the host")
    );
}

#[test]
fn a_home_that_changes_all_the_time_gives_nothing_of_the_host_away() {
    let world = World::new();
    let home = world.home();
    let outside = world.empty("outside");
    write(&outside, "file", "of the host");
    let stop = Arc::new(AtomicBool::new(false));
    let swapper = {
        let (home, outside, stop) = (home, outside, Arc::clone(&stop));
        std::thread::spawn(move || {
            let (spot, parked) = (home.join("workspace/spot"), home.join("workspace/parked"));
            fs::create_dir_all(&spot).unwrap();
            fs::write(spot.join("file"), "mine").unwrap();
            while !stop.load(Ordering::Relaxed) {
                fs::rename(&spot, &parked).unwrap();
                symlink(&outside, &spot).unwrap();
                fs::remove_file(&spot).unwrap();
                fs::rename(&parked, &spot).unwrap();
            }
        })
    };
    for round in 0..10 {
        let saved = world.save();
        let into = world.empty(&format!("staged-{round}"));
        world.repository().restore(&saved.snapshot, &into, ids(), Limits::default()).unwrap();
        for place in ["workspace/spot", "workspace/parked"] {
            let is_dir = fs::symlink_metadata(into.join(place)).is_ok_and(|found| found.is_dir());
            let content = fs::read(into.join(place).join("file")).unwrap_or_default();
            assert!(!is_dir || content != b"of the host", "round {round}: {place}");
        }
    }
    stop.store(true, Ordering::Relaxed);
    swapper.join().unwrap();
}

#[test]
fn too_much_is_refused_and_holes_are_left_out() {
    let world = World::new();
    let home = world.home();
    for number in 0..20 {
        write(&home, &format!("workspace/{number}"), "x");
    }
    let small = |limits: Limits| world.repository().snapshot(Source { limits, ..world.source() }, &label());
    assert!(small(Limits { entries_max: 10, ..Limits::default() }).is_err());
    assert!(small(Limits { bytes_max: 10, ..Limits::default() }).is_err());
    assert_eq!(world.repository().snapshots().unwrap(), Vec::<String>::new(), "half a home is no snapshot");

    fs::File::create(home.join("workspace/holes")).unwrap().set_len(8 << 40).unwrap();
    let saved = world.save();
    assert_eq!((saved.files, saved.left_out), (20, 1));
}

#[test]
fn a_deep_tree_is_cut_and_told() {
    let world = World::new();
    let mut deep = world.home().join("workspace");
    for _ in 0..40 {
        deep.push("d");
    }
    fs::create_dir_all(&deep).unwrap();
    write(&deep, "bottom", "x");
    write(&world.home(), "workspace/top", "x");
    let limits = Limits { depth_max: 16, ..Limits::default() };
    let saved = world.repository().snapshot(Source { limits, ..world.source() }, &label()).unwrap();
    assert_eq!((saved.files, saved.left_out), (1, 1));
}
