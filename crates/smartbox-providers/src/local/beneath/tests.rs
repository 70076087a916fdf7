use super::*;

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::PathBuf;

struct Scratch {
    dir: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["volume", "outside"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        fs::write(dir.path().join("outside/secret"), "of the host").unwrap();
        Self { dir }
    }

    fn volume(&self) -> PathBuf {
        self.dir.path().join("volume")
    }

    fn outside(&self) -> PathBuf {
        self.dir.path().join("outside")
    }

    fn beneath(&self) -> Beneath {
        Beneath::open(&self.volume()).unwrap()
    }
}

fn me() -> Owner {
    Owner { uid: rustix::process::geteuid().as_raw(), gid: rustix::process::getegid().as_raw() }
}

fn write(beneath: &Beneath, name: &str) -> io::Result<()> {
    beneath.write(Path::new(name), b"content", Mode::RUSR, me())
}

#[test]
fn what_was_written_is_read() {
    let scratch = Scratch::new();
    scratch.beneath().make_dir(Path::new("dir"), Mode::RWXU, me()).unwrap();
    write(&scratch.beneath(), "dir/file").unwrap();
    write(&scratch.beneath(), "dir/file").unwrap();
    assert_eq!(scratch.beneath().read("dir/file", 100).unwrap().as_deref(), Some(&b"content"[..]));
    assert_eq!(scratch.beneath().read("dir/other", 100).unwrap(), None);
    assert_eq!(fs::metadata(scratch.volume().join("dir/file")).unwrap().mode() & 0o777, 0o400);
    assert_eq!(fs::read_dir(scratch.volume().join("dir")).unwrap().count(), 1, "no scratch file is left");
}

#[test]
fn no_name_leads_out_of_the_volume() {
    let scratch = Scratch::new();
    symlink(scratch.outside(), scratch.volume().join("abs")).unwrap();
    symlink("../outside", scratch.volume().join("rel")).unwrap();
    symlink("../outside/secret", scratch.volume().join("file")).unwrap();
    symlink("inside", scratch.volume().join("harmless")).unwrap();
    fs::write(scratch.volume().join("inside"), "even this link is not followed").unwrap();
    let beneath = scratch.beneath();
    for name in ["abs/secret", "rel/secret", "file", "../outside/secret", "harmless"] {
        assert!(beneath.read(name, 100).is_err(), "{name}");
    }
    let absolute = scratch.outside().join("secret");
    assert!(beneath.read(&absolute, 100).is_err(), "an absolute name is no way out");
    for name in ["abs/new", "rel/new", "../outside/new"] {
        assert!(write(&beneath, name).is_err(), "{name}");
        assert!(beneath.make_dir(Path::new(name), Mode::RWXU, me()).is_err(), "{name}");
    }
    assert_eq!(fs::read_dir(scratch.outside()).unwrap().count(), 1, "nothing was made outside");
}

#[test]
fn a_planted_link_is_replaced_not_written_through() {
    let scratch = Scratch::new();
    let victim = scratch.outside().join("secret");
    for planted in ["key", ".key.new"] {
        symlink(&victim, scratch.volume().join(planted)).unwrap();
    }
    write(&scratch.beneath(), "key").unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "of the host");
    assert!(scratch.volume().join("key").symlink_metadata().unwrap().is_file());
}

#[test]
fn a_directory_that_is_a_link_stays_as_it_is() {
    let scratch = Scratch::new();
    symlink(scratch.outside(), scratch.volume().join("state")).unwrap();
    let before = fs::metadata(scratch.outside()).unwrap().mode();
    scratch.beneath().make_dir(Path::new("state"), Mode::empty(), me()).unwrap();
    assert_eq!(fs::metadata(scratch.outside()).unwrap().mode(), before);
}

#[test]
fn a_pipe_or_a_huge_file_does_not_hold_the_platform_up() {
    let scratch = Scratch::new();
    let pipe = scratch.volume().join("pipe");
    rustix::fs::mknodat(CWD, &pipe, rustix::fs::FileType::Fifo, Mode::RWXU, 0).unwrap();
    assert!(scratch.beneath().read("pipe", 100).is_err());
    let huge = fs::File::create(scratch.volume().join("huge")).unwrap();
    huge.set_len(1 << 40).unwrap();
    assert!(scratch.beneath().read("huge", 100).is_err());
}

#[test]
fn the_volume_itself_is_no_link() {
    let scratch = Scratch::new();
    let link = scratch.dir.path().join("link");
    symlink(scratch.outside(), &link).unwrap();
    assert!(Beneath::open(&link).is_err());
}
