//! Room for what is copied and unpacked, one for each process. A killed one leaves its own behind.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::FlockOperation;

use super::With;

/// Behind the name of a room: the file whose lock says that somebody is in it.
const TAKEN: &str = "taken";

/// A room below `root`, empty. Those that nobody is in are removed. What one was copied for is of no use to anybody else.
pub(super) fn take(root: &Path, with: With) -> Result<PathBuf> {
    let clean = match with {
        With::Nobody => remove(root),
        With::Platforms => remove_left(root),
    };
    clean.context("what was left of backups cannot be removed")?;
    if with == With::Nobody {
        return Ok(root.to_owned());
    }
    let room = root.join(std::process::id().to_string());
    // A process of this number that has ended may have had it.
    remove(&room).context("what was left of backups cannot be removed")?;
    DirBuilder::new().recursive(true).mode(0o700).create(root)?;
    let file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .mode(0o600)
        .open(room.with_extension(TAKEN))
        .context("no room for copies can be taken")?;
    is_taken(&file, FlockOperation::NonBlockingLockExclusive).context("no room for copies can be taken")?;
    // Held for the life of the process; the kernel lets go of it however it ends.
    std::mem::forget(file);
    Ok(room)
}

fn remove_left(root: &Path) -> io::Result<()> {
    let rooms = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        rooms => rooms?,
    };
    for entry in rooms {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == TAKEN) {
            let file = File::open(&path)?;
            if is_taken(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
                remove(&path.with_extension(""))?;
                fs::remove_file(&path)?;
            }
        } else if !path.with_extension(TAKEN).exists() {
            remove(&path)?;
        }
    }
    Ok(())
}

fn is_taken(file: &File, operation: FlockOperation) -> io::Result<()> {
    Ok(rustix::fs::flock(file, operation)?)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => fs::remove_file(path),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_empty_and_what_nobody_is_in_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("scratch");
        let left = root.join("1");
        fs::create_dir_all(left.join("copy")).unwrap();
        fs::write(root.join("1.taken"), "").unwrap();
        fs::create_dir_all(root.join("older")).unwrap();
        // Somebody is in this one.
        fs::create_dir_all(root.join("2")).unwrap();
        let other = File::create(root.join("2.taken")).unwrap();
        rustix::fs::flock(&other, FlockOperation::NonBlockingLockExclusive).unwrap();

        let room = take(&root, With::Platforms).unwrap();
        assert!(!room.exists() && room.starts_with(&root));
        assert!(!left.exists() && !root.join("older").exists() && root.join("2").exists());
    }

    #[test]
    fn whoever_is_alone_has_all_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("scratch");
        fs::create_dir_all(root.join("left")).unwrap();
        assert_eq!(take(&root, With::Nobody).unwrap(), root);
        assert!(!root.exists());
    }
}
