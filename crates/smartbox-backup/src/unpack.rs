//! From an archive that somebody brings to a directory.
//!
//! All of it is foreign. Each name is checked before anything is made, only directories, files and links are, each is made once and below
//! one directory, and nothing is made below a link. Long names and other extensions are read here, within bounds: the library would take
//! as much memory as an archive asks for.

mod names;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tar::{Archive, Entry, EntryType};

use crate::excludes::{is_database, is_left_out, is_trap};
use crate::manifest::{self, Manifest};
use crate::places::{Look, Root, finish};
use crate::{Error, IdShift, Limits};
use names::{PATH_BYTES_MAX, look, plain, text};

/// Paths of directories are kept until the end; together they are no longer than this.
const PATHS_BYTES_MAX: usize = 256 << 20;
/// Longest extension of an entry.
const EXTENSION_BYTES_MAX: u64 = 64 * 1024;
/// Bytes that are copied at a time. Pieces of zeros become holes.
const PIECE_BYTES: usize = 256 << 10;
/// The room that is left is looked at after so many bytes.
const ROOM_EVERY: u64 = 64 << 20;
/// A file of this size and more is not all holes.
const HOLES_BYTES_MIN: u64 = 1 << 30;
/// How many times larger than what it takes such a file is.
const HOLES_FACTOR: u64 = 64;
/// Largest window of the compression that is accepted, as a power of two: 128 MiB, the default of the format.
const WINDOW_LOG_MAX: u32 = 27;
/// What belongs to an entry, such as its long name, is an entry as well.
const RECORDS_PER_ENTRY: u64 = 3;

/// What an archive held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// What it says of itself, if it was made by a platform.
    pub manifest: Option<Manifest>,
    /// Regular files that were written.
    pub files: u64,
    /// Their sizes together.
    pub bytes: u64,
    /// Databases of the agent runtime, below the directory.
    pub databases: Vec<PathBuf>,
}

/// Writes an archive (tar, compressed with zstd) of an agent's home into an empty directory that no box can reach. `room` bytes of the disk
/// stay free.
///
/// # Errors
/// [`Error::Archive`] when it is none, breaks off, or holds what no archive of a home holds; [`Error::Disk`].
pub fn unpack(
    packed: impl Read,
    into: &Path,
    (ids, limits): (IdShift, Limits),
    room: u64,
) -> Result<Unpacked, Error> {
    let mut unpacker = zstd::stream::read::Decoder::new(packed).map_err(broken)?;
    unpacker.window_log_max(WINDOW_LOG_MAX).map_err(broken)?;
    let root = Root::open(into).map_err(Error::disk("opening the directory to unpack into"))?;
    let mut taking = Taking::new(root, (ids, limits), room);
    let mut archive = Archive::new(unpacker);
    for record in archive.entries().map_err(broken)?.raw(true) {
        taking.record(record.map_err(broken)?)?;
    }
    taking.end()
}

fn broken(error: io::Error) -> Error {
    Error::Archive(format!("it is no archive of a box, or breaks off: {error}"))
}

fn refused(why: impl Into<String>) -> Error {
    Error::Archive(why.into())
}

/// What is known on the way.
struct Taking {
    root: Root,
    ids: IdShift,
    limits: Limits,
    room: u64,
    records: u64,
    entries: u64,
    /// Of the next entry, where its record has no place for them.
    long_path: Option<Vec<u8>>,
    long_target: Option<Vec<u8>>,
    hasher: RandomState,
    seen: HashSet<u64>,
    is_dir: HashSet<u64>,
    dirs: Vec<(PathBuf, Look)>,
    paths_bytes: usize,
    /// Files of the archive, also those that are not written.
    files: u64,
    unlooked: u64,
    unpacked: Unpacked,
}

impl Taking {
    fn new(root: Root, (ids, limits): (IdShift, Limits), room: u64) -> Self {
        Self {
            root,
            ids,
            limits,
            room,
            records: 0,
            entries: 0,
            long_path: None,
            long_target: None,
            hasher: RandomState::new(),
            seen: HashSet::new(),
            is_dir: HashSet::new(),
            dirs: Vec::new(),
            paths_bytes: 0,
            files: 0,
            unlooked: u64::MAX,
            unpacked: Unpacked::default(),
        }
    }

