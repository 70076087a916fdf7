//! Copying files and directories: aside, then in place as a whole.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{Dir, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;

use crate::beneath::{Owner, dir_below, dir_in, file_in, make_dir_in, stat_in};
use crate::entry::{PERMISSIONS, size};
use crate::home::entry_in;
use crate::read::refuse_foreign;
use crate::rename::{INTO_ITSELF, THE_HOME};
use crate::{DEPTH_MAX, Entry, Error, FilePath, Home, Kind};

/// Most files, directories and links that are copied at once.
pub const COPY_ENTRIES_MAX: u64 = 20_000;
/// Most bytes that are copied at once.
pub const COPY_BYTES_MAX: u64 = 4 << 30;

/// What may still be copied.
struct Left {
    entries: u64,
    bytes: u64,
}

/// A directory that is still to be copied into its copy.
struct Waiting {
    from: OwnedFd,
    to: OwnedFd,
    depth: usize,
}

impl Home {
    /// Copies something with everything in it. Links are copied as links; pipes, sockets and devices are left out. What has the new
    /// name is replaced only where `replace` says so, and a directory never is.
    ///
    /// # Errors
    /// As [`Home::rename`]; [`Error::TooMuch`] beyond [`COPY_ENTRIES_MAX`] or [`COPY_BYTES_MAX`].
    pub fn copy(
        &self,
        from: &FilePath,
        to: &FilePath,
        (replace, parents): (bool, bool),
    ) -> Result<Entry, Error> {
        let (Some((from_parent, from_name)), Some((to_parent, to_name))) = (from.split(), to.split()) else {
            return Err(THE_HOME);
        };
        if to.is_within(from) {
            return Err(INTO_ITSELF);
        }
        let source = dir_below(&self.dir, &from_parent)?;
        stat_in(&source, from_name)?;
        let target = self.parent(&to_parent, parents)?;
        if !replace && stat_in(&target, to_name).is_ok() {
            return Err(Error::Exists);
        }
        let staged = self.stage_name()?;
        let mut left = Left { entries: COPY_ENTRIES_MAX, bytes: COPY_BYTES_MAX };
        if !self.copy_tree((&source, from_name), (&staged.dir, &staged.name), &mut left)? {
            return Err(Error::NotAFile);
        }
        let flags = if replace { RenameFlags::empty() } else { RenameFlags::NOREPLACE };
        match rustix::fs::renameat_with(&staged.dir, &staged.name, &target, to_name, flags) {
            Err(Errno::ISDIR) => return Err(Error::Exists),
            other => other?,
        }
        rustix::fs::fsync(&target)?;
        entry_in(&target, to_name)
    }

    /// Says whether there was anything to copy.
    fn copy_tree(
        &self,
        from: (&OwnedFd, &OsStr),
        to: (&OwnedFd, &OsStr),
        left: &mut Left,
    ) -> Result<bool, Error> {
        let mut waiting = Vec::new();
        let is_copied = copy_one(self.owner, from, to, 0, (left, &mut waiting))?;
        while let Some(Waiting { from, to, depth }) = waiting.pop() {
            for entry in Dir::read_from(&from)? {
                let entry = entry?;
                let name = OsString::from(OsStr::from_bytes(entry.file_name().to_bytes()));
                if !matches!(name.as_bytes(), b"." | b"..") {
                    copy_one(self.owner, (&from, &name), (&to, &name), depth, (left, &mut waiting))?;
                }
            }
        }
        Ok(is_copied)
    }
}

fn copy_one(
    owner: Owner,
    (from, from_name): (&OwnedFd, &OsStr),
    (to, to_name): (&OwnedFd, &OsStr),
    depth: usize,
    (left, waiting): (&mut Left, &mut Vec<Waiting>),
) -> Result<bool, Error> {
    let too_much = |what, max, unit| Error::TooMuch { what, max, unit };
    let found = match stat_in(from, from_name) {
        Ok(found) => found,
        // Gone meanwhile.
        Err(Errno::NOENT) if depth > 0 => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    left.entries =
        left.entries.checked_sub(1).ok_or_else(|| too_much("the directory", COPY_ENTRIES_MAX, "files"))?;
    match Kind::of(&found) {
        Kind::File => copy_file(owner, (from, from_name), (to, to_name), left)?,
        Kind::Directory if depth >= DEPTH_MAX => {
            return Err(too_much("the directory", DEPTH_MAX as u64, "directories in each other"));
        }
        Kind::Directory => {
            let mode = Mode::from_raw_mode(found.st_mode & PERMISSIONS);
            let opened = dir_in(from, from_name)?;
            let (made, _) = make_dir_in(to, to_name, mode, owner)?;
            waiting.push(Waiting { from: opened, to: made, depth: depth + 1 });
        }
        Kind::Link => {
            let target = rustix::fs::readlinkat(from, from_name, Vec::new())?;
            rustix::fs::symlinkat(target, to, to_name)?;
            let (uid, gid) = (rustix::fs::Uid::from_raw(owner.uid), rustix::fs::Gid::from_raw(owner.gid));
            let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
            rustix::fs::chownat(to, to_name, Some(uid), Some(gid), flags)?;
        }
        Kind::Other => return Ok(false),
    }
    Ok(true)
}

fn copy_file(
    owner: Owner,
    (from, from_name): (&OwnedFd, &OsStr),
    (to, to_name): (&OwnedFd, &OsStr),
    left: &mut Left,
) -> Result<(), Error> {
    let (mut read, stat): (File, Stat) = file_in(from, from_name)?;
    refuse_foreign(owner, &stat)?;
    let too_much = || Error::TooMuch { what: "the content", max: COPY_BYTES_MAX, unit: "bytes" };
    if size(&stat) > left.bytes {
        return Err(too_much());
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut written = File::from(rustix::fs::openat(to, to_name, flags, Mode::RUSR | Mode::WUSR)?);
    // A file that grows meanwhile is copied as long as it may be.
    let copied = io::copy(&mut io::Read::take(&mut read, left.bytes.saturating_add(1)), &mut written)?;
    left.bytes = left.bytes.checked_sub(copied).ok_or_else(too_much)?;
    owner.own(&written)?;
    rustix::fs::fchmod(&written, Mode::from_raw_mode(stat.st_mode & PERMISSIONS))?;
    Ok(rustix::fs::fsync(&written)?)
}
