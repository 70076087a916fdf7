//! What is done with files, as it should be.

use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use smartbox_files::{Condition, Error, FilePath, Home, Kind, Search, SearchLimit};

use crate::support::{World, is_owned, path};

#[test]
fn a_file_is_written_as_a_whole_and_belongs_to_the_box() {
    let world = World::new();
    let (entry, is_new) = world.put("workspace/deep/er/notes.md", "one", Condition::None).unwrap();
    assert!(is_new && entry.kind == Kind::File && entry.bytes == 3 && entry.mode == 0o644, "{entry:?}");
    for made in [
        "workspace/deep",
        "workspace/deep/er",
        "workspace/deep/er/notes.md",
        ".cache",
        ".cache/smartbox-files",
    ] {
        assert!(is_owned(&world.real(made)), "{made}");
    }
    fs::set_permissions(world.real("workspace/deep/er/notes.md"), fs::Permissions::from_mode(0o4755))
        .unwrap();
    let (entry, is_new) = world.put("workspace/deep/er/notes.md", "two!", Condition::None).unwrap();
    assert!(!is_new && entry.mode == 0o755, "permissions stay, and no more than those: {entry:?}");
    assert_eq!(world.get("workspace/deep/er/notes.md").unwrap(), "two!");
    assert_eq!(world.names("workspace/deep/er"), ["notes.md"]);
    world.assert_outside_is_as_it_was();
}

#[test]
fn what_is_not_committed_never_was() {
    let world = World::new();
    world.put("a", "before", Condition::None).unwrap();
    let options = smartbox_files::WriteOptions { bytes_max: 5, ..smartbox_files::WriteOptions::default() };
    let mut writer = world.home.write(&path("a"), options.clone()).unwrap();
    writer.write(b"half").unwrap();
    drop(writer);
    let mut writer = world.home.write(&path("a"), options).unwrap();
    assert!(matches!(writer.write(b"longer"), Err(Error::TooMuch { max: 5, .. })));
    drop(writer);
    assert_eq!(world.get("a").unwrap(), "before");
    world.assert_outside_is_as_it_was();
}

#[test]
fn a_write_that_is_bound_to_what_was_read_is_refused_for_anything_else() {
    let world = World::new();
    assert!(matches!(world.put("a", "x", Condition::Present), Err(Error::Changed)));
    assert!(matches!(world.put("a", "x", Condition::Tag("1".into())), Err(Error::Changed)));
    let (first, _) = world.put("a", "one", Condition::Absent).unwrap();
    assert!(matches!(world.put("a", "x", Condition::Absent), Err(Error::Changed)));
    let (second, _) = world.put("a", "two!", Condition::Tag(first.tag.clone())).unwrap();
    assert_ne!(first.tag, second.tag);
    assert!(matches!(world.put("a", "x", Condition::Tag(first.tag)), Err(Error::Changed)));
    // Changed while it is written.
    let options = smartbox_files::WriteOptions {
        condition: Condition::Tag(second.tag),
        bytes_max: 100,
        ..smartbox_files::WriteOptions::default()
    };
    let mut writer = world.home.write(&path("a"), options).unwrap();
    writer.write(b"mine").unwrap();
    fs::write(world.real("a"), "the box's").unwrap();
    assert!(matches!(writer.commit(), Err(Error::Changed)));
    assert_eq!(world.get("a").unwrap(), "the box's");
    world.assert_outside_is_as_it_was();
}

#[test]
fn a_directory_comes_in_pages_by_name() {
    let world = World::new();
    for number in 0..25 {
        fs::write(world.real(&format!("workspace/{number:02}")), "x").unwrap();
    }
    fs::write(world.real("workspace").join(std::ffi::OsString::from_vec(b"\xff\xfe".to_vec())), "x").unwrap();
    let (mut seen, mut after) = (Vec::new(), None::<Vec<u8>>);
    loop {
        let page = world.home.list(&path("workspace"), after.as_deref(), 10).unwrap();
        assert!(page.entries.len() <= 10);
        seen.extend(page.entries.into_iter().map(|entry| entry.name));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 26);
    assert!(seen.is_sorted() && seen.last().unwrap() == b"\xff\xfe");
    let odd = path("workspace").join(b"\xff\xfe").unwrap();
    assert_eq!(odd.encoded(), "workspace/%FF%FE");
    assert_eq!(world.home.stat(&odd).unwrap().bytes, 1);
    assert!(matches!(world.home.list(&path("workspace/01"), None, 10), Err(Error::NotADirectory)));
    assert!(matches!(world.home.list(&path("none"), None, 10), Err(Error::NotFound)));
}

