//! The trash: where desktops keep it (freedesktop.org's "Trash specification"), which no backup has. What lies there is moved back like
//! anything else.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{Dir, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::beneath::{dir_below, make_dir_in, stat_in};
use crate::du::bytes_of;
use crate::rename::THE_HOME;
use crate::staging::unlink;
use crate::tree::remove_tree_in;
use crate::{Error, FilePath, Home, NAME_BYTES_MAX};

/// Where things lie that were thrown away, below the home.
pub const TRASH: &str = ".local/share/Trash/files";
/// What is known of them.
const INFO: &str = ".local/share/Trash/info";
/// The ending of that.
const INFO_END: &str = ".trashinfo";
/// Where programs of the box find the home.
const HOME_IN_BOX: &str = "/home/agent";
/// Most things in it that are looked at in one round.
const ENTRIES_MAX: usize = 10_000;
/// A name is taken only if somebody threw away something of the same name in the same millisecond.
const TRIES_MAX: u32 = 16;

/// What stays in the trash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrashRule {
    /// What was thrown away before goes, in milliseconds since 1970.
    pub before_ms: i64,
    /// The oldest go while there is more than that, in bytes.
    pub bytes_max: u64,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
}

/// What a round of emptying the trash did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Things that went.
    pub removed: u64,
    /// Bytes that are left in it.
    pub bytes_left: u64,
}

struct Thrown {
    at_ms: i64,
    name: OsString,
}

impl Home {
    /// Throws something away: from the trash it can be moved back. Gives where it lies there.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::LeadsOut`]; [`Error::TooMuch`] for more than `bytes_max`; [`Error::Senseless`] for the home
    /// and for what is in the trash.
    pub fn trash(&self, path: &FilePath, now_ms: i64, bytes_max: u64) -> Result<FilePath, Error> {
        let Some((parent, name)) = path.split() else { return Err(THE_HOME) };
        let trash = fixed(TRASH);
        if path.is_within(&trash) || trash.is_within(path) {
            return Err(Error::Senseless("the trash, and what is in it, can only be removed for good"));
        }
        let source = dir_below(&self.dir, &parent)?;
        if bytes_of(&source, name)? > bytes_max {
            return Err(Error::TooMuch { what: "what is to be thrown away", max: bytes_max, unit: "bytes" });
        }
        let (files, info) = (self.private(&trash)?, self.private(&fixed(INFO))?);
        for attempt in 0..TRIES_MAX {
            let place = place(name, now_ms, attempt);
            let flags = RenameFlags::NOREPLACE;
            match rustix::fs::renameat_with(&source, name, &files, &place, flags) {
                Err(Errno::EXIST) => continue,
                other => other?,
            }
            rustix::fs::fsync(&files)?;
            rustix::fs::fsync(&source)?;
            // Without it desktops show it all the same.
            if let Err(error) = self.note(&info, &place, path, now_ms) {
                tracing::debug!(%error, "what is known of something that was thrown away could not be written");
            }
            return trash.join(place.as_bytes()).map_err(|_long| Error::Exists);
        }
        Err(Error::Exists)
    }

    /// Makes directories for the owner alone.
    fn private(&self, path: &FilePath) -> Result<OwnedFd, Error> {
        let Some((parent, name)) = path.split() else { return Err(THE_HOME) };
        Ok(make_dir_in(self.parent(&parent, true)?, name, Mode::RWXU, self.owner)?.0)
    }

    fn note(&self, info: &OwnedFd, place: &OsStr, path: &FilePath, now_ms: i64) -> Result<(), Error> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file =
            File::from(rustix::fs::openat(info, info_name(place), flags, Mode::RUSR | Mode::WUSR)?);
        self.owner.own(&file)?;
        let (encoded, date) = (path.encoded(), date(now_ms));
        let known = format!("[Trash Info]\nPath={HOME_IN_BOX}/{encoded}\nDeletionDate={date}\n");
        Ok(file.write_all(known.as_bytes())?)
    }

    /// Removes what is too old, and the oldest of what is too much; and what crashes have left elsewhere.
    ///
    /// # Errors
    /// The disk fails. The next round goes on.
    pub fn purge_trash(&self, rule: TrashRule) -> Result<Purged, Error> {
        self.purge_staging(rule.now_ms)?;
        let files = match dir_below(&self.dir, &fixed(TRASH)) {
            Ok(files) => files,
            // Something else of that name is the box's own affair.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV) => return Ok(Purged::default()),
            Err(error) => return Err(error.into()),
        };
        let info = dir_below(&self.dir, &fixed(INFO)).ok();
        let mut thrown = thrown(&files)?;
        // The newest first: what is beyond the bound is older than what is not.
        thrown.sort_by_key(|one| std::cmp::Reverse(one.at_ms));
        let mut purged = Purged::default();
        for one in thrown {
            let bytes = bytes_of(&files, &one.name).unwrap_or(0);
            let more = purged.bytes_left.saturating_add(bytes);
            if one.at_ms >= rule.before_ms && more <= rule.bytes_max {
                purged.bytes_left = more;
                continue;
            }
            remove_tree_in(&files, &one.name)?;
            if let Some(info) = &info {
                let _not_there = unlink(info, &info_name(&one.name));
            }
            purged.removed += 1;
        }
        Ok(purged)
    }
}

fn fixed(path: &str) -> FilePath {
    FilePath::parse(path.as_bytes()).unwrap_or_else(|_fine| FilePath::home())
}

fn info_name(place: &OsStr) -> OsString {
    let mut name = place.to_owned();
    name.push(INFO_END);
    name
}

/// A name in the trash: it begins with the moment, which decides on how long it stays.
fn place(name: &OsStr, now_ms: i64, attempt: u32) -> OsString {
    let mut place = OsString::from(match attempt {
        0 => format!("{now_ms}-"),
        _ => format!("{now_ms}-{attempt}-"),
    });
    let room = NAME_BYTES_MAX.saturating_sub(place.len() + INFO_END.len());
    let bytes = name.as_bytes();
    place.push(OsStr::from_bytes(bytes.get(..room.min(bytes.len())).unwrap_or_default()));
    place
}

fn thrown(files: &OwnedFd) -> Result<Vec<Thrown>, Error> {
    let mut thrown = Vec::new();
    for entry in Dir::read_from(files)?.take(ENTRIES_MAX) {
        let entry = entry?;
        let name = OsString::from(OsStr::from_bytes(entry.file_name().to_bytes()));
        if matches!(name.as_bytes(), b"." | b"..") {
            continue;
        }
        let Ok(found) = stat_in(files, &name) else { continue };
        let said = name.as_bytes().split(|byte| *byte == b'-').next();
        let said = said.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        // A program of the box has thrown it away: the kernel knows when it got this name.
        thrown.push(Thrown { at_ms: said.unwrap_or_else(|| found.st_ctime.saturating_mul(1000)), name });
    }
    Ok(thrown)
}

/// A moment as the specification wants it, in UTC.
fn date(now_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(now_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_date() {
        assert_eq!(date(0), "1970-01-01T00:00:00");
        assert_eq!(date(951_827_696_000), "2000-02-29T12:34:56");
        assert_eq!(date(1_798_761_599_999), "2026-12-31T23:59:59");
    }

    #[test]
    fn a_long_name_has_a_place_all_the_same() {
        let place = place(OsStr::new(&"n".repeat(255)), 1_800_000_000_000, 3);
        assert!(
            place.len() + INFO_END.len() == NAME_BYTES_MAX
                && place.as_bytes().starts_with(b"1800000000000-3-n")
        );
    }
}
