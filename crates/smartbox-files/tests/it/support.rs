//! A home with something beside it that nobody may reach.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use smartbox_files::{Condition, Entry, Error, FilePath, Home, WriteOptions};

/// The owner of the home, where tests may choose one.
pub(crate) const OWNER: u32 = 123_456;
/// What lies outside.
pub(crate) const SECRET: &str = "the secret of somebody else";

pub(crate) struct World {
    root: tempfile::TempDir,
    pub(crate) home: Home,
}

pub(crate) fn path(text: &str) -> FilePath {
    FilePath::parse(text.as_bytes()).unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let (home, outside) = (root.path().join("home"), root.path().join("outside"));
        for dir in [&home, &outside, &home.join("workspace")] {
            fs::create_dir(dir).unwrap();
        }
        fs::write(outside.join("secret"), SECRET).unwrap();
        if rustix::process::geteuid().is_root() {
            for dir in [&home, &home.join("workspace")] {
                std::os::unix::fs::chown(dir, Some(OWNER), Some(OWNER)).unwrap();
            }
        }
        let home = Home::open(&home).unwrap().unwrap();
        Self { root, home }
    }

    /// Where something in the home lies on this machine.
    pub(crate) fn real(&self, name: &str) -> PathBuf {
        self.root.path().join("home").join(name)
    }

    /// The same, outside.
    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.root.path().join("outside").join(name)
    }

    pub(crate) fn put(
        &self,
        name: &str,
        content: &str,
        condition: Condition,
    ) -> Result<(Entry, bool), Error> {
        let options = WriteOptions { condition, parents: true, bytes_max: 1000 };
        let mut writer = self.home.write(&path(name), options)?;
        writer.write(content.as_bytes())?;
        writer.commit()
    }

    pub(crate) fn get(&self, name: &str) -> Result<String, Error> {
        let reader = self.home.read(&path(name))?;
        let content = reader.read_at(0, 10_000)?;
        Ok(String::from_utf8(content.to_vec()).unwrap())
    }

    /// Names in a directory of the home.
    pub(crate) fn names(&self, name: &str) -> Vec<String> {
        let listing = self.home.list(&path(name), None, 100).unwrap();
        listing.entries.into_iter().map(|entry| String::from_utf8(entry.name).unwrap()).collect()
    }

    /// Nothing outside was read, written, made or removed, and nothing unfinished is left.
    pub(crate) fn assert_outside_is_as_it_was(&self) {
        let names: Vec<_> =
            fs::read_dir(self.outside("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["secret"]);
        assert_eq!(fs::read_to_string(self.outside("secret")).unwrap(), SECRET);
        if let Ok(mut staged) = fs::read_dir(self.real(".cache/smartbox-files")) {
            assert!(staged.next().is_none(), "something unfinished is left");
        }
    }
}

/// Whether it belongs to the owner of the home. Says nothing where tests cannot choose one.
pub(crate) fn is_owned(path: &Path) -> bool {
    !rustix::process::geteuid().is_root() || fs::symlink_metadata(path).unwrap().uid() == OWNER
}
