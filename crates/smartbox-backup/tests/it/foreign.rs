//! Whoever has the key of a repository writes a snapshot into it that no platform would: a restore stays in its directory.

use std::fs;
use std::io::Cursor;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rustic_core::repofile::{Metadata, Node, NodeType};
use rustic_core::{
    BackupOptions, Credentials, ReadSource, ReadSourceEntry, ReadSourceOpen, Repository, RepositoryBackends,
    RepositoryOptions, RusticResult, SnapshotOptions,
};
use smartbox_backup::{Error, IdShift, Limits, Restored};

use crate::support::{KEY, Objects, World, ids, write};

/// An entry of a foreign snapshot: the directory it is in, and what is in the place of its name.
#[derive(Clone)]
struct Planted {
    dir: &'static str,
    name: &'static str,
    kind: NodeType,
    mode: u32,
    /// What it says of its owner and of its size, if not the truth.
    uid: u32,
    size: Option<u64>,
    content: Vec<u8>,
}

fn file(dir: &'static str, name: &'static str) -> Planted {
    Planted { dir, name, kind: NodeType::File, mode: 0o644, uid: 0, size: None, content: b"planted".to_vec() }
}

fn of_kind(kind: NodeType, dir: &'static str, name: &'static str) -> Planted {
    Planted { kind, content: Vec::new(), ..file(dir, name) }
}

fn link(dir: &'static str, name: &'static str, target: &str) -> Planted {
    of_kind(NodeType::from_link(Path::new(target)), dir, name)
}

fn dir(dir: &'static str, name: &'static str) -> Planted {
    Planted { mode: 0o755 | 1 << 31, ..of_kind(NodeType::Dir, dir, name) }
}

struct Content(Vec<u8>);

impl ReadSourceOpen for Content {
    type Reader = Cursor<Vec<u8>>;

    fn open(self) -> RusticResult<Self::Reader> {
        Ok(Cursor::new(self.0))
    }
}

struct Source(Vec<Planted>);

impl ReadSource for Source {
    type Open = Content;
    type Iter = std::vec::IntoIter<RusticResult<ReadSourceEntry<Content>>>;

    fn size(&self) -> RusticResult<Option<u64>> {
        Ok(None)
    }

    fn entries(&self) -> Self::Iter {
        let entry = |(number, planted): (usize, &Planted)| {
            let meta = Metadata {
                mode: Some(planted.mode),
                uid: Some(planted.uid),
                gid: Some(planted.uid),
                size: planted.size.unwrap_or(planted.content.len() as u64),
                mtime: Some(Timestamp::from_second(1_000_000_000).unwrap()),
                // The same inode twice is how a snapshot tells of hard links.
                inode: 7,
                links: 2,
                ..Metadata::default()
            };
            let mut node = Node::new_node(planted.name.as_ref(), planted.kind.clone(), meta);
            planted.name.clone_into(&mut node.name);
            // The library would make parts of a path of it.
            let plain = if node.is_dir() { planted.name.to_owned() } else { format!("{number}") };
            let path = Path::new("/home/agent").join(planted.dir).join(plain);
            let open = node.is_file().then(|| Content(planted.content.clone()));
            Ok(ReadSourceEntry { path, node, open })
        };
        self.0.iter().enumerate().map(entry).collect::<Vec<_>>().into_iter()
    }
}

/// Plants a snapshot and restores it.
fn restored(planted: Vec<Planted>, limits: Limits) -> (World, PathBuf, Result<Restored, Error>) {
    let objects = Arc::new(Objects::default());
    let world = World::over(Arc::clone(&objects.store) as Arc<_>);
    write(&world.home(), "workspace/mine", "x");
    world.save();
    let backends = RepositoryBackends::new(Arc::new(objects.backend(&world)), None);
    let options = RepositoryOptions::default().no_cache(true);
    let repository = Repository::new(&options, &backends).unwrap().open(&Credentials::password(KEY)).unwrap();
    let repository = repository.to_indexed_ids().unwrap();
    let snapshot = SnapshotOptions::default().to_snapshot().unwrap();
    let home = [PathBuf::from("/home/agent")];
    let made = repository.archive(&BackupOptions::default(), &Source(planted), snapshot, &home).unwrap();
    let into = world.empty("deep/in/staged");
    let result = world.repository().restore(&made.id.to_hex(), &into, ids(), limits);
    (world, into, result)
}

/// Everything below the directory of a test that is not the home or a place for repositories.
fn everything(world: &World) -> Vec<PathBuf> {
    let mut todo = vec![world.root.path().join("deep")];
    let mut found = Vec::new();
    while let Some(next) = todo.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                todo.push(entry.path());
            }
            found.push(entry.path().strip_prefix(world.root.path()).unwrap().to_owned());
        }
    }
    found.sort();
    found
}

