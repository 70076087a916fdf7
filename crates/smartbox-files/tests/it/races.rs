//! A box that swaps things while they are worked with: a thread that never rests.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use smartbox_files::Condition;

use crate::support::{SECRET, World, path};

/// How often each thing is tried.
const ROUNDS: usize = 2_000;

/// Swaps two names for as long as it lives.
struct Swapper {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<u64>>,
}

impl Swapper {
    fn start(one: PathBuf, other: PathBuf) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut swaps = 0;
            while !told.load(Ordering::Relaxed) {
                swaps += u64::from(renameat_with(CWD, &one, CWD, &other, RenameFlags::EXCHANGE).is_ok());
            }
            swaps
        });
        Self { stop, thread: Some(thread) }
    }

    fn end(mut self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }
}

/// A directory and a link to the outside that take turns under one name.
fn swapped(world: &World) -> Swapper {
    fs::create_dir(world.real("workspace/dir")).unwrap();
    fs::write(world.real("workspace/dir/secret"), "the box's own").unwrap();
    symlink(world.outside(""), world.real("workspace/link")).unwrap();
    Swapper::start(world.real("workspace/dir"), world.real("workspace/link"))
}

#[test]
fn reading_through_a_directory_that_becomes_a_link_never_reads_outside() {
    let world = World::new();
    let swapper = swapped(&world);
    let mut read = 0;
    for _ in 0..ROUNDS {
        match world.get("workspace/dir/secret") {
            Ok(content) => {
                assert_ne!(content, SECRET);
                read += 1;
            }
            Err(_refused) => {}
        }
        let found = world.home.list(&path("workspace/dir"), None, 10);
        assert!(
            found.is_err()
                || found
                    .is_ok_and(|listing| listing.entries.iter().all(|one| one.bytes != SECRET.len() as u64))
        );
    }
    assert!(swapper.end() > 0 && read > 0, "both were seen");
}

#[test]
fn writing_removing_and_throwing_away_through_it_never_touches_the_outside() {
    let world = World::new();
    let swapper = swapped(&world);
    for round in 0..ROUNDS / 4 {
        let _ = world.put("workspace/dir/new", "written", Condition::None);
        let _ = world.put("workspace/dir/secret", "written", Condition::None);
        let _ = world.put("workspace/dir/deep/er", "written", Condition::None);
        let _ = world.home.remove(&path("workspace/dir/secret"));
        let _ = world.home.trash(&path("workspace/dir/new"), i64::try_from(round).unwrap(), 10_000);
        let _ = world.home.rename(&path("workspace/dir/secret"), &path("workspace/stolen"), (true, false));
        let _ = world.home.copy(&path("workspace/dir"), &path("workspace/copied"), (false, false));
        let _ = world.home.remove(&path("workspace/copied"));
        world.assert_the_secret_is_nowhere();
    }
    assert!(swapper.end() > 0);
    world.assert_outside_is_as_it_was();
}

#[test]
fn a_link_that_takes_the_place_of_a_file_in_the_middle_of_a_write_is_replaced_and_not_followed() {
    let world = World::new();
    fs::write(world.real("workspace/file"), "x").unwrap();
    symlink(world.outside("secret"), world.real("workspace/link")).unwrap();
    let swapper = Swapper::start(world.real("workspace/file"), world.real("workspace/link"));
    for _ in 0..ROUNDS / 4 {
        let _ = world.put("workspace/file", "written", Condition::None);
        let tag = world.home.stat(&path("workspace/file")).map(|entry| entry.tag).unwrap_or_default();
        let _ = world.put("workspace/file", "written", Condition::Tag(tag));
        if let Ok(content) = world.get("workspace/file") {
            assert_ne!(content, SECRET);
        }
        // Whatever came to lie there, the box puts it back.
        let _ = fs::remove_file(world.real("workspace/link"));
        let _ = symlink(world.outside("secret"), world.real("workspace/link"));
    }
    swapper.end();
    world.assert_outside_is_as_it_was();
}

impl World {
    /// What lies outside was brought into the home by nothing that was done.
    fn assert_the_secret_is_nowhere(&self) {
        fn look(dir: &Path) {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() {
                    look(&entry.path());
                } else if kind.is_file() {
                    let content = fs::read_to_string(entry.path()).unwrap_or_default();
                    assert_ne!(content, SECRET, "{}", entry.path().display());
                }
            }
        }
        // Beside the place that is swapped: a look through it would follow the link.
        for name in ["stolen", "copied"] {
            let place = self.real("workspace").join(name);
            if fs::symlink_metadata(&place).is_ok_and(|found| found.is_dir()) {
                look(&place);
            }
            assert_ne!(
                fs::symlink_metadata(&place)
                    .ok()
                    .filter(fs::Metadata::is_file)
                    .and_then(|_| fs::read_to_string(&place).ok())
                    .as_deref(),
                Some(SECRET)
            );
        }
    }
}
