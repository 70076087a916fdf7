//! Finding files by their names and by what is in them, within bounds.

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use rustix::fs::Dir;
use tokio::time::Instant;

use crate::beneath::{dir_below, dir_in, file_in, stat_in};
use crate::entry::size;
use crate::read::refuse_foreign;
use crate::{DEPTH_MAX, Entry, Error, FilePath, Home, Kind};

/// Longest file that is looked into, in bytes.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// Most hits within one file.
const LINES_MAX: usize = 20;
/// How much of a line is shown, in bytes.
const LINE_BYTES_MAX: usize = 200;

/// What is looked for, and how far.
#[derive(Clone, Debug)]
pub struct Search {
    /// Where.
    pub below: FilePath,
    /// Part of the name; upper and lower case of ASCII letters are the same.
    pub name: Option<Vec<u8>>,
    /// Part of a line of the content, exactly.
    pub content: Option<Vec<u8>>,
    /// Most hits.
    pub hits_max: usize,
    /// Most files and directories that are looked at.
    pub entries_max: usize,
    /// Most bytes of files that are looked into.
    pub bytes_max: u64,
    /// Longest time.
    pub time_max: Duration,
}

/// Why a search ended before everything was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchLimit {
    /// There are more hits.
    Hits,
    /// There are more files.
    Entries,
    /// There is more content.
    Bytes,
    /// It took too long.
    Time,
}

impl SearchLimit {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hits => "hits",
            Self::Entries => "files",
            Self::Bytes => "bytes",
            Self::Time => "time",
        }
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Where.
    pub path: FilePath,
    /// What.
    pub entry: Entry,
    /// The number of the line, from one, and the line or its beginning; `None` where content was not looked for.
    pub line: Option<(u64, Vec<u8>)>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Hits, in no order that means anything.
    pub hits: Vec<Hit>,
    /// Why it is not all.
    pub limit: Option<SearchLimit>,
}

struct Waiting {
    dir: OwnedFd,
    path: FilePath,
}

struct Seeker<'a> {
    search: &'a Search,
    /// As it is compared.
    name: Option<Vec<u8>>,
    home: &'a Home,
    found: Found,
    entries: usize,
    bytes: u64,
    deadline: Instant,
}

impl Home {
    /// Looks through a directory and everything in it. Links are not followed; files longer than 4 MiB are not looked into.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NotADirectory`], [`Error::LeadsOut`] of where it begins.
    pub fn search(&self, search: &Search) -> Result<Found, Error> {
        let mut waiting =
            vec![Waiting { dir: dir_below(&self.dir, &search.below)?, path: search.below.clone() }];
        let mut seeker = Seeker {
            search,
            name: search.name.as_ref().map(|name| name.to_ascii_lowercase()),
            home: self,
            found: Found::default(),
            entries: 0,
            bytes: 0,
            deadline: Instant::now() + search.time_max,
        };
        while let Some(next) = waiting.pop() {
            // What disappears meanwhile is not there.
            let Ok(dir) = Dir::read_from(&next.dir) else { continue };
            for entry in dir.flatten() {
                let name = OsString::from(OsStr::from_bytes(entry.file_name().to_bytes()));
                if matches!(name.as_bytes(), b"." | b"..") {
                    continue;
                }
                seeker.look(&next, &name, &mut waiting);
                if seeker.found.limit.is_some() {
                    return Ok(seeker.found);
                }
            }
        }
        Ok(seeker.found)
    }
}

impl Seeker<'_> {
    fn look(&mut self, place: &Waiting, name: &OsStr, waiting: &mut Vec<Waiting>) {
        self.entries += 1;
        if self.entries > self.search.entries_max {
            self.found.limit = Some(SearchLimit::Entries);
            return;
        }
        if Instant::now() >= self.deadline {
            self.found.limit = Some(SearchLimit::Time);
            return;
        }
        let (Ok(stat), Ok(path)) = (stat_in(&place.dir, name), place.path.join(name.as_bytes())) else {
            return;
        };
        let entry = Entry::new(name.as_bytes(), &stat);
        if entry.kind == Kind::Directory
            && path.names().count() < DEPTH_MAX
            && let Ok(dir) = dir_in(&place.dir, name)
        {
            waiting.push(Waiting { dir, path: path.clone() });
        }
        let is_named = self
            .name
            .as_ref()
            .is_none_or(|wanted| position(&entry.name.to_ascii_lowercase(), wanted).is_some());
        if !is_named {
            return;
        }
        match &self.search.content {
            None => self.hit(Hit { path, entry, line: None }),
            Some(wanted) if entry.kind == Kind::File => self.look_into(place, name, (path, entry), wanted),
            Some(_) => {}
        }
    }

    fn look_into(&mut self, place: &Waiting, name: &OsStr, (path, entry): (FilePath, Entry), wanted: &[u8]) {
        let Ok((file, stat)) = file_in(&place.dir, name) else { return };
        if size(&stat) > FILE_BYTES_MAX || refuse_foreign(self.home.owner, &stat).is_err() {
            return;
        }
        let left = self.search.bytes_max.saturating_sub(self.bytes);
        if size(&stat) > left {
            self.found.limit = Some(SearchLimit::Bytes);
            return;
        }
        let mut content = Vec::new();
        if file.take(FILE_BYTES_MAX).read_to_end(&mut content).is_err() {
            return;
        }
        self.bytes = self.bytes.saturating_add(content.len() as u64);
        let lines = content.split(|byte| *byte == b'\n').zip(1_u64..);
        for (line, number) in lines.filter(|(line, _)| position(line, wanted).is_some()).take(LINES_MAX) {
            let line = line.get(..LINE_BYTES_MAX.min(line.len())).unwrap_or_default().to_vec();
            self.hit(Hit { path: path.clone(), entry: entry.clone(), line: Some((number, line)) });
            if self.found.limit.is_some() {
                return;
            }
        }
    }

    fn hit(&mut self, hit: Hit) {
        if self.found.hits.len() >= self.search.hits_max {
            self.found.limit = Some(SearchLimit::Hits);
        } else {
            self.found.hits.push(hit);
        }
    }
}

/// Where `wanted` begins in `content`.
fn position(content: &[u8], wanted: &[u8]) -> Option<usize> {
    let (first, rest) = wanted.split_first()?;
    let mut from = 0;
    while let Some(found) = content.get(from..)?.iter().position(|byte| byte == first) {
        let behind = from + found + 1;
        if content.get(behind..)?.starts_with(rest) {
            return Some(behind - 1);
        }
        from = behind;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_part_is_found_where_it_is(content in prop::collection::vec(0_u8..3, 0..30), wanted in prop::collection::vec(0_u8..3, 1..4)) {
            let plain = content.windows(wanted.len()).position(|window| window == wanted);
            prop_assert_eq!(position(&content, &wanted), plain);
        }
    }
}