    fn record<R: Read>(&mut self, mut entry: Entry<'_, R>) -> Result<(), Error> {
        self.records += 1;
        if self.records > self.limits.entries_max.saturating_mul(RECORDS_PER_ENTRY) {
            return Err(refused(format!("it has more than {} files", self.limits.entries_max)));
        }
        match entry.header().entry_type() {
            EntryType::GNULongName => {
                self.long_path = Some(text(&mut entry, PATH_BYTES_MAX as u64 + 1)?);
                Ok(())
            }
            EntryType::GNULongLink => {
                self.long_target = Some(text(&mut entry, PATH_BYTES_MAX as u64 + 1)?);
                Ok(())
            }
            EntryType::XHeader => self.extension(&text(&mut entry, EXTENSION_BYTES_MAX)?),
            EntryType::XGlobalHeader => text(&mut entry, EXTENSION_BYTES_MAX).map(drop),
            _ => self.entry(entry),
        }
    }

    /// Names that are too long for a record, as POSIX has them.
    fn extension(&mut self, content: &[u8]) -> Result<(), Error> {
        for field in tar::PaxExtensions::new(content) {
            let field = field.map_err(broken)?;
            match field.key_bytes() {
                b"path" => self.long_path = Some(field.value_bytes().to_vec()),
                b"linkpath" => self.long_target = Some(field.value_bytes().to_vec()),
                b"size" => return Err(refused("it says a size twice; pack it in GNU's format")),
                key if key.starts_with(b"GNU.sparse") => return Err(refused("it has a file with holes")),
                _ => {}
            }
        }
        Ok(())
    }

    fn entry<R: Read>(&mut self, mut entry: Entry<'_, R>) -> Result<(), Error> {
        let named = self.long_path.take().unwrap_or_else(|| entry.path_bytes().into_owned());
        let target = self.long_target.take();
        let kind = entry.header().entry_type();
        self.entries += 1;
        if self.entries > self.limits.entries_max {
            return Err(refused(format!("it has more than {} files", self.limits.entries_max)));
        }
        if self.entries == 1 && kind == EntryType::Regular && named == manifest::NAME.as_bytes() {
            self.unpacked.manifest = Some(Manifest::read(&text(&mut entry, manifest::BYTES_MAX)?)?);
            return Ok(());
        }
        let Some(path) = plain(&named, self.limits)? else { return Ok(()) };
        // Older archives mark a directory by the end of its name.
        let is_dir = kind == EntryType::Directory || (kind == EntryType::Regular && named.ends_with(b"/"));
        let look = look(entry.header(), self.ids);
        let is_file = !is_dir && matches!(kind, EntryType::Regular | EntryType::Continuous);
        if !is_dir && !is_file && kind != EntryType::Symlink {
            let shown = path.display();
            return Err(refused(match kind {
                EntryType::Link => format!("{shown} is a second name of a file, which no backup has"),
                EntryType::GNUSparse => format!("{shown} is a file with holes, which no backup has"),
                _ => format!("{shown} is no directory, file or link"),
            }));
        }
        self.files += u64::from(is_file);
        self.take_place(&path, is_dir)?;
        if path.ancestors().any(is_left_out) || (kind == EntryType::Symlink && is_trap(&path)) {
            return Ok(());
        }
        match kind {
            _ if is_dir => self.dir(path, look),
            EntryType::Symlink => {
                let target = target.or_else(|| entry.link_name_bytes().map(std::borrow::Cow::into_owned));
                self.link(&path, &target.unwrap_or_default(), look)
            }
            _ => self.file(&path, entry, look),
        }
    }

