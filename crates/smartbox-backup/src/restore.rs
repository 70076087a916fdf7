//! From a snapshot to a directory.
//!
//! Whoever has the key of a repository can write snapshots into it, so what a snapshot says is foreign: each name is checked
//! before anything is written, and only directories, files and links are.

use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustic_core::repofile::{Node, NodeType, SnapshotFile};
use rustic_core::{IndexedFullStatus, LocalDestination, LsOptions, RestoreOptions, RusticResult};

use crate::excludes::is_database;
use crate::{Error, HOME, IdShift, Limits};

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

/// The entries of a snapshot's home, each checked.
pub(crate) fn entries(
    repository: &Full,
    snapshot: &SnapshotFile,
    limits: Limits,
) -> Result<Vec<(PathBuf, Node)>, Error> {
    let home = repository
        .node_from_snapshot_and_path(snapshot, HOME.trim_start_matches('/'))
        .map_err(Error::rustic)?;
    let listed = repository.ls(&home, &LsOptions::default()).map_err(Error::rustic)?;
    let mut found = Vec::new();
    for entry in listed {
        let (path, node) = entry.map_err(Error::rustic)?;
        if found.len() as u64 >= limits.entries_max {
            return Err(Error::Foreign(format!("it has more than {} files", limits.entries_max)));
        }
        if path.as_os_str().is_empty() {
            continue;
        }
        is_plain(&path)?;
        if matches!(node.node_type, NodeType::Dir | NodeType::File | NodeType::Symlink { .. }) {
            found.push((path, node));
        }
    }
    Ok(found)
}

/// Refuses a path that could lead anywhere else.
fn is_plain(path: &Path) -> Result<(), Error> {
    let plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(name) if !name.as_bytes().contains(&0)));
    if plain { Ok(()) } else { Err(Error::Foreign("it names a place outside of the home".to_owned())) }
}

pub(crate) fn write(
    repository: &Full,
    snapshot: &SnapshotFile,
    into: &Path,
    ids: IdShift,
    limits: Limits,
) -> Result<Restored, Error> {
    let mut entries = entries(repository, snapshot, limits)?;
    through_no_link(&entries)?;
    let mut restored = Restored::default();
    for (path, node) in &mut entries {
        node.meta.uid = node.meta.uid.map(|id| ids.outside(id));
        node.meta.gid = node.meta.gid.map(|id| ids.outside(id));
        // Names are those of another machine.
        node.meta.user = None;
        node.meta.group = None;
        if node.is_file() {
            restored.files += 1;
            restored.bytes = restored.bytes.saturating_add(node.meta.size);
            if restored.bytes > limits.bytes_max {
                return Err(Error::Foreign(format!("it is larger than {} bytes", limits.bytes_max)));
            }
            if is_database(path) {
                restored.databases.push(into.join(&*path));
            }
        }
    }
    let target = into.to_str().ok_or_else(|| Error::Place("the directory has no plain name".to_owned()))?;
    let destination = LocalDestination::new(target, true, false).map_err(Error::rustic)?;
    let options = RestoreOptions::default().numeric_id(true);
    let stream = || entries.iter().cloned().map(RusticResult::Ok);
    let plan = repository.prepare_restore(&options, stream(), &destination, false).map_err(Error::rustic)?;
    repository.restore(plan, &options, stream(), &destination).map_err(Error::rustic)?;
    Ok(restored)
}

/// Refuses a snapshot in which something lies below a link: writing it would follow the link.
fn through_no_link(entries: &[(PathBuf, Node)]) -> Result<(), Error> {
    let dirs: std::collections::HashSet<&Path> =
        entries.iter().filter(|(_path, node)| node.is_dir()).map(|(path, _node)| path.as_path()).collect();
    let mut seen = std::collections::HashSet::new();
    for (path, _node) in entries {
        let parent = path.parent().unwrap_or(Path::new(""));
        let is_below_a_directory = parent.as_os_str().is_empty() || dirs.contains(parent);
        if !is_below_a_directory || !seen.insert(path.as_path()) {
            return Err(Error::Foreign("it has something below what is no directory, or twice".to_owned()));
        }
    }
    Ok(())
}
