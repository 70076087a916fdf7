//! From a snapshot to a directory.
//!
//! Whoever has the key of a repository can write snapshots into it, so what a snapshot says is foreign: each name is checked
//! before anything is written, only directories, files and links are, and each is made by a name below one directory. The
//! library's own restore is not used: it stops the process where a store or a disk fails, and holds many packs in memory.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustic_core::repofile::{Node, NodeType, SnapshotFile};
use rustic_core::{IndexedFullStatus, LsOptions};

use crate::bridge::Bridge;
use crate::cipher::Cipher;
use crate::excludes::{is_database, is_left_out, is_trap};
use crate::fetch::{Piece, fetch};
use crate::places::{Look, Root, finish};
use crate::progress::Counter;
use crate::{Error, HOME, IdShift, Limits};

/// Bytes that every piece of a file but its last has at least, as restic cuts them.
const PIECE_BYTES_MIN: u64 = 512 << 10;
/// Pieces of zeros that are as large as this become holes.
const HOLE_BYTES_MIN: usize = 64 << 10;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Files.
    pub files: u64,
    /// Their sizes together.
    pub bytes: u64,
    /// Databases of the agent runtime, where they lie now.
    pub databases: Vec<PathBuf>,
}

pub(crate) type Full = rustic_core::Repository<IndexedFullStatus>;

/// Where what a snapshot names is read from.
pub(crate) struct Store<'a> {
    pub(crate) bridge: &'a Bridge,
    pub(crate) cipher: &'a Cipher,
    pub(crate) repository: &'a Full,
}

/// Goes through the home of a snapshot, each directory before what is in it. Every entry is checked.
pub(crate) fn each(
    repository: &Full,
    snapshot: &SnapshotFile,
    limits: Limits,
    mut take: impl FnMut(PathBuf, Node) -> Result<(), Error>,
) -> Result<(), Error> {
    let home =
        repository.node_from_snapshot_and_path(snapshot, HOME.trim_start_matches('/')).map_err(unlisted)?;
    let listed = repository.ls(&home, &LsOptions::default()).map_err(unlisted)?;
    let (mut seen, hasher) = (HashSet::new(), RandomState::new());
    let mut dirs: Vec<PathBuf> = Vec::new();
    let mut count = 0;
    for entry in listed {
        let (path, node) = entry.map_err(unlisted)?;
        if path.as_os_str().is_empty() {
            continue;
        }
        count += 1;
        if count > limits.entries_max {
            return Err(Error::Foreign(format!("it has more than {} files", limits.entries_max)));
        }
        is_plain(&path)?;
        while dirs.last().is_some_and(|dir| !path.starts_with(dir)) {
            dirs.pop();
        }
        // Writing something below a link would follow it.
        let is_below_a_directory =
            path.parent() == Some(dirs.last().map_or_else(|| Path::new(""), PathBuf::as_path));
        if !is_below_a_directory || !seen.insert(hasher.hash_one(&path)) {
            return Err(Error::Foreign("it has something below what is no directory, or twice".to_owned()));
        }
        if dirs.len() > limits.depth_max {
            return Err(Error::Foreign(format!("its directories are more than {} deep", limits.depth_max)));
        }
        match node.node_type {
            NodeType::Dir => dirs.push(path.clone()),
            // Databases are opened where they are written to, with what lies beside them.
            NodeType::Symlink { .. } if is_trap(&path) => continue,
            NodeType::File | NodeType::Symlink { .. } => {}
            // Devices, pipes and sockets mean nothing in a box.
            _ => continue,
        }
        take(path, node)?;
    }
    Ok(())
}

/// The index is open and the store answers, so a directory that cannot be read is damaged, and stays so.
fn unlisted(error: Box<rustic_core::RusticError>) -> Error {
    match Error::rustic(error) {
        Error::Repository(why) => Error::Foreign(format!("a directory in it cannot be read: {why}")),
        other => other,
    }
}

/// Refuses a path that could lead anywhere else.
fn is_plain(path: &Path) -> Result<(), Error> {
    let plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(name) if !name.as_bytes().contains(&0)));
    if plain { Ok(()) } else { Err(Error::Foreign("it names a place outside of the home".to_owned())) }
}

/// A file on its way.
struct Pending {
    path: PathBuf,
    look: Look,
    size: u64,
    pieces_left: AtomicU32,
}

/// What is to be done, and what was already.
#[derive(Default)]
struct Plan {
    files: Vec<Pending>,
    pieces: Vec<Piece>,
    dirs: Vec<(PathBuf, Look)>,
    restored: Restored,
}

