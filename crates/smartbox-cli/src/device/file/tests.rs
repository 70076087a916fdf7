use std::os::unix::fs::symlink;

use aws_lc_rs::signature::KeyPair as _;

use super::*;

fn file_in(dir: &tempfile::TempDir) -> DeviceFile {
    DeviceFile::of_user(Some(dir.path().as_os_str()), None).unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn public(key: &DeviceKey) -> Vec<u8> {
    key.0.public_key().as_ref().to_vec()
}

fn refusal(file: &DeviceFile) -> Exit {
    file.read_or_create().err().unwrap().exit()
}

#[test]
fn a_key_is_made_once_and_is_its_owners_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = file_in(&dir);
    assert!(file.read().unwrap().is_none());
    let made = file.read_or_create().unwrap();
    assert_eq!((mode(&file.dir), mode(&file.path())), (0o700, 0o600));
    assert_eq!(public(&file.read_or_create().unwrap()), public(&made));
    let files: Vec<_> =
        std::fs::read_dir(&file.dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, [FILE_NAME], "nothing else is left behind");
}

#[test]
fn programs_that_make_a_key_at_once_get_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let start = std::sync::Barrier::new(8);
    let keys: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let make = || {
            start.wait();
            public(&file_in(&dir).read_or_create().unwrap())
        };
        let makers: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        makers.into_iter().map(|maker| maker.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = file_in(&dir);
    file.read_or_create().unwrap();
    for open in [0o640, 0o604, 0o620] {
        set_mode(&file.path(), open);
        assert_eq!(refusal(&file), Exit::Refused, "{open:o}");
    }
    set_mode(&file.path(), 0o600);
    assert!(file.read().unwrap().is_some());
}

#[test]
fn what_is_no_file_of_this_user_is_refused() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (file, others) = (file_in(&dir), file_in(&other));
    others.read_or_create().unwrap();
    std::fs::create_dir(&file.dir).unwrap();
    symlink(others.path(), file.path()).unwrap();
    assert_eq!(refusal(&file), Exit::Refused, "a link");
    std::fs::remove_file(file.path()).unwrap();
    symlink("/nowhere/at/all", file.path()).unwrap();
    assert_eq!(refusal(&file), Exit::Refused, "a link to nothing");
    std::fs::remove_file(file.path()).unwrap();
    std::fs::create_dir(file.path()).unwrap();
    assert_eq!(refusal(&file), Exit::Refused, "a directory");
    std::fs::remove_dir(file.path()).unwrap();
    set_mode(&file.dir, 0o777);
    assert_eq!(refusal(&file), Exit::Refused, "a directory that everybody can write");
    assert!(!file.path().exists());
}

#[test]
fn a_file_that_is_no_key_is_told_without_what_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let file = file_in(&dir);
    file.read_or_create().unwrap();
    std::fs::write(file.path(), "hush").unwrap();
    let failure = file.read().err().unwrap();
    assert_eq!(failure.exit(), Exit::Failed);
    assert!(!format!("{failure:?}").contains("hush"));
}

#[test]
fn the_directory_is_the_users_own() {
    let of = |config: Option<&str>, home: Option<&str>| {
        DeviceFile::of_user(config.map(OsStr::new), home.map(OsStr::new)).map(|file| file.path())
    };
    assert_eq!(of(Some("/c"), Some("/home/ada")), Some("/c/smartbox/device.key".into()));
    assert_eq!(of(None, Some("/home/ada")), Some("/home/ada/.config/smartbox/device.key".into()));
    for none in [Some(""), Some("relative")] {
        assert_eq!(of(none, Some("/home/ada")), Some("/home/ada/.config/smartbox/device.key".into()));
        assert_eq!(of(none, None), None);
    }
}