    /// Each place is taken once, and lies in a directory.
    fn take_place(&mut self, path: &Path, is_dir: bool) -> Result<(), Error> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let is_below = parent.is_none_or(|parent| self.is_dir.contains(&self.hasher.hash_one(parent)));
        let place = self.hasher.hash_one(path);
        if !is_below || !self.seen.insert(place) {
            return Err(refused(format!(
                "{} lies in what is no directory, or is there twice",
                path.display()
            )));
        }
        if is_dir {
            self.is_dir.insert(place);
        }
        Ok(())
    }

    fn dir(&mut self, path: PathBuf, look: Look) -> Result<(), Error> {
        self.paths_bytes += path.as_os_str().len();
        if self.paths_bytes > PATHS_BYTES_MAX {
            return Err(refused("the names of its directories are too long together"));
        }
        self.root.make_dir(&path).map_err(Error::disk("unpacking an archive"))?;
        self.dirs.push((path, look));
        Ok(())
    }

    fn link(&mut self, path: &Path, target: &[u8], look: Look) -> Result<(), Error> {
        if target.is_empty() || target.len() >= PATH_BYTES_MAX || target.contains(&0) {
            return Err(refused(format!("{} is a link to nothing", path.display())));
        }
        let target = Path::new(OsStr::from_bytes(target));
        self.root.make_link(path, target, &look).map_err(Error::disk("unpacking an archive"))
    }

    fn file<R: Read>(&mut self, path: &Path, mut entry: Entry<'_, R>, look: Look) -> Result<(), Error> {
        let size = entry.header().entry_size().map_err(broken)?;
        self.unpacked.bytes = self.unpacked.bytes.saturating_add(size);
        if self.unpacked.bytes > self.limits.bytes_max {
            return Err(refused(format!(
                "its files are larger than {} bytes together",
                self.limits.bytes_max
            )));
        }
        let written = Error::disk("unpacking an archive");
        let file = self.root.file(path).map_err(Error::disk("unpacking an archive"))?;
        let mut piece = vec![0; usize::try_from(size).map_or(PIECE_BYTES, |size| size.clamp(1, PIECE_BYTES))];
        let (mut at, mut taken) = (0_u64, 0_u64);
        while at < size {
            let read = entry.read(&mut piece).map_err(broken)?;
            if read == 0 {
                return Err(refused("it breaks off in the middle of a file"));
            }
            let content = piece.get(..read).unwrap_or_default();
            if content.iter().any(|byte| *byte != 0) {
                self.look_at_room(read as u64)?;
                file.write_all_at(content, at).map_err(Error::disk("unpacking an archive"))?;
                taken += read as u64;
            }
            at += read as u64;
        }
        if size >= HOLES_BYTES_MIN && taken < size / HOLES_FACTOR {
            return Err(refused(format!("{} is all holes, which no backup has", path.display())));
        }
        file.set_len(size).and_then(|()| finish(&file, &look)).map_err(written)?;
        self.unpacked.files += 1;
        if is_database(path) {
            self.unpacked.databases.push(path.to_owned());
        }
        Ok(())
    }

    fn look_at_room(&mut self, more: u64) -> Result<(), Error> {
        self.unlooked = self.unlooked.saturating_add(more);
        if self.unlooked < ROOM_EVERY {
            return Ok(());
        }
        self.unlooked = 0;
        let free = self.root.free_bytes().map_err(Error::disk("unpacking an archive"))?;
        if free < self.room.saturating_add(ROOM_EVERY) {
            let source = io::Error::from(io::ErrorKind::StorageFull);
            return Err(Error::Disk { what: "unpacking an archive", source });
        }
        Ok(())
    }

    fn end(self) -> Result<Unpacked, Error> {
        if self.entries == 0 {
            return Err(refused("there is nothing in it"));
        }
        if let Some(manifest) = self.unpacked.manifest.as_ref().filter(|said| said.files != self.files) {
            return Err(refused(format!(
                "it has {} of {} files: it is not complete",
                self.files, manifest.files
            )));
        }
        // From the inside out: a directory's time is that of the last change in it.
        for (path, look) in self.dirs.iter().rev() {
            self.root.finish_dir(path, look).map_err(Error::disk("unpacking an archive"))?;
        }
        Ok(self.unpacked)
    }
}
