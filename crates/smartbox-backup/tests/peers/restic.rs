//! Debian's restic on a directory.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use secrecy::SecretString;
use smartbox_backup::{Depot, Place};
use tokio::runtime::Runtime;

use crate::world::{BOX, KEY, OWNER, home, ids, restic, save, succeeds};

#[test]
fn restic_lists_checks_and_restores_what_we_saved() {
    let runtime = Runtime::new().unwrap();
    let root = tempfile::tempdir().unwrap();
    let depot =
        Depot::open(&Place::Directory(root.path().join("backups")), runtime.handle().clone()).unwrap();
    let home = home(&root);
    let first = save(&depot, &home);
    fs::write(home.join("workspace/notes/today.md"), "buy bread").unwrap();
    let second = save(&depot, &home);

    let listed = succeeds(&restic(&depot, &[], &["snapshots"]));
    assert!(listed.contains(&first.snapshot[..8]) && listed.contains(&second.snapshot[..8]), "{listed}");
    let checked = succeeds(&restic(&depot, &[], &["check", "--read-data"]));
    assert!(checked.contains("no errors were found"), "{checked}");
    let into = root.path().join("restored");
    succeeds(&restic(&depot, &[], &["restore", &second.snapshot, "--target", into.to_str().unwrap()]));
    let agent = into.join("home/agent");
    assert_eq!(fs::read(agent.join("workspace/notes/today.md")).unwrap(), b"buy bread");
    assert_eq!(fs::read(agent.join("workspace/big.bin")).unwrap(), vec![7_u8; 5 << 20]);
    assert_eq!(fs::read_link(agent.join("workspace/latest")).unwrap(), Path::new("notes/today.md"));

    let repository = depot.repository(OWNER, BOX, SecretString::from(KEY)).unwrap();
    repository.keep_only(&HashSet::from([second.snapshot.clone()])).unwrap();
    assert!(repository.prune("2026-11-29T12:00:00Z".parse().unwrap()).unwrap());
    let checked = succeeds(&restic(&depot, &[], &["check", "--read-data"]));
    assert!(checked.contains("no errors were found"), "{checked}");
    assert!(!restic(&depot, &[("RESTIC_PASSWORD", "another")], &["snapshots"]).status.success());
}

#[test]
fn what_restic_saved_is_restored_by_us() {
    let runtime = Runtime::new().unwrap();
    let root = tempfile::tempdir().unwrap();
    let depot =
        Depot::open(&Place::Directory(root.path().join("backups")), runtime.handle().clone()).unwrap();
    let home = home(&root);
    save(&depot, &home);
    // The owner adds a snapshot of their own, of the same place.
    let elsewhere = root.path().join("chroot/home/agent");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::write(elsewhere.join("added"), "by restic").unwrap();
    let added = restic(&depot, &[], &["backup", "--json", root.path().join("chroot").to_str().unwrap()]);
    succeeds(&added);
    let repository = depot.repository(OWNER, BOX, SecretString::from(KEY)).unwrap();
    assert_eq!(repository.snapshots().unwrap().len(), 2, "both tools see both");
    for snapshot in repository.snapshots().unwrap() {
        let into = root.path().join(&snapshot);
        fs::create_dir_all(&into).unwrap();
        // One without our home in it is refused, and nothing is written.
        let restored = repository.restore(&snapshot, &into, ids(), smartbox_backup::Limits::default());
        let is_ours = into.join("workspace").exists();
        assert_eq!(restored.is_ok(), is_ours, "{restored:?}");
    }
}
