//! What a snapshot is made of: a walk over a home, with the copies of its databases in the place of the databases.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use rustic_core::repofile::{Metadata, Node, NodeType};
use rustic_core::{ErrorKind, ReadSource, ReadSourceEntry, ReadSourceOpen, RusticError, RusticResult};
use rustix::fs::Stat;

use crate::copies::{Copy, with_suffix};
use crate::mode::to_go;
use crate::progress::Counter;
use crate::walk::{Entry, Kind, LeftOut, Opener, Walk};
use crate::{HOME, IdShift, Limits};

/// What is saved.
#[derive(Clone, Debug)]
pub struct Source {
    /// The home of the agent.
    pub home: PathBuf,
    /// Its databases, as they were copied and checked.
    pub copies: Vec<Copy>,
    /// How ids of the host become those of the box.
    pub ids: IdShift,
    /// What it may hold.
    pub limits: Limits,
}

/// What was counted on the way.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) counter: Counter,
    pub(crate) files: AtomicU64,
    /// Files and links.
    pub(crate) nodes: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) left_out: Arc<LeftOut>,
    /// The walk broke: what was made is not complete, and none is kept.
    pub(crate) broken: std::sync::Mutex<Option<String>>,
}

impl Tally {
    fn breaks(&self, why: String) {
        *self.broken.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(why);
    }
}

/// A source as the library reads it.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) source: Source,
    pub(crate) tally: Arc<Tally>,
}

impl ReadSource for Reading {
    type Open = Open;
    type Iter = Entries;

    /// Asked beside the work where somebody watches.
    fn size(&self) -> RusticResult<Option<u64>> {
        let (mut files, mut bytes) = (0, 0);
        let Ok(walk) = Walk::new(&self.source.home, self.source.limits, Arc::default()) else {
            return Ok(None);
        };
        for entry in walk.map_while(Result::ok).filter(|entry| matches!(entry.kind, Kind::File(_))) {
            files += 1;
            bytes += u64::try_from(entry.stat.st_size).unwrap_or(0);
        }
        self.tally.counter.set_totals(files, bytes);
        Ok(None)
    }

    fn entries(&self) -> Entries {
        let copies: HashMap<PathBuf, PathBuf> =
            self.source.copies.iter().map(|copy| (copy.original.clone(), copy.copy.clone())).collect();
        let logs = copies.keys().map(|original| with_suffix(original, "-wal")).collect();
        let walk = Walk::new(&self.source.home, self.source.limits, Arc::clone(&self.tally.left_out));
        if let Err(error) = &walk {
            self.tally.breaks(error.to_string());
        }
        Entries { walk: walk.ok(), copies, logs, ids: self.source.ids, tally: Arc::clone(&self.tally) }
    }
}

/// The entries, in order.
pub(crate) struct Entries {
    walk: Option<Walk>,
    copies: HashMap<PathBuf, PathBuf>,
    /// Logs that are folded into the copies.
    logs: HashSet<PathBuf>,
    ids: IdShift,
    tally: Arc<Tally>,
}

impl Iterator for Entries {
    type Item = RusticResult<ReadSourceEntry<Open>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.tally.counter.go_on().is_err() {
            return None;
        }
        loop {
            let entry = match self.walk.as_mut()?.next()? {
                Ok(entry) if self.logs.contains(&entry.path) => continue,
                Ok(entry) => entry,
                Err(error) => {
                    // The library goes on after an error; a snapshot that lacks a part must not look complete.
                    self.tally.breaks(error.to_string());
                    return None;
                }
            };
            return Some(Ok(self.entry(entry)));
        }
    }
}

