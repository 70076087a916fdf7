//! A box that plants things.

use std::fs;
use std::os::unix::fs::symlink;

use smartbox_files::{Condition, Error, Kind};

use crate::support::{World, path};

/// Everything that can be tried with a name.
fn try_everything(world: &World, name: &str) {
    let refused = |error: Error| {
        use Error::{Exists, LeadsOut, NotADirectory, NotAFile, NotFound, Senseless};
        let is_refused =
            matches!(error, LeadsOut | NotADirectory | NotAFile | NotFound | Exists | Senseless(_));
        assert!(is_refused, "{name}: {error:?}");
    };
    refused(world.get(name).unwrap_err());
    refused(world.put(name, "written", Condition::None).unwrap_err());
    let listed = world.home.list(&path(name), None, 10);
    refused(listed.unwrap_err());
    refused(world.home.make_dir(&path(name), true).unwrap_err());
    let copied = world.home.copy(&path("workspace/good"), &path(name), (false, true));
    refused(copied.unwrap_err());
}

#[test]
fn links_in_the_place_of_files_and_directories_are_not_followed() {
    let world = World::new();
    world.put("workspace/good", "good", Condition::None).unwrap();
    let up = world.outside("");
    for (name, target) in [
        ("absolute", up),
        ("relative", "../../outside".into()),
        ("to-file", world.outside("secret")),
        ("loop", "loop".into()),
        ("within", "good".into()),
        ("etc", "/etc/passwd".into()),
        ("proc", "/proc/self/root".into()),
        ("dangling", world.outside("new")),
    ] {
        symlink(target, world.real("workspace").join(name)).unwrap();
    }
    for name in ["absolute", "relative", "to-file", "loop", "within", "etc", "proc", "dangling"] {
        let name = format!("workspace/{name}");
        assert_eq!(world.home.stat(&path(&name)).unwrap().kind, Kind::Link);
        try_everything(&world, &name);
    }
    for name in
        ["absolute/secret", "relative/secret", "absolute/new/dir", "proc/etc/passwd", "loop/x", "good/x"]
    {
        let name = format!("workspace/{name}");
        try_everything(&world, &name);
        for error in [
            world.home.stat(&path(&name)).unwrap_err(),
            world.home.remove(&path(&name)).unwrap_err(),
            world.home.trash(&path(&name), 1, 1000).unwrap_err(),
            world.home.rename(&path(&name), &path("workspace/stolen"), (true, true)).unwrap_err(),
            world.home.rename(&path("workspace/good"), &path(&name), (true, true)).unwrap_err(),
            world.home.copy(&path(&name), &path("workspace/stolen"), (true, true)).unwrap_err(),
        ] {
            let refused = matches!(
                error,
                Error::LeadsOut | Error::NotADirectory | Error::NotFound | Error::Senseless(_)
            );
            assert!(refused, "{name}: {error:?}");
        }
    }
    // A link itself can be moved and removed; what it points to does not notice.
    world.home.rename(&path("workspace/to-file"), &path("workspace/moved"), (false, false)).unwrap();
    world.home.remove(&path("workspace/moved")).unwrap();
    world.home.remove(&path("workspace/absolute")).unwrap();
    assert_eq!(world.get("workspace/good").unwrap(), "good");
    world.assert_outside_is_as_it_was();
}

#[test]
fn pipes_sockets_and_devices_are_neither_opened_nor_waited_for() {
    use rustix::fs::{CWD, FileType, mknodat};
    let world = World::new();
    world.put("workspace/good", "good", Condition::None).unwrap();
    mknodat(CWD, world.real("workspace/pipe"), FileType::Fifo, 0o666.into(), 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(world.real("workspace/socket")).unwrap();
    let mut names = vec!["workspace/pipe", "workspace/socket"];
    // Only root makes devices, and not everywhere.
    let device = rustix::fs::makedev(1, 5);
    if mknodat(CWD, world.real("workspace/zero"), FileType::CharacterDevice, 0o666.into(), device).is_ok() {
        names.push("workspace/zero");
    }
    for name in names {
        assert_eq!(world.home.stat(&path(name)).unwrap().kind, Kind::Other);
        try_everything(&world, name);
        let copied = world.home.copy(&path(name), &path("workspace/copy"), (false, false));
        assert!(matches!(copied, Err(Error::NotAFile)), "{name}: {copied:?}");
        world.home.remove(&path(name)).unwrap();
    }
    world.assert_outside_is_as_it_was();
}

#[test]
fn a_second_name_of_somebody_elses_file_is_neither_read_nor_written_through() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let world = World::new();
    // A box cannot make this by itself: its home is a file system of its own to it.
    fs::hard_link(world.outside("secret"), world.real("workspace/second")).unwrap();
    assert!(matches!(world.get("workspace/second"), Err(Error::LeadsOut)));
    let copied = world.home.copy(&path("workspace/second"), &path("workspace/copy"), (false, false));
    assert!(matches!(copied, Err(Error::LeadsOut)), "{copied:?}");
    // Put in its place, a file takes the name and leaves the other file alone.
    world.put("workspace/second", "mine", Condition::None).unwrap();
    assert_eq!(world.get("workspace/second").unwrap(), "mine");
    world.assert_outside_is_as_it_was();
}

#[test]
fn another_file_system_is_not_entered() {
    let world = World::new();
    // `/proc` stands for whatever is mounted somewhere below.
    let proc = smartbox_files::Home::open(std::path::Path::new("/")).unwrap().unwrap();
    for name in ["proc/self/environ", "proc/1/root/etc/passwd", "sys/kernel"] {
        let found = proc.read(&path(name)).map(drop);
        assert!(matches!(found, Err(Error::LeadsOut | Error::NotFound)), "{name}: {found:?}");
    }
    world.assert_outside_is_as_it_was();
}

#[test]
fn what_is_planted_where_unfinished_files_and_the_trash_lie_leads_nowhere() {
    for planted in
        [".cache", ".cache/smartbox-files", ".local", ".local/share/Trash", ".local/share/Trash/files"]
    {
        let world = World::new();
        world.put("workspace/good", "good", Condition::None).unwrap();
        fs::remove_dir_all(world.real(".cache")).unwrap();
        let place = world.real(planted);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink(world.outside(""), &place).unwrap();
        let (thrown, written) = (
            world.home.trash(&path("workspace/good"), 1, 1 << 20),
            world.put("workspace/new", "x", Condition::None),
        );
        let refused = if planted.starts_with(".cache") {
            assert!(thrown.is_ok(), "{planted}: {thrown:?}");
            written.map(drop).unwrap_err()
        } else {
            assert!(written.is_ok(), "{planted}: {written:?}");
            thrown.map(drop).unwrap_err()
        };
        assert!(matches!(refused, Error::LeadsOut | Error::NotADirectory), "{planted}: {refused:?}");
        let rule = smartbox_files::TrashRule { before_ms: i64::MAX, bytes_max: 0, now_ms: i64::MAX };
        world.home.purge_trash(rule).unwrap();
        assert_eq!(fs::read_to_string(world.outside("secret")).unwrap(), crate::support::SECRET, "{planted}");
        assert_eq!(fs::read_dir(world.outside("")).unwrap().count(), 1, "{planted}");
    }
}
