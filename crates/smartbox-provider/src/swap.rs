//! The steps of a swap of two directories, for providers whose disks are directories of this machine.
//!
//! ```text
//! restore/home      what is staged          restore/complete   what it is; there only when it is complete
//! undo/home         what was there before   placed             what was put in place last
//! ```
//!
//! The order of the renames makes each crash harmless: the disk is moved away first, and as long as `complete` is there the
//! swap is finished by whoever comes next.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Longest word for what is staged.
const WHAT_BYTES_MAX: u64 = 256;

/// The places of one box. All lie in one file system.
#[derive(Clone, Debug)]
pub struct Places {
    /// The disk.
    pub home: PathBuf,
    /// A directory of the host's alone, for what is staged and what is kept.
    pub beside: PathBuf,
}

impl Places {
    /// What is staged.
    pub fn staged_home(&self) -> PathBuf {
        self.beside.join("restore").join("home")
    }

    fn complete(&self) -> PathBuf {
        self.restore_dir().join("complete")
    }

    /// There while what was kept is being staged.
    fn undo_mark(&self) -> PathBuf {
        self.restore_dir().join("from-undo")
    }

    fn placed_file(&self) -> PathBuf {
        self.beside.join("placed")
    }

    /// What was there before.
    pub fn undo_home(&self) -> PathBuf {
        self.beside.join("undo").join("home")
    }

    /// Everything that is staged.
    pub fn restore_dir(&self) -> PathBuf {
        self.beside.join("restore")
    }

    /// Everything that is kept.
    pub fn undo_dir(&self) -> PathBuf {
        self.beside.join("undo")
    }

    /// What is staged and complete.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn staged(&self) -> io::Result<Option<String>> {
        read(&self.complete())
    }

    /// What was put in place last.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn placed(&self) -> io::Result<Option<String>> {
        read(&self.placed_file())
    }

    /// Says that what is staged is complete.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn mark(&self, what: &str) -> io::Result<()> {
        if what.len() as u64 > WHAT_BYTES_MAX {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let draft = self.restore_dir().join("complete.new");
        fs::write(&draft, what)?;
        fs::File::open(&draft)?.sync_all()?;
        fs::rename(&draft, self.complete())?;
        sync_dir(&self.restore_dir())
    }

    /// Puts what is staged in place and keeps what was there; returns whether anything was. `remove` removes a tree.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when nothing is staged.
    pub fn swap(&self, remove: impl Fn(&Path) -> io::Result<()>) -> io::Result<bool> {
        if self.staged()?.is_none() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let (home, staged) = (exists(&self.home)?, exists(&self.staged_home())?);
        if staged && home {
            remove(&self.undo_dir())?;
            fs::create_dir_all(self.undo_dir())?;
            fs::rename(&self.home, self.undo_home())?;
            sync_dir(&self.undo_dir())?;
        }
        if staged {
            fs::rename(self.staged_home(), &self.home)?;
        }
        self.home.parent().map_or(Ok(()), sync_dir)?;
        // Until here the swap is finished by whoever comes next; from here on it is known to be done.
        fs::rename(self.complete(), self.placed_file())?;
        sync_dir(&self.beside)?;
        remove(&self.restore_dir())?;
        exists(&self.undo_home())
    }

    /// Stages what was there before the last swap. False: nothing is kept.
    ///
    /// # Errors
    /// When a directory cannot be moved.
    pub fn stage_undo(&self, what: &str, remove: impl Fn(&Path) -> io::Result<()>) -> io::Result<bool> {
        if self.staged()?.as_deref() == Some(what) {
            return Ok(true);
        }
        if !exists(&self.undo_mark())? {
            if !exists(&self.undo_home())? {
                return Ok(false);
            }
            remove(&self.restore_dir())?;
            fs::create_dir_all(self.restore_dir())?;
            fs::write(self.undo_mark(), what)?;
            sync_dir(&self.restore_dir())?;
        }
        if exists(&self.undo_home())? {
            fs::rename(self.undo_home(), self.staged_home())?;
        }
        self.mark(what)?;
        Ok(true)
    }
}

fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(what) => Ok(Some(what.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn exists(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn sync_dir(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remove(path: &Path) -> io::Result<()> {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn places(root: &Path) -> Places {
        let places = Places { home: root.join("volume/home"), beside: root.to_owned() };
        fs::create_dir_all(&places.home).unwrap();
        fs::write(places.home.join("name"), "old").unwrap();
        places
    }

    fn stage(places: &Places, name: &str) {
        fs::create_dir_all(places.staged_home()).unwrap();
        fs::write(places.staged_home().join("name"), name).unwrap();
    }

    fn content(home: &Path) -> Option<String> {
        fs::read_to_string(home.join("name")).ok()
    }

    #[test]
    fn a_swap_keeps_what_was_there_and_can_be_undone() {
        let root = tempfile::tempdir().unwrap();
        let places = places(root.path());
        assert!(places.swap(remove).is_err(), "nothing is staged");
        stage(&places, "new");
        assert!(places.swap(remove).is_err(), "it is not complete");
        places.mark("first").unwrap();
        assert!(places.swap(remove).unwrap());
        assert_eq!(
            (content(&places.home).as_deref(), content(&places.undo_home()).as_deref()),
            (Some("new"), Some("old"))
        );
        assert_eq!((places.staged().unwrap(), places.placed().unwrap().as_deref()), (None, Some("first")));
        assert!(places.stage_undo("second", remove).unwrap());
        assert!(places.stage_undo("second", remove).unwrap(), "asking twice is asking once");
        assert!(places.swap(remove).unwrap());
        assert_eq!(
            (content(&places.home).as_deref(), content(&places.undo_home()).as_deref()),
            (Some("old"), Some("new"))
        );
    }

    /// Every state in which a crash can leave the directories, made by hand as the code would.
    #[test]
    fn a_crash_between_any_two_renames_is_finished_by_the_next_call() {
        type Crash = fn(&Places);
        let crashes: [(&str, Crash); 4] = [
            ("nothing was moved", |_places| {}),
            ("the old one was moved away", |places| {
                fs::create_dir_all(places.undo_dir()).unwrap();
                fs::rename(&places.home, places.undo_home()).unwrap();
            }),
            ("the new one is in place", |places| {
                fs::create_dir_all(places.undo_dir()).unwrap();
                fs::rename(&places.home, places.undo_home()).unwrap();
                fs::rename(places.staged_home(), &places.home).unwrap();
            }),
            ("an older one was kept", |places| {
                fs::create_dir_all(places.undo_home()).unwrap();
                fs::write(places.undo_home().join("name"), "older").unwrap();
            }),
        ];
        for (what, crash) in crashes {
            let root = tempfile::tempdir().unwrap();
            let places = places(root.path());
            stage(&places, "new");
            places.mark("it").unwrap();
            crash(&places);
            assert!(places.swap(remove).unwrap(), "{what}");
            assert_eq!(content(&places.home).as_deref(), Some("new"), "{what}");
            assert_eq!(content(&places.undo_home()).as_deref(), Some("old"), "{what}");
            assert_eq!(places.placed().unwrap().as_deref(), Some("it"), "{what}");
        }
    }

    #[test]
    fn a_crash_while_what_was_kept_is_staged_loses_nothing() {
        for crash_after_the_move in [false, true] {
            let root = tempfile::tempdir().unwrap();
            let places = places(root.path());
            fs::create_dir_all(places.undo_home()).unwrap();
            fs::write(places.undo_home().join("name"), "before").unwrap();
            fs::create_dir_all(places.restore_dir()).unwrap();
            fs::write(places.undo_mark(), "undo").unwrap();
            if crash_after_the_move {
                fs::rename(places.undo_home(), places.staged_home()).unwrap();
            }
            assert!(places.stage_undo("undo", remove).unwrap());
            assert!(places.swap(remove).unwrap());
            assert_eq!(content(&places.home).as_deref(), Some("before"));
            assert_eq!(content(&places.undo_home()).as_deref(), Some("old"));
        }
    }

    #[test]
    fn a_disk_that_was_lost_is_replaced_without_anything_to_go_back_to() {
        let root = tempfile::tempdir().unwrap();
        let places = places(root.path());
        remove(&places.home).unwrap();
        stage(&places, "new");
        places.mark("it").unwrap();
        assert!(!places.swap(remove).unwrap());
        assert_eq!(content(&places.home).as_deref(), Some("new"));
        assert!(!places.stage_undo("undo", remove).unwrap());
    }
}