#[test]
fn names_that_lead_out_are_refused_before_anything_is_written() {
    for name in ["..", ".", "../../../escaped", "/escaped", "a/b", "../staged/x", "nul\0byte"] {
        for planted in [file("", name), link("", name, "target")] {
            let (world, _into, result) = restored(vec![file("", "good"), planted], Limits::default());
            assert!(matches!(result, Err(Error::Foreign(_))), "{name:?}: {result:?}");
            let empty: Vec<PathBuf> = ["deep/in", "deep/in/staged"].map(PathBuf::from).to_vec();
            assert_eq!(everything(&world), empty, "{name:?}");
        }
    }
}

#[test]
fn nothing_is_written_through_a_link() {
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().to_str().unwrap();
    // The same name twice: first a link, then a directory with a file in it.
    let planted = vec![link("", "d", target), dir("", "d"), file("d", "planted")];
    let (_world, _into, result) = restored(planted, Limits::default());
    assert!(matches!(result, Err(Error::Foreign(_))), "{result:?}");
    // A link, and a file of the same name that would be written where it leads.
    let file_target = format!("{target}/planted");
    let (_world, _into, result) =
        restored(vec![link("", "f", &file_target), file("", "f")], Limits::default());
    assert!(matches!(result, Err(Error::Foreign(_))), "{result:?}");
    assert!(fs::read_dir(outside.path()).unwrap().next().is_none());
    // A link alone is what many homes have. It is made, and not followed.
    let (_world, into, result) = restored(vec![link("", "l", "/etc/passwd")], Limits::default());
    result.unwrap();
    assert_eq!(fs::read_link(into.join("l")).unwrap(), Path::new("/etc/passwd"));
}

#[test]
fn devices_and_pipes_are_not_made_and_owners_are_the_boxs() {
    let planted = vec![
        of_kind(NodeType::Dev { device: 259 }, "", "disk"),
        of_kind(NodeType::Chardev { device: 259 }, "", "null"),
        of_kind(NodeType::Fifo, "", "pipe"),
        of_kind(NodeType::Socket, "", "socket"),
        Planted { mode: 0o4755 | 1 << 23, uid: 4_000_000, ..file("", "setuid") },
        file("", "twin"),
    ];
    let (_world, into, result) = restored(planted, Limits::default());
    assert_eq!(result.unwrap().files, 2);
    let mut names: Vec<_> = fs::read_dir(&into).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["setuid", "twin"]);
    let found = fs::metadata(into.join("setuid")).unwrap();
    let IdShift { base, count } = ids();
    assert!((base..base + count).contains(&found.uid()) && found.uid() != base, "{}", found.uid());
    assert_eq!(found.permissions().mode() & 0o7777, 0o4755, "of a user of the box");
    assert_eq!(found.nlink(), 1, "what says that it is one file is two");
    assert_ne!(found.ino(), fs::metadata(into.join("twin")).unwrap().ino());
}

#[test]
fn what_says_that_it_is_larger_than_it_is_or_than_allowed_is_refused() {
    let lies = Planted { size: Some(1 << 50), ..file("", "large") };
    let (_world, into, result) = restored(vec![lies], Limits::default());
    assert!(matches!(result, Err(Error::Foreign(_))), "{result:?}");
    assert!(fs::read_dir(&into).unwrap().next().is_none(), "nothing was made");

    let many = || (0..50).map(|_| dir("", "")).collect::<Vec<_>>();
    let names: Vec<&'static str> = (0..50).map(|number| &*format!("d{number:02}").leak()).collect();
    let many: Vec<Planted> =
        many().into_iter().zip(names).map(|(dir, name)| Planted { name, ..dir }).collect();
    let (_world, _into, result) = restored(many, Limits { entries_max: 20, ..Limits::default() });
    assert!(matches!(&result, Err(Error::Foreign(why)) if why.contains("20")), "{result:?}");

    let large = Planted { content: vec![0; 3 << 20], ..file("", "zeros") };
    let (_world, _into, result) =
        restored(vec![large.clone()], Limits { bytes_max: 1 << 20, ..Limits::default() });
    assert!(matches!(result, Err(Error::Foreign(_))), "{result:?}");
    let (_world, into, result) = restored(vec![large], Limits::default());
    assert_eq!(result.unwrap().bytes, 3 << 20);
    let found = fs::metadata(into.join("zeros")).unwrap();
    assert_eq!(found.len(), 3 << 20);
    assert!(found.blocks() * 512 < 1 << 20, "zeros take no room");
}