impl Entries {
    fn entry(&self, entry: Entry) -> ReadSourceEntry<Open> {
        let mut meta = metadata(&entry.stat, self.ids);
        if !matches!(entry.kind, Kind::Dir) {
            self.tally.nodes.fetch_add(1, Ordering::Relaxed);
        }
        let (kind, open) = match entry.kind {
            Kind::Dir => (NodeType::Dir, None),
            Kind::Link(target) => (NodeType::from_link(&target), None),
            Kind::File(opener) => {
                let (from, size) = match self.copies.get(&entry.path) {
                    Some(copy) => {
                        // The time of the database itself says nothing: what changed may be in its log. That of the copy is
                        // always new, so that the copy is always read.
                        let found = std::fs::metadata(copy).ok();
                        let now = found.as_ref().and_then(|found| found.modified().ok());
                        meta.mtime = now.and_then(|now| Timestamp::try_from(now).ok());
                        meta.inode = 0;
                        meta.ctime = None;
                        (From::Copy(copy.clone()), found.map_or(0, |found| found.len()))
                    }
                    None => (From::Home(opener), meta.size),
                };
                meta.size = size;
                self.tally.files.fetch_add(1, Ordering::Relaxed);
                self.tally.counter.add_file();
                self.tally.bytes.fetch_add(size, Ordering::Relaxed);
                (NodeType::File, Some(Open { from, size, tally: Arc::clone(&self.tally) }))
            }
        };
        let name = entry.path.file_name().unwrap_or_default();
        let node = Node::new_node(name, kind, meta);
        ReadSourceEntry { path: Path::new(HOME).join(&entry.path), node, open }
    }
}

fn metadata(stat: &Stat, ids: IdShift) -> Metadata {
    let time = |seconds: i64, nanoseconds: u64| {
        Timestamp::new(seconds, i32::try_from(nanoseconds).unwrap_or(0)).ok()
    };
    let mut meta = Metadata::default();
    meta.mode = Some(to_go(stat.st_mode));
    meta.mtime = time(stat.st_mtime, stat.st_mtime_nsec);
    meta.atime = meta.mtime;
    meta.ctime = time(stat.st_ctime, stat.st_ctime_nsec);
    meta.uid = Some(ids.inside(stat.st_uid));
    meta.gid = Some(ids.inside(stat.st_gid));
    meta.inode = stat.st_ino;
    meta.size = u64::try_from(stat.st_size).unwrap_or(0);
    // Names of one file are files of their own: whoever restores must not tie them together.
    meta.links = 1;
    meta
}

#[derive(Debug)]
enum From {
    Home(Opener),
    Copy(PathBuf),
}

/// Opens a file when its turn has come.
#[derive(Debug)]
pub(crate) struct Open {
    from: From,
    size: u64,
    tally: Arc<Tally>,
}

impl ReadSourceOpen for Open {
    type Reader = Exactly;

    fn open(self) -> RusticResult<Self::Reader> {
        let opened = match &self.from {
            From::Home(opener) => opener.open(),
            From::Copy(path) => File::open(path),
        };
        match opened {
            Ok(file) => Ok(Exactly { file, left: self.size, is_cut: false, tally: self.tally }),
            Err(error) => {
                // Gone meanwhile, or replaced by something that is no file.
                self.tally.left_out.one();
                self.tally.files.fetch_sub(1, Ordering::Relaxed);
                self.tally.nodes.fetch_sub(1, Ordering::Relaxed);
                self.tally.bytes.fetch_sub(self.size, Ordering::Relaxed);
                Err(RusticError::with_source(ErrorKind::InputOutput, "a file cannot be opened", error))
            }
        }
    }
}

/// Reads as many bytes as a file had when it was looked at: what grows while it is read would never end, and of what shrinks the
/// rest is read as zeros, because what a snapshot says of a file's size must be true.
#[derive(Debug)]
pub(crate) struct Exactly {
    file: File,
    left: u64,
    is_cut: bool,
    tally: Arc<Tally>,
}

impl Read for Exactly {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let Some(into) = into.get_mut(..wanted).filter(|into| !into.is_empty()) else { return Ok(0) };
        self.tally.counter.go_on().map_err(io::Error::other)?;
        let mut read = if self.is_cut {
            0
        } else {
            self.file.read(into).inspect_err(|error| {
                if error.kind() != io::ErrorKind::Interrupted {
                    // The library would go on without this file.
                    self.tally.breaks(format!("a file cannot be read: {error}"));
                }
            })?
        };
        if read == 0 {
            self.is_cut = true;
            into.fill(0);
            read = into.len();
        }
        self.left -= read as u64;
        Ok(read)
    }
}