/// Writes the home of a snapshot below an empty directory.
pub(crate) fn write(
    store: &Store<'_>,
    snapshot: &SnapshotFile,
    into: &Path,
    (ids, limits): (IdShift, Limits),
    counter: &Counter,
) -> Result<Restored, Error> {
    let failed = Error::disk("writing what is restored");
    let root = Root::open(into).map_err(Error::disk("opening the directory to restore into"))?;
    let mut plan = Plan::default();
    // Everything is read and checked before anything is made.
    let mut links = Vec::new();
    each(store.repository, snapshot, limits, |path, node| {
        let look = Look::new(&node.meta, ids);
        match &node.node_type {
            NodeType::Dir => plan.dirs.push((path, look)),
            NodeType::Symlink { .. } => links.push((path, node.node_type.to_link().to_owned(), look)),
            // Older snapshots may have one. It is counted, because it was, and not written, because SQLite would believe it.
            _ if is_left_out(&path) => plan.restored.files += 1,
            _ => plan.add_file(store.repository, path, &node, look, limits)?,
        }
        Ok(())
    })?;
    for database in &mut plan.restored.databases {
        *database = into.join(&*database);
    }
    counter.set_totals(plan.restored.files, plan.restored.bytes);
    let made = plan.dirs.iter().try_for_each(|(path, _look)| root.make_dir(path)).and_then(|()| {
        let mut links = links.iter();
        links.try_for_each(|(path, target, look)| root.make_link(path, target, look))
    });
    made.map_err(failed)?;
    for file in plan.files.iter().filter(|file| file.size == 0) {
        let made = root.file(&file.path).and_then(|made| finish(made, &file.look));
        made.map_err(Error::disk("writing what is restored"))?;
        counter.add_file();
    }
    let pieces = std::mem::take(&mut plan.pieces);
    fetch(store.bridge, store.cipher, pieces, |piece, content| {
        counter.go_on()?;
        let file = plan.files.get(piece.file as usize).ok_or(Error::NoFile)?;
        put(&root, file, piece.at, content, counter).map_err(Error::disk("writing what is restored"))
    })?;
    // From the inside out: a directory's time is that of the last change in it.
    for (path, look) in plan.dirs.iter().rev() {
        root.finish_dir(path, look).map_err(Error::disk("writing what is restored"))?;
    }
    counter.end(plan.restored.files, plan.restored.bytes);
    Ok(plan.restored)
}

fn put(root: &Root, file: &Pending, at: u64, content: &[u8], counter: &Counter) -> std::io::Result<()> {
    let open = root.file(&file.path)?;
    let is_hole = content.len() >= HOLE_BYTES_MIN && content.iter().all(|byte| *byte == 0);
    if !is_hole {
        open.write_all_at(content, at)?;
    }
    counter.add_bytes(content.len() as u64);
    // Whoever writes the last piece finishes the file.
    if file.pieces_left.fetch_sub(1, Ordering::AcqRel) == 1 {
        open.set_len(file.size)?;
        finish(&open, &file.look)?;
        counter.add_file();
    }
    Ok(())
}

impl Plan {
    fn add_file(
        &mut self,
        repository: &Full,
        path: PathBuf,
        node: &Node,
        look: Look,
        limits: Limits,
    ) -> Result<(), Error> {
        let number = u32::try_from(self.files.len())
            .map_err(|_many| Error::Foreign("it has more files than there are numbers".to_owned()))?;
        let (pieces, size) = pieces_of(repository, &path, node, number)?;
        self.restored.files += 1;
        self.restored.bytes = self.restored.bytes.saturating_add(size);
        if self.restored.bytes > limits.bytes_max {
            return Err(Error::Foreign(format!("it is larger than {} bytes", limits.bytes_max)));
        }
        // Of pieces that are smaller there could be any number.
        let pieces_max = limits.entries_max.saturating_add(limits.bytes_max / PIECE_BYTES_MIN);
        if (self.pieces.len() + pieces.len()) as u64 > pieces_max {
            return Err(Error::Foreign(format!("it has more than {pieces_max} pieces")));
        }
        if is_database(&path) {
            self.restored.databases.push(path.clone());
        }
        let pieces_left = AtomicU32::new(u32::try_from(pieces.len()).unwrap_or(u32::MAX));
        self.files.push(Pending { path, look, size, pieces_left });
        self.pieces.extend(pieces);
        Ok(())
    }
}

/// The pieces of a file, and how long they are together, which is how long the snapshot must say that the file is.
pub(crate) fn pieces_of(
    repository: &Full,
    path: &Path,
    node: &Node,
    file: u32,
) -> Result<(Vec<Piece>, u64), Error> {
    let mut pieces = Vec::new();
    let mut at = 0_u64;
    for id in node.content.iter().flatten() {
        let entry = repository
            .get_index_entry(id)
            .map_err(|_unknown| Error::Foreign(format!("a piece of {} is in no pack", path.display())))?;
        let piece = Piece {
            id: **id,
            pack: *entry.pack,
            offset: entry.location.offset,
            length: entry.location.length,
            unpacked: entry.location.uncompressed_length.map(std::num::NonZeroU32::get),
            file,
            at,
        };
        at = at.saturating_add(piece.bytes());
        pieces.push(piece);
    }
    if at != node.meta.size {
        return Err(Error::Foreign(format!("{} is not as long as it says", path.display())));
    }
    Ok((pieces, at))
}
