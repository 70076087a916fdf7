//! Writing files: aside, then in place as a whole.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, RenameFlags};
use rustix::io::Errno;

use crate::beneath::{dir_in, stat_in};
use crate::entry::{PERMISSIONS, tag};
use crate::home::entry_in;
use crate::staging::Staged;
use crate::{Entry, Error, FilePath, Home, Kind};

/// Permissions of a file that was not there before.
const FILE_MODE: u32 = 0o644;

/// What must be in the place for something to be put there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Whatever; a file is replaced.
    #[default]
    None,
    /// Nothing.
    Absent,
    /// A file, whichever.
    Present,
    /// The file with this [`Entry::tag`].
    Tag(String),
}

/// How a file is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// What must be in the place.
    pub condition: Condition,
    /// Whether the directories on the way are made.
    pub parents: bool,
    /// How long it may become, in bytes.
    pub bytes_max: u64,
}

/// A file that is being written. Nobody sees it before [`Writer::commit`]; dropped before, it never was.
#[derive(Debug)]
pub struct Writer {
    file: File,
    staged: Staged,
    parent: OwnedFd,
    name: OsString,
    home: Home,
    options: WriteOptions,
    bytes: u64,
}

impl Home {
    /// Begins to write a file.
    ///
    /// # Errors
    /// [`Error::NotAFile`] when something else is in the place; [`Error::Changed`] when the condition is not met already.
    pub fn write(&self, path: &FilePath, options: WriteOptions) -> Result<Writer, Error> {
        let Some((parent, name)) = path.split() else { return Err(Error::NotAFile) };
        let parent = self.parent(&parent, options.parents)?;
        check(&parent, name, &options.condition)?;
        let (staged, file) = self.stage_file()?;
        let home = Self { dir: dir_in(&self.dir, c".")?, owner: self.owner };
        Ok(Writer { file, staged, parent, name: name.to_owned(), home, options, bytes: 0 })
    }
}

/// Compares what is in the place with what must be there. Gives its permissions, if it is there.
fn check(parent: &OwnedFd, name: &OsStr, condition: &Condition) -> Result<Option<u32>, Error> {
    let found = match stat_in(parent, name) {
        Ok(found) => Some(found),
        Err(Errno::NOENT) => None,
        Err(error) => return Err(error.into()),
    };
    match (condition, &found) {
        (Condition::Absent, Some(_)) | (Condition::Present | Condition::Tag(_), None) => {
            return Err(Error::Changed);
        }
        (Condition::Tag(wanted), Some(stat)) if *wanted != tag(stat) => return Err(Error::Changed),
        _ => {}
    }
    match found {
        Some(stat) if Kind::of(&stat) != Kind::File => Err(Error::NotAFile),
        Some(stat) => Ok(Some(stat.st_mode & PERMISSIONS)),
        None => Ok(None),
    }
}

impl Writer {
    /// Adds bytes.
    ///
    /// # Errors
    /// [`Error::TooMuch`], [`Error::Full`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes > self.options.bytes_max {
            return Err(Error::TooMuch { what: "the file", max: self.options.bytes_max, unit: "bytes" });
        }
        Ok(self.file.write_all(bytes)?)
    }

    /// Puts the file in its place, on the disk for good. Says whether there was none before.
    ///
    /// # Errors
    /// As [`Home::write`].
    pub fn commit(self) -> Result<(Entry, bool), Error> {
        let before = check(&self.parent, &self.name, &self.options.condition)?;
        self.home.owner.own(&self.file)?;
        rustix::fs::fchmod(&self.file, Mode::from_raw_mode(before.unwrap_or(FILE_MODE)))?;
        self.file.sync_all()?;
        match &self.options.condition {
            Condition::Absent => match self.rename(RenameFlags::NOREPLACE) {
                Err(Errno::EXIST) => return Err(Error::Changed),
                other => other?,
            },
            Condition::Tag(wanted) => self.exchange(wanted)?,
            Condition::None | Condition::Present => self.rename(RenameFlags::empty())?,
        }
        rustix::fs::fsync(&self.parent)?;
        Ok((entry_in(&self.parent, &self.name)?, before.is_none()))
    }

    fn rename(&self, flags: RenameFlags) -> Result<(), Errno> {
        rustix::fs::renameat_with(&self.staged.dir, &self.staged.name, &self.parent, &self.name, flags)
    }

    /// Takes the place of a file that must be this one. A program of the box that replaced it since it was compared is found out by
    /// looking at what came out, and gets its own back.
    fn exchange(&self, wanted: &str) -> Result<(), Error> {
        match self.rename(RenameFlags::EXCHANGE) {
            Ok(()) => {}
            Err(Errno::NOENT) => return Err(Error::Changed),
            // A file system that cannot do this.
            Err(Errno::INVAL) => return Ok(self.rename(RenameFlags::empty())?),
            Err(error) => return Err(error.into()),
        }
        let is_wanted =
            stat_in(&self.staged.dir, &self.staged.name).is_ok_and(|came_out| tag(&came_out) == wanted);
        if is_wanted {
            return Ok(());
        }
        self.rename(RenameFlags::EXCHANGE)?;
        Err(Error::Changed)
    }
}
