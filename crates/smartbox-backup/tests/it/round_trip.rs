//! What is saved comes back.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_backup::{Error, Limits, Source, copy_databases};

use crate::support::{World, ids, label, noise, write};

#[test]
fn files_links_times_and_modes_come_back_and_caches_do_not() {
    let world = World::new();
    let home = world.home();
    write(&home, "state/openclaw.json", "{}");
    write(&home, "workspace/big.bin", noise(3 << 20, 7));
    write(&home, "workspace/empty", "");
    write(&home, "state/cache/ui.js", "cached");
    write(&home, "state/a.lock.sqlite", "lock");
    fs::set_permissions(home.join("state/openclaw.json"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("../state/openclaw.json", home.join("workspace/config")).unwrap();
    let saved = world.save();
    assert_eq!((saved.files, saved.left_out), (3, 0));

    let into = world.empty("staged");
    let restored = world.repository().restore(&saved.snapshot, &into, ids(), Limits::default()).unwrap();
    assert_eq!((restored.files, restored.bytes), (saved.files, saved.bytes));
    assert_eq!(fs::read(into.join("workspace/big.bin")).unwrap(), noise(3 << 20, 7));
    assert_eq!(fs::read_link(into.join("workspace/config")).unwrap(), Path::new("../state/openclaw.json"));
    let (before, after) = (
        fs::metadata(home.join("state/openclaw.json")).unwrap(),
        fs::metadata(into.join("state/openclaw.json")).unwrap(),
    );
    assert_eq!((after.mode(), after.mtime(), after.uid()), (before.mode(), before.mtime(), before.uid()));
    assert!(!into.join("state/cache/ui.js").exists() && !into.join("state/a.lock.sqlite").exists());
}

#[test]
fn what_did_not_change_is_saved_once() {
    let world = World::new();
    write(&world.home(), "workspace/big.bin", noise(4 << 20, 1));
    let first = world.save();
    let limits = Limits::default();
    let before = smartbox_backup::look(&world.home(), limits).unwrap();
    assert!(first.added_bytes > 4 << 20);
    let second = world.save();
    assert!(second.added_bytes < 64 << 10, "{second:?}");
    assert_eq!(smartbox_backup::look(&world.home(), limits).unwrap().mark, before.mark);
    write(&world.home(), "workspace/note", "new");
    assert_ne!(smartbox_backup::look(&world.home(), limits).unwrap().mark, before.mark);
}

#[test]
fn databases_are_saved_as_their_copies() {
    let world = World::new();
    let home = world.home();
    write(&home, "state/state/openclaw.sqlite", "as it is while somebody writes");
    write(&home, "state/state/openclaw.sqlite-wal", "log");
    let found = smartbox_backup::look(&home, Limits::default()).unwrap().databases;
    let copies = copy_databases(&home, &found, &world.empty("copies")).unwrap();
    assert_eq!(fs::read(copies[0].copy.with_extension("sqlite-wal")).unwrap(), b"log");
    fs::write(&copies[0].copy, "as it was when nobody did").unwrap();
    let source = Source { copies, ..world.source() };
    let saved = world.repository().snapshot(source, &label()).unwrap();
    let into = world.empty("staged");
    let restored = world.repository().restore(&saved.snapshot, &into, ids(), Limits::default()).unwrap();
    assert_eq!(restored.databases, [into.join("state/state/openclaw.sqlite")]);
    assert_eq!(fs::read(&restored.databases[0]).unwrap(), b"as it was when nobody did");
    assert!(!into.join("state/state/openclaw.sqlite-wal").exists(), "the log is in the copy");
}

#[test]
fn a_backup_is_taken_along_as_an_archive_or_as_one_file() {
    let world = World::new();
    write(&world.home(), "workspace/notes/today.md", "buy milk");
    write(&world.home(), "workspace/big.bin", noise(2 << 20, 3));
    let saved = world.save();
    let mut packed = Vec::new();
    world.repository().reader(&saved.snapshot, None).unwrap().write_to(&mut packed, None).unwrap();
    let mut archive = tar::Archive::new(zstd::stream::read::Decoder::new(packed.as_slice()).unwrap());
    let mut names = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if entry.path().unwrap() == Path::new("workspace/big.bin") {
            assert_eq!(content, noise(2 << 20, 3));
        }
        names.push(entry.path().unwrap().display().to_string());
    }
    assert!(names.contains(&"workspace/notes/today.md".to_owned()), "{names:?}");

    let mut file = Vec::new();
    let path = Path::new("workspace/notes/today.md");
    world.repository().reader(&saved.snapshot, Some(path)).unwrap().write_to(&mut file, None).unwrap();
    assert_eq!(file, b"buy milk");
    for bad in ["workspace/none", "workspace", "../home/workspace/notes/today.md", "/etc/passwd"] {
        let found = world.repository().reader(&saved.snapshot, Some(Path::new(bad)));
        assert!(matches!(found, Err(Error::NoFile)), "{bad}");
    }
}

#[test]
fn what_is_not_kept_goes_and_what_is_kept_stays_whole() {
    let world = World::new();
    write(&world.home(), "workspace/old.bin", noise(1 << 20, 5));
    let old = world.save();
    fs::remove_file(world.home().join("workspace/old.bin")).unwrap();
    write(&world.home(), "workspace/new.bin", noise(1 << 20, 6));
    let new = world.save();
    let keep = HashSet::from([new.snapshot.clone()]);
    assert_eq!(world.repository().keep_only(&keep).unwrap(), 1);
    assert!(world.repository().prune("2026-11-29T12:00:00Z".parse::<Timestamp>().unwrap()).unwrap());
    assert_eq!(world.repository().snapshots().unwrap(), std::slice::from_ref(&new.snapshot));
    assert_eq!(world.repository().verify(&new.snapshot).unwrap(), new.files);
    assert!(matches!(world.repository().verify(&old.snapshot), Err(Error::NoSnapshot)));
}

#[test]
fn one_tenants_key_and_name_open_nothing_of_anothers() {
    let world = World::new();
    write(&world.home(), "workspace/secret", "mine");
    let saved = world.save();
    let with =
        |owner: &str, name: &str, key: &str| world.depot.repository(owner, name, SecretString::from(key));
    let wrong_key = with("org_1", "box_1", "another key").unwrap();
    assert!(wrong_key.verify(&saved.snapshot).is_err());
    for (owner, name) in [("org_2", "box_1"), ("org_1", "box_2")] {
        let other = with(owner, name, "the key of this box").unwrap();
        assert!(other.verify(&saved.snapshot).is_err(), "{owner}/{name}");
        assert_eq!(other.snapshots().unwrap(), Vec::<String>::new());
    }
    for (owner, name) in [("..", "box_1"), ("org_1", "../box_2"), ("org_1/box_1", "x"), ("", "x")] {
        assert!(with(owner, name, "x").is_err(), "{owner}/{name}");
    }
}
