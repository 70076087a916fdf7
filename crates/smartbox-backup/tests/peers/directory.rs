//! A directory of this machine.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use smartbox_backup::{Depot, Error, Limits, Place, TroubleKind};
use tokio::runtime::Runtime;

use crate::contract;
use crate::world::{
    BOX, OWNER, assert_clean, assert_same, home, ids, noise, repository, restic, restored, save, succeeds,
    try_save,
};

fn depot(runtime: &Runtime, path: &Path) -> Depot {
    Depot::open(&Place::Directory(path.to_owned()), runtime.handle().clone()).unwrap()
}

#[test]
fn a_directory_does_what_every_place_must() {
    let runtime = Runtime::new().unwrap();
    let root = tempfile::tempdir().unwrap();
    let depot = depot(&runtime, root.path());
    let raw = Arc::new(LocalFileSystem::new_with_prefix(root.path()).unwrap());
    contract::holds(&contract::Place { runtime: &runtime, depot, raw, keys: Vec::new() });
    assert!(
        fs::read_dir(root.path().join("users").join(OWNER)).unwrap().next().is_none(),
        "no directory is left"
    );
}

#[test]
fn what_restic_saved_is_restored_by_us() {
    let runtime = Runtime::new().unwrap();
    let root = tempfile::tempdir().unwrap();
    let depot = depot(&runtime, &root.path().join("backups"));
    let home = home(&root);
    save(&depot, &home);
    // The owner adds a snapshot of their own, of the same place.
    let elsewhere = root.path().join("chroot/home/agent");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::write(elsewhere.join("added"), "by restic").unwrap();
    succeeds(&restic(&depot, &[], &["backup", root.path().join("chroot").to_str().unwrap()]));
    let repository = repository(&depot, BOX);
    assert_eq!(repository.snapshots().unwrap().len(), 2, "both tools see both");
    for snapshot in repository.snapshots().unwrap() {
        let into = root.path().join(&snapshot);
        fs::create_dir_all(&into).unwrap();
        // One without our home in it is refused, and nothing is written.
        let restored = repository.restore(&snapshot, &into, ids(), Limits::default());
        let is_ours = into.join("workspace").exists();
        assert_eq!(restored.is_ok(), is_ours, "{restored:?}");
        assert!(is_ours || fs::read_dir(&into).unwrap().next().is_none());
    }
}

#[test]
fn a_lock_of_restics_holds_up_what_it_must() {
    let runtime = Runtime::new().unwrap();
    let root = tempfile::tempdir().unwrap();
    let depot = depot(&runtime, &root.path().join("backups"));
    let home = home(&root);
    save(&depot, &home);
    let locks = root.path().join("backups/users").join(OWNER).join(BOX).join("locks");
    // A `restic prune` that is killed leaves its lock; one that runs has the same.
    let mut prune = Command::new("restic");
    prune.env_clear().env("PATH", "/usr/bin:/bin").env("RESTIC_PASSWORD", crate::world::KEY);
    prune.args(["--no-cache", "-r", &depot.address(OWNER, BOX), "check", "--read-data"]);
    let mut running =
        prune.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    // Until it is finished a lock has a longer name.
    let is_lock =
        |entry: std::io::Result<fs::DirEntry>| entry.is_ok_and(|entry| entry.file_name().len() == 64);
    let is_locked = || fs::read_dir(&locks).is_ok_and(|mut found| found.any(is_lock));
    while !is_locked() && running.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    running.kill().unwrap();
    running.wait().unwrap();
    assert!(is_locked(), "restic was faster than this test");
    let repository = repository(&depot, BOX);
    let refused = try_save(&repository, &home);
    assert!(
        matches!(&refused, Err(error @ Error::Held(_)) if error.to_string().contains("restic unlock")),
        "{refused:?}"
    );
    let now = crate::world::now();
    assert!(!repository.prune(now).unwrap(), "nothing is removed while somebody works on it");
    let later = now.checked_add(std::time::Duration::from_hours(1)).unwrap();
    assert!(repository.prune(later).unwrap(), "a lock that nobody renews holds nothing up");
    let unlocked = succeeds(&restic(&depot, &[], &["unlock", "--remove-all"]));
    assert!(!is_locked(), "{unlocked}");
    try_save(&repository, &home).unwrap();
}

/// A file system of its own, which is soon full.
struct Small(tempfile::TempDir);

impl Small {
    fn mount(mib: u32) -> Self {
        let root = tempfile::tempdir().unwrap();
        let options = std::ffi::CString::new(format!("size={mib}m")).unwrap();
        let flags = rustix::mount::MountFlags::empty();
        rustix::mount::mount("smartbox-test", root.path(), "tmpfs", flags, Some(options.as_c_str()))
            .expect("these tests need root");
        Self(root)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _gone = rustix::mount::unmount(self.0.path(), rustix::mount::UnmountFlags::DETACH);
    }
}

#[test]
fn a_full_store_is_told_and_what_was_saved_before_stays_good() {
    let runtime = Runtime::new().unwrap();
    let (root, small) = (tempfile::tempdir().unwrap(), Small::mount(8));
    let depot = depot(&runtime, small.0.path());
    let home = home(&root);
    let good = save(&depot, &home);
    fs::write(home.join("workspace/more"), noise(12 << 20, 4)).unwrap();
    let repository = repository(&depot, BOX);
    let full = try_save(&repository, &home);
    assert!(matches!(&full, Err(Error::Store(trouble)) if trouble.kind == TroubleKind::Full), "{full:?}");
    assert!(full.unwrap_err().to_string().contains("free room"));
    assert_eq!(
        repository.snapshots().unwrap(),
        std::slice::from_ref(&good.snapshot),
        "half of it is no snapshot"
    );
    assert_eq!(repository.verify(&good.snapshot).unwrap(), good.files);
    fs::remove_file(home.join("workspace/more")).unwrap();
    assert_same(&home, &restored(&repository, &good.snapshot, &root));
    assert_clean(&depot.address(OWNER, BOX), &[]);
}

#[test]
fn a_disk_that_is_full_during_a_restore_is_told() {
    let runtime = Runtime::new().unwrap();
    let (root, small) = (tempfile::tempdir().unwrap(), Small::mount(1));
    let depot = depot(&runtime, &root.path().join("backups"));
    let saved = save(&depot, &home(&root));
    let into = small.0.path().join("into");
    fs::create_dir(&into).unwrap();
    let written = repository(&depot, BOX).restore(&saved.snapshot, &into, ids(), Limits::default());
    let said = written.unwrap_err();
    assert!(matches!(&said, Error::Disk { .. }) && said.to_string().contains("free room"), "{said}");
}