#[test]
fn parts_of_a_file_are_read() {
    let world = World::new();
    world.put("a", "0123456789", Condition::None).unwrap();
    let reader = world.home.read(&path("a")).unwrap();
    assert_eq!(reader.entry().bytes, 10);
    for (offset, length, part) in [(0, 4, "0123"), (8, 10, "89"), (10, 1, ""), (100, 1, ""), (3, 0, "")] {
        assert_eq!(reader.read_at(offset, length).unwrap(), part.as_bytes());
    }
}

#[test]
fn things_are_moved_and_what_is_in_the_way_stays() {
    let world = World::new();
    world.put("a", "a", Condition::None).unwrap();
    world.put("b", "b", Condition::None).unwrap();
    world.home.make_dir(&path("dir"), false).unwrap();
    world.put("dir/in", "x", Condition::None).unwrap();
    let moved = |from: &str, to: &str, how| world.home.rename(&path(from), &path(to), how);
    assert!(matches!(moved("a", "b", (false, false)), Err(Error::Exists)));
    assert_eq!(world.get("b").unwrap(), "b");
    moved("a", "b", (true, false)).unwrap();
    assert_eq!(world.get("b").unwrap(), "a");
    assert!(matches!(moved("none", "c", (true, true)), Err(Error::NotFound)));
    assert!(matches!(moved("b", "no/such/dir", (false, false)), Err(Error::NotFound)));
    moved("b", "some/new/dir/b", (false, true)).unwrap();
    assert!(is_owned(&world.real("some/new")));
    assert!(matches!(moved("some/new/dir/b", "dir", (true, false)), Err(Error::Exists)));
    assert!(matches!(moved("dir", "dir/in/it", (true, true)), Err(Error::Senseless(_))));
    world.home.make_dir(&path("other"), false).unwrap();
    assert!(matches!(moved("other", "dir", (true, false)), Err(Error::NotEmpty)));
    for (from, to) in [("", "x"), ("dir", "")] {
        assert!(matches!(moved(from, to, (true, true)), Err(Error::Senseless(_))));
    }
    moved("dir", "dir", (false, false)).unwrap();
    assert_eq!(world.names("dir"), ["in"]);
}

