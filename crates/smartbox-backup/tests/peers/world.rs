//! A home, a key, and restic.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use secrecy::SecretString;
use smartbox_backup::{Depot, IdShift, Label, Limits, Saved, Source};
use tempfile::TempDir;

pub(crate) const KEY: &str = "the key that the owner took along";
pub(crate) const OWNER: &str = "org_1";
pub(crate) const BOX: &str = "box_1";

pub(crate) fn ids() -> IdShift {
    IdShift { base: rustix::process::getuid().as_raw(), count: 65_536 }
}

pub(crate) fn home(root: &TempDir) -> PathBuf {
    let home = root.path().join("home");
    fs::create_dir_all(home.join("workspace/notes")).unwrap();
    fs::create_dir_all(home.join("state")).unwrap();
    fs::write(home.join("workspace/notes/today.md"), "buy milk").unwrap();
    fs::write(home.join("workspace/big.bin"), vec![7_u8; 5 << 20]).unwrap();
    std::os::unix::fs::symlink("notes/today.md", home.join("workspace/latest")).unwrap();
    home
}

pub(crate) fn save(depot: &Depot, home: &Path) -> Saved {
    let repository = depot.repository(OWNER, BOX, SecretString::from(KEY)).unwrap();
    let source = Source { home: home.to_owned(), copies: Vec::new(), ids: ids(), limits: Limits::default() };
    let label =
        Label { host: "home".to_owned(), tags: vec!["smartbox".to_owned()], description: String::new() };
    repository.snapshot(source, &label).unwrap()
}

/// Runs restic on the repository, with these variables more.
pub(crate) fn restic(depot: &Depot, more: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new("restic");
    command.env_clear().env("PATH", "/usr/bin:/bin").env("RESTIC_PASSWORD", KEY);
    command.env("RESTIC_REPOSITORY", depot.address(OWNER, BOX)).arg("--no-cache");
    command.envs(more.iter().copied()).args(arguments);
    command.output().expect("restic is installed: scripts/packages.sh test")
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[track_caller]
pub(crate) fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(output));
    text(output)
}
