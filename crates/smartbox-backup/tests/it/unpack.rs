//! Archives that somebody brings: what a platform wrote comes back, and whatever else is in one is refused before it does harm.

use std::fs;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use smartbox_backup::{Error, Limits, Manifest, Unpacked, remove_files, unpack};
use tar::{Builder, EntryType, Header};

use crate::support::{World, ids, noise, write};

fn header(kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(if kind == EntryType::Directory { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(1_700_000_000);
    header.set_size(size);
    header
}

/// Puts a name into a record as it is, which the library would refuse.
fn named(header: &mut Header, name: &[u8]) {
    let place = &mut header.as_old_mut().name;
    place.fill(0);
    place[..name.len()].copy_from_slice(name);
    header.set_cksum();
}

fn link_to(header: &mut Header, target: &[u8]) {
    let place = &mut header.as_old_mut().linkname;
    place.fill(0);
    place[..target.len()].copy_from_slice(target);
}

#[derive(Default)]
struct Planted(Vec<u8>);

impl Planted {
    fn with(mut self, kind: EntryType, name: &str, content: &[u8]) -> Self {
        let mut header = header(kind, content.len() as u64);
        named(&mut header, name.as_bytes());
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn file(self, name: &str) -> Self {
        self.with(EntryType::Regular, name, b"planted")
    }

    fn dir(self, name: &str) -> Self {
        self.with(EntryType::Directory, name, b"")
    }

    fn link(mut self, name: &str, target: &str) -> Self {
        let mut header = header(EntryType::Symlink, 0);
        link_to(&mut header, target.as_bytes());
        named(&mut header, name.as_bytes());
        self.0.extend_from_slice(header.as_bytes());
        self
    }

    fn packed(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        zstd::encode_all(self.0.as_slice(), 1).unwrap()
    }
}

fn taken_with(packed: &[u8], limits: Limits) -> (tempfile::TempDir, Result<Unpacked, Error>) {
    let root = tempfile::tempdir().unwrap();
    let into = root.path().join("into");
    fs::create_dir(&into).unwrap();
    let unpacked = unpack(packed, &into, (ids(), limits), 0);
    let beside: Vec<_> = fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside, ["into"], "nothing is made outside");
    (root, unpacked)
}

fn taken(packed: &[u8]) -> (tempfile::TempDir, Result<Unpacked, Error>) {
    taken_with(packed, Limits::default())
}

fn refusal(planted: Planted) -> String {
    match taken(&planted.packed()).1 {
        Err(Error::Archive(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_platform_wrote_comes_back_as_it_was() {
    let world = World::new();
    let home = world.home();
    let long = format!("workspace/{}/{}", "d".repeat(120), "n".repeat(200));
    write(&home, &long, "deep");
    write(&home, "state/state/openclaw.sqlite", "as a database");
    write(&home, "workspace/noise", noise(700_000, 3));
    fs::write(home.join("workspace/empty"), "").unwrap();
    fs::set_permissions(home.join("workspace/empty"), fs::Permissions::from_mode(0o750)).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", home.join("workspace/link")).unwrap();
    let saved = world.save();
    let manifest = Manifest::new("2026.9.6", "2026-11-30T00:00:00Z", (saved.files, 3));
    let mut packed = Vec::new();
    world.repository().reader(&saved.snapshot, None).unwrap().write_to(&mut packed, Some(&manifest)).unwrap();
    let (root, unpacked) = taken(&packed);
    let unpacked = unpacked.unwrap();
    assert_eq!((unpacked.files, unpacked.bytes), (saved.files, saved.bytes));
    assert_eq!(unpacked.manifest, Some(manifest));
    assert_eq!(unpacked.databases, [PathBuf::from("state/state/openclaw.sqlite")]);
    let into = root.path().join("into");
    assert_eq!(fs::read_to_string(into.join(&long)).unwrap(), "deep");
    assert_eq!(fs::read(into.join("workspace/noise")).unwrap(), noise(700_000, 3));
    assert_eq!(fs::read_link(into.join("workspace/link")).unwrap(), Path::new("/etc/passwd"));
    let empty = fs::metadata(into.join("workspace/empty")).unwrap();
    assert_eq!((empty.mode() & 0o7777, empty.uid()), (0o750, rustix::process::getuid().as_raw()));
    let as_before = fs::metadata(home.join("workspace/noise")).unwrap().mtime();
    assert_eq!(fs::metadata(into.join("workspace/noise")).unwrap().mtime(), as_before);
    assert!(!into.join("smartbox-backup.json").exists());

    let short = Manifest::new("2026.9.6", "2026-11-30T00:00:00Z", (saved.files + 1, 3));
    let mut packed = Vec::new();
    world.repository().reader(&saved.snapshot, None).unwrap().write_to(&mut packed, Some(&short)).unwrap();
    let refused = taken(&packed).1.unwrap_err().to_string();
    assert!(refused.contains("not complete"), "{refused}");
}

#[test]
fn an_archive_of_another_tool_is_taken_as_well() {
    let planted = Planted::default().dir("./").dir("./state/").file("./state/openclaw.json").packed();
    let (root, unpacked) = taken(&planted);
    let unpacked = unpacked.unwrap();
    assert_eq!((unpacked.files, unpacked.manifest), (1, None));
    assert_eq!(fs::read_to_string(root.path().join("into/state/openclaw.json")).unwrap(), "planted");

    // POSIX's long names, and a note for all entries.
    let mut archive = Builder::new(Vec::new());
    let record = |kind, text: &[u8]| (header(kind, text.len() as u64), text.to_vec());
    let long = format!("{}.txt", "n".repeat(180));
    let line = format!("path={long}\n");
    let field = format!("{} {line}", line.len() + 4);
    for (mut head, content) in [
        record(EntryType::XGlobalHeader, b"15 comment=all\n"),
        record(EntryType::XHeader, field.as_bytes()),
        record(EntryType::Regular, b"x"),
    ] {
        head.set_path("short").unwrap();
        head.set_cksum();
        archive.append(&head, content.as_slice()).unwrap();
    }
    let packed = zstd::encode_all(archive.into_inner().unwrap().as_slice(), 1).unwrap();
    let (root, unpacked) = taken(&packed);
    assert_eq!(unpacked.unwrap().files, 1);
    assert_eq!(fs::read_to_string(root.path().join("into").join(long)).unwrap(), "x");
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in ["../out", "/etc/out", "a/../../out", "a/./b", "a//b", "..", "state/..", "a/b/../c"] {
        let planted = Planted::default().dir("a").dir("a/b").dir("state").file(name);
        let why = refusal(planted);
        assert!(why.contains("outside of the home"), "{name}: {why}");
    }
    let why = refusal(
        Planted::default()
            .file(&"n".repeat(100))
            .with(EntryType::GNULongName, "././@LongLink", format!("../{}", "x".repeat(200)).as_bytes())
            .file("short"),
    );
    assert!(why.contains("outside"), "{why}");
}

#[test]
fn nothing_is_made_below_a_link_or_twice() {
    for planted in [
        Planted::default().link("door", "/tmp").file("door/out"),
        Planted::default().dir("door").link("door", "/tmp").file("door/out"),
        Planted::default().file("state/orphan"),
        Planted::default().file("a").file("a"),
        Planted::default().file("a").dir("a").file("a/b"),
        Planted::default().link("a", "b").file("a"),
    ] {
        let why = refusal(planted);
        assert!(why.contains("no directory, or is there twice"), "{why}");
    }
}

#[test]
fn whatever_is_no_directory_file_or_link_is_refused() {
    for (kind, expected) in [
        (EntryType::Link, "second name"),
        (EntryType::Char, "no directory"),
        (EntryType::Block, "no directory"),
        (EntryType::Fifo, "no directory"),
        (EntryType::GNUSparse, "holes"),
        (EntryType::new(b'Z'), "no directory"),
    ] {
        let why = refusal(Planted::default().with(kind, "thing", b""));
        assert!(why.contains(expected), "{kind:?}: {why}");
    }
    let sparse = b"22 GNU.sparse.major=1\n";
    let why = refusal(Planted::default().with(EntryType::XHeader, "x", sparse).file("a"));
    assert!(why.contains("holes"), "{why}");
    let sized = b"10 size=9\n";
    let why = refusal(Planted::default().with(EntryType::XHeader, "x", sized).file("a"));
    assert!(why.contains("size"), "{why}");
}

#[test]
fn counts_depths_and_sizes_have_bounds() {
    let many = (0..20).fold(Planted::default(), |planted, number| planted.file(&format!("f{number}")));
    let few = Limits { entries_max: 10, ..Limits::default() };
    assert!(taken_with(&many.packed(), few).1.unwrap_err().to_string().contains("more than 10 files"));
    let notes =
        (0..40).fold(Planted::default(), |planted, _| planted.with(EntryType::XGlobalHeader, "g", b""));
    assert!(taken_with(&notes.packed(), few).1.unwrap_err().to_string().contains("more than 10 files"));

    let mut path = String::from("d");
    let mut deep = Planted::default().dir("d");
    for _ in 0..5 {
        path.push_str("/d");
        deep = deep.dir(&path);
    }
    let shallow = Limits { depth_max: 3, ..Limits::default() };
    assert!(taken_with(&deep.packed(), shallow).1.unwrap_err().to_string().contains("3 deep"));

    let small = Limits { bytes_max: 10, ..Limits::default() };
    let large = Planted::default().file("a").file("b");
    assert!(taken_with(&large.packed(), small).1.unwrap_err().to_string().contains("larger than 10 bytes"));

    // A name as long as the memory of the machine.
    let mut head = header(EntryType::GNULongName, 1 << 40);
    named(&mut head, b"././@LongLink");
    let packed = zstd::encode_all(head.as_bytes().as_slice(), 1).unwrap();
    assert!(taken(&packed).1.unwrap_err().to_string().contains("a name or a note of"));
}

/// An archive of a file that says it is long, and zeros, which pack to nothing.
#[test]
fn a_file_of_nothing_but_zeros_takes_no_room_and_a_huge_one_is_refused() {
    let zeros = |size: u64| {
        let mut head = header(EntryType::Regular, size);
        named(&mut head, b"zeros");
        let plain =
            Cursor::new(*head.as_bytes()).chain(io::repeat(0).take(size.next_multiple_of(512) + 1024));
        zstd::encode_all(plain, 1).unwrap()
    };
    let (root, unpacked) = taken(&zeros(64 << 20));
    assert_eq!(unpacked.unwrap().bytes, 64 << 20);
    let found = fs::metadata(root.path().join("into/zeros")).unwrap();
    assert!(found.len() == 64 << 20 && found.blocks() < 100, "{found:?}");
    let why = taken(&zeros(1 << 30)).1.unwrap_err().to_string();
    assert!(why.contains("all holes"), "{why}");
}

#[test]
fn what_breaks_off_or_is_no_archive_is_refused() {
    let whole =
        Planted::default().dir("state").with(EntryType::Regular, "state/x", &noise(5_000, 1)).packed();
    for cut in [0, 3, whole.len() / 2, whole.len() - 1] {
        let why = taken(&whole[..cut]).1.unwrap_err();
        assert!(matches!(why, Error::Archive(_)), "{cut}: {why}");
    }
    for not_one in [b"no archive at all".to_vec(), zstd::encode_all(noise(4_096, 5).as_slice(), 1).unwrap()] {
        assert!(matches!(taken(&not_one).1, Err(Error::Archive(_))));
    }
    let empty = Planted::default().packed();
    assert!(taken(&empty).1.unwrap_err().to_string().contains("nothing in it"));
    let newer = br#"{"format":99,"runtime_version":"1","made_at":"","files":0}"#;
    let newer = Planted::default().with(EntryType::Regular, "smartbox-backup.json", newer);
    assert!(refusal(newer).contains("upgrade the platform"));
    let strange = Planted::default().with(EntryType::Regular, "smartbox-backup.json", b"{}");
    assert!(refusal(strange).contains("says of itself"));
}

#[test]
fn a_full_disk_is_told_as_such() {
    let root = tempfile::tempdir().unwrap();
    let packed = Planted::default().file("a").packed();
    let refused = unpack(packed.as_slice(), root.path(), (ids(), Limits::default()), u64::MAX).unwrap_err();
    assert!(
        matches!(&refused, Error::Disk { source, .. } if source.kind() == io::ErrorKind::StorageFull),
        "{refused}"
    );
}

#[test]
fn what_sqlite_would_open_beside_a_database_is_never_a_link_or_a_journal() {
    let planted = Planted::default()
        .dir("state")
        .file("state/a.sqlite")
        .link("state/a.sqlite-wal", "/etc/passwd")
        .link("state/a.sqlite-shm", "/etc/passwd")
        .file("state/a.sqlite-journal")
        .file("state/b.sqlite-wal");
    let (root, unpacked) = taken(&planted.packed());
    assert_eq!(unpacked.unwrap().databases, [PathBuf::from("state/a.sqlite")]);
    let mut names: Vec<_> = fs::read_dir(root.path().join("into/state"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["a.sqlite", "b.sqlite-wal"]);
}

#[test]
fn files_are_removed_where_they_are_and_links_instead_of_what_they_lead_to() {
    let root = tempfile::tempdir().unwrap();
    let (home, other) = (root.path().join("home"), root.path().join("other"));
    fs::create_dir_all(home.join("state/identity")).unwrap();
    fs::create_dir_all(home.join("state/keep")).unwrap();
    fs::create_dir_all(&other).unwrap();
    fs::write(home.join("state/identity/device.json"), "a key").unwrap();
    fs::write(other.join("paired.json"), "somebody's").unwrap();
    fs::write(other.join("file"), "somebody's").unwrap();
    std::os::unix::fs::symlink(&other, home.join("state/devices")).unwrap();
    std::os::unix::fs::symlink(other.join("file"), home.join("state/link.json")).unwrap();
    let gone = [
        "state/identity/device.json",
        "state/devices/paired.json",
        "state/link.json",
        "state/none/x",
        "state/keep",
    ];
    remove_files(&home, &gone.map(PathBuf::from)).unwrap();
    assert!(home.join("state/identity").is_dir() && !home.join("state/identity/device.json").exists());
    assert!(!home.join("state/devices").exists() && other.join("paired.json").exists());
    assert!(fs::symlink_metadata(home.join("state/link.json")).is_err() && other.join("file").exists());
    assert!(home.join("state/keep").is_dir());
}

/// A smoke run of what `fuzz/fuzz_targets/archive.rs` does for hours: a good archive with bytes changed, packed again and as it is.
#[test]
fn whatever_is_changed_in_an_archive_nothing_is_made_outside_and_nothing_panics() {
    let plain = {
        let planted = Planted::default()
            .with(
                EntryType::Regular,
                "smartbox-backup.json",
                br#"{"format":1,"runtime_version":"1","made_at":"","files":3}"#,
            )
            .dir("state")
            .file("state/a.sqlite")
            .link("state/link", "../../..")
            .with(EntryType::GNULongName, "././@LongLink", b"state/a-long-name")
            .file("short")
            .file("state/last");
        zstd::decode_all(planted.packed().as_slice()).unwrap()
    };
    assert_eq!(taken(&zstd::encode_all(plain.as_slice(), 1).unwrap()).1.unwrap().files, 3);
    let few = Limits { entries_max: 32, bytes_max: 1 << 16, depth_max: 6 };
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).unwrap()
    };
    let mut outcomes = (0, 0);
    for round in 0..400 {
        let mut changed = plain.clone();
        for _ in 0..=next(4) {
            let at = next(changed.len());
            // Most of it is zeros; what is read is at the beginning of each record.
            let at = if round % 2 == 0 {
                at - at % 512 + next(345).min(changed.len() - 1 - (at - at % 512))
            } else {
                at
            };
            changed[at] = [0, b'/', b'.', b'5', b'L', 0xff][next(6)];
            // A record whose sum is wrong is not read any further.
            let record = at - at % 512;
            if let Some(record) = changed.get_mut(record..record + 512) {
                record[148..156].fill(b' ');
                let sum: u32 = record.iter().map(|byte| u32::from(*byte)).sum();
                record[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            }
        }
        let packed = zstd::encode_all(changed.as_slice(), 1).unwrap();
        match taken_with(&packed, few).1 {
            Ok(_) => outcomes.0 += 1,
            Err(Error::Archive(_)) => outcomes.1 += 1,
            Err(other) => panic!("round {round}: {other}"),
        }
        let mut torn = packed.clone();
        let at = next(torn.len());
        torn[at] ^= 0x41;
        let torn = taken_with(&torn, few).1;
        assert!(matches!(torn, Ok(_) | Err(Error::Archive(_))), "round {round}: {torn:?}");
    }
    assert!(outcomes.0 > 10 && outcomes.1 > 10, "some are taken and some are not: {outcomes:?}");
}