#[test]
fn a_copy_is_whole_and_belongs_to_the_box() {
    let world = World::new();
    world.put("dir/a", "a", Condition::None).unwrap();
    world.put("dir/sub/b", "b", Condition::None).unwrap();
    fs::set_permissions(world.real("dir/sub/b"), fs::Permissions::from_mode(0o2711)).unwrap();
    symlink("../../outside/secret", world.real("dir/link")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, world.real("dir/pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .unwrap();
    let copied = |from: &str, to: &str, how| world.home.copy(&path(from), &path(to), how);
    copied("dir", "made/copy", (false, true)).unwrap();
    assert_eq!(world.names("made/copy"), ["a", "link", "sub"], "a pipe is left out");
    assert_eq!(world.get("made/copy/sub/b").unwrap(), "b");
    let entry = world.home.stat(&path("made/copy/sub/b")).unwrap();
    assert_eq!(entry.mode, 0o711, "without what makes a program somebody else");
    assert!(is_owned(&world.real("made/copy/sub/b")) && is_owned(&world.real("made/copy/link")));
    let link = world.home.stat(&path("made/copy/link")).unwrap();
    assert_eq!((link.kind, link.target.as_deref()), (Kind::Link, Some(b"../../outside/secret".as_slice())));
    assert!(matches!(copied("dir", "made/copy", (false, false)), Err(Error::Exists)));
    assert!(
        matches!(copied("dir", "made/copy", (true, false)), Err(Error::NotEmpty)),
        "a directory is not replaced"
    );
    assert!(matches!(copied("dir", "dir/into", (false, false)), Err(Error::Senseless(_))));
    assert!(matches!(copied("dir/pipe", "p", (false, false)), Err(Error::NotAFile)));
    copied("dir/a", "dir/sub/b", (true, false)).unwrap();
    assert_eq!(world.get("dir/sub/b").unwrap(), "a");
    world.assert_outside_is_as_it_was();
}

#[test]
fn more_than_may_be_copied_is_not_copied_at_all() {
    let world = World::new();
    world.home.make_dir(&path("large"), false).unwrap();
    // Long, and without content: the bound counts what would be written.
    let file = fs::File::create(world.real("large/file")).unwrap();
    file.set_len(smartbox_files::COPY_BYTES_MAX + 1).unwrap();
    let refused = world.home.copy(&path("large"), &path("copy"), (false, false));
    assert!(matches!(refused, Err(Error::TooMuch { unit: "bytes", .. })), "{refused:?}");
    assert!(matches!(world.home.stat(&path("copy")), Err(Error::NotFound)));
    world.assert_outside_is_as_it_was();
}

#[test]
fn what_is_removed_is_gone_with_everything_in_it() {
    let world = World::new();
    world.put("dir/sub/a", "a", Condition::None).unwrap();
    symlink(world.outside(""), world.real("dir/link")).unwrap();
    world.home.remove(&path("dir")).unwrap();
    assert!(matches!(world.home.remove(&path("dir")), Err(Error::NotFound)));
    assert!(matches!(world.home.remove(&FilePath::home()), Err(Error::Senseless(_))));
    world.assert_outside_is_as_it_was();
}

fn search(below: &str) -> Search {
    Search {
        below: path(below),
        name: None,
        content: None,
        hits_max: 100,
        entries_max: 10_000,
        bytes_max: 1 << 20,
        time_max: Duration::from_secs(60),
    }
}

#[test]
fn files_are_found_by_name_and_by_content() {
    let world = World::new();
    world
        .put("workspace/Notes.md", "first\nthe needle is here\nthe Needle is not\n", Condition::None)
        .unwrap();
    world.put("workspace/sub/other.txt", "needle", Condition::None).unwrap();
    symlink(world.outside("secret"), world.real("workspace/needle-link")).unwrap();
    symlink(world.outside(""), world.real("workspace/way-out")).unwrap();
    let found = |search: &Search| {
        let found = world.home.search(search).unwrap();
        assert_eq!(found.limit, None);
        let mut hits: Vec<_> = found.hits.into_iter().map(|hit| (hit.path.lossy(), hit.line)).collect();
        hits.sort();
        hits
    };
    let by_name = found(&Search { name: Some(b"NOTE".to_vec()), ..search("") });
    assert_eq!(by_name, [("workspace/Notes.md".to_owned(), None)]);
    let by_content = found(&Search { content: Some(b"needle".to_vec()), ..search("workspace") });
    let hits = [
        ("workspace/Notes.md".to_owned(), Some((2, b"the needle is here".to_vec()))),
        ("workspace/sub/other.txt".to_owned(), Some((1, b"needle".to_vec()))),
    ];
    assert_eq!(by_content, hits);
    let both = Search { name: Some(b".txt".to_vec()), content: Some(b"needle".to_vec()), ..search("") };
    assert_eq!(found(&both).len(), 1);
    let secret = Search { content: Some(b"secret of somebody".to_vec()), ..search("") };
    assert_eq!(found(&secret), [], "links are not followed");
}

#[test]
fn a_search_ends_at_each_of_its_bounds_and_says_which() {
    let world = World::new();
    for number in 0..20 {
        world.put(&format!("workspace/{number}"), "needle in here\n", Condition::None).unwrap();
    }
    let content = Some(b"needle".to_vec());
    for (bounded, limit) in [
        (Search { hits_max: 5, content: content.clone(), ..search("") }, SearchLimit::Hits),
        (Search { entries_max: 5, ..search("") }, SearchLimit::Entries),
        (Search { bytes_max: 40, content, ..search("") }, SearchLimit::Bytes),
        (Search { time_max: Duration::ZERO, ..search("") }, SearchLimit::Time),
    ] {
        let found = world.home.search(&bounded).unwrap();
        assert!(found.limit == Some(limit) && found.hits.len() <= 5, "{limit:?}: {found:?}");
    }
}

#[test]
fn a_home_that_is_not_there_is_none() {
    let world = World::new();
    assert!(Home::open(&world.outside("missing")).unwrap().is_none());
    symlink(world.outside(""), world.outside("link")).unwrap();
    assert!(Home::open(&world.outside("link")).is_err(), "a link is no home");
}
