//! Homes, a key, and restic.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use secrecy::SecretString;
use smartbox_backup::{Depot, Error, IdShift, Label, Limits, Repository, Saved, Source};
use tempfile::TempDir;

pub(crate) const KEY: &str = "the key that the owner took along";
pub(crate) const OWNER: &str = "org_1";
pub(crate) const BOX: &str = "box_1";

pub(crate) fn ids() -> IdShift {
    IdShift { base: rustix::process::getuid().as_raw(), count: 65_536 }
}

/// A small home with a little of everything.
pub(crate) fn home(root: &TempDir) -> PathBuf {
    let home = root.path().join("home");
    fs::create_dir_all(home.join("workspace/notes")).unwrap();
    fs::create_dir_all(home.join("state")).unwrap();
    fs::write(home.join("workspace/notes/today.md"), "buy milk").unwrap();
    fs::write(home.join("workspace/big.bin"), noise(2 << 20, 1)).unwrap();
    fs::write(home.join("workspace/zeros"), vec![0_u8; 1 << 20]).unwrap();
    fs::write(home.join("workspace/empty"), "").unwrap();
    std::os::unix::fs::symlink("notes/today.md", home.join("workspace/latest")).unwrap();
    home
}

/// Bytes that do not compress, always the same.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = vec![0; length];
    for piece in bytes.chunks_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        piece.copy_from_slice(&state.to_le_bytes()[..piece.len()]);
    }
    bytes
}

pub(crate) fn repository(depot: &Depot, name: &str) -> Repository {
    depot.repository(OWNER, name, SecretString::from(KEY)).unwrap()
}

pub(crate) fn try_save(repository: &Repository, home: &Path) -> Result<Saved, Error> {
    let source = Source { home: home.to_owned(), copies: Vec::new(), ids: ids(), limits: Limits::default() };
    let label =
        Label { host: "home".to_owned(), tags: vec!["smartbox".to_owned()], description: String::new() };
    repository.snapshot(source, &label)
}

pub(crate) fn save(depot: &Depot, home: &Path) -> Saved {
    try_save(&repository(depot, BOX), home).unwrap()
}

/// Restores a snapshot into a new directory.
pub(crate) fn restored(repository: &Repository, snapshot: &str, root: &TempDir) -> PathBuf {
    let into = root.path().join(format!("restored-{}", &snapshot[..12]));
    let _gone = fs::remove_dir_all(&into);
    fs::create_dir(&into).unwrap();
    repository.restore(snapshot, &into, ids(), Limits::default()).unwrap();
    into
}

/// Every name below a directory with what is there, so that two of them can be compared.
pub(crate) fn content(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(next) = todo.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let content = if kind.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else if kind.is_dir() {
                todo.push(path.clone());
                b"directory".to_vec()
            } else {
                fs::read(&path).unwrap()
            };
            found.push((path.strip_prefix(dir).unwrap().to_owned(), content));
        }
    }
    found.sort();
    found
}

/// Fails where two directories differ, and names the first difference.
#[track_caller]
pub(crate) fn assert_same(one: &Path, other: &Path) {
    let (one, other) = (content(one), content(other));
    let names = |all: &[(PathBuf, Vec<u8>)]| all.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other));
    let differs = one.iter().zip(&other).find(|(one, other)| one != other);
    assert!(differs.is_none(), "{:?} differs", differs.map(|(one, _)| &one.0));
}

/// Runs restic on a repository, with these variables more.
pub(crate) fn restic_at(address: &str, more: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new("restic");
    command.env_clear().env("PATH", "/usr/bin:/bin").env("RESTIC_PASSWORD", KEY);
    command.env("RESTIC_REPOSITORY", address).arg("--no-cache");
    command.envs(more.iter().copied()).args(arguments);
    command.output().expect("restic is installed: scripts/packages.sh test")
}

pub(crate) fn restic(depot: &Depot, more: &[(&str, &str)], arguments: &[&str]) -> Output {
    restic_at(&depot.address(OWNER, BOX), more, arguments)
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[track_caller]
pub(crate) fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(output));
    text(output)
}

/// restic finds nothing wrong, and reads every byte to say so.
#[track_caller]
pub(crate) fn assert_clean(address: &str, more: &[(&str, &str)]) {
    let checked = succeeds(&restic_at(address, more, &["check", "--read-data"]));
    assert!(checked.contains("no errors were found"), "{checked}");
}

/// The machine's time.
#[expect(clippy::disallowed_methods, reason = "what is compared with it is dated by the machine")]
pub(crate) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
