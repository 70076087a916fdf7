//! `kill -9` at random moments of snapshots and prunes.
//!
//! This test runs itself once more as the one that is killed: it changes a home, saves it, says so, and removes what is not kept.
//! What it has said must be there afterwards, whatever the moment. `SMARTBOX_SIM_KILLS=200` is what `scripts/chaos.sh` asks for;
//! `SMARTBOX_SIM_SEED` repeats a run's moments and homes.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use smartbox_backup::{Depot, Place};
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::world::{
    BOX, OWNER, assert_clean, assert_same, content, noise, repository, restic, restored, succeeds, try_save,
};

const KILLS: u64 = 15;
/// How often restic looks through all of it.
const CHECK_EVERY: u64 = 20;
/// Longest life of one that is killed, in the time that one took to say something for the first time.
const LIVES: u64 = 1;
/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Files of a home, of which a part changes each time.
const FILES: u64 = 24;
/// Snapshots that are kept, and how often what is not needed is removed.
const KEPT: usize = 3;
const PRUNE_EVERY: u64 = 3;

#[expect(clippy::disallowed_methods, reason = "knobs of this test")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str) -> Option<u64> {
    setting(name).map(|text| text.parse().expect("a number"))
}

/// A number that depends on these alone.
fn dice(seed: u64, parts: [u64; 2]) -> u64 {
    let bytes = noise(8, seed ^ parts[0].rotate_left(20) ^ parts[1].rotate_left(40));
    u64::from_le_bytes(bytes.try_into().unwrap()).wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
}

/// Makes a home what it is at a step: each file is that of the last step that changed it.
fn become_step(home: &Path, seed: u64, step: u64) {
    for file in 0..FILES {
        let changed =
            (0..=step).rev().find(|at| *at == 0 || dice(seed, [file, *at]).is_multiple_of(5)).unwrap();
        let length =
            dice(seed, [file + 100, changed]) % if file.is_multiple_of(6) { 512 << 10 } else { 20_000 };
        let content = noise(usize::try_from(length).unwrap(), seed ^ (file << 32) ^ changed);
        let path = home.join(format!("workspace/{}/{file}", file % 5));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if fs::read(&path).ok().is_none_or(|found| found != content) {
            fs::write(path, content).unwrap();
        }
    }
}

struct Run {
    runtime: Runtime,
    depot: Depot,
    home: PathBuf,
}

impl Run {
    fn open(root: &Path) -> Self {
        let runtime = Runtime::new().unwrap();
        let place = Place::Directory(root.join("backups"));
        let depot = Depot::open(&place, runtime.handle().clone()).unwrap();
        Self { runtime, depot, home: root.join("home") }
    }
}

/// What is killed.
#[test]
#[ignore = "run by the test beside it"]
fn goes_on_until_it_is_killed() {
    let Some(root) = setting("SMARTBOX_KILLED_ROOT").map(PathBuf::from) else { return };
    let (seed, first) = (number("SMARTBOX_SIM_SEED").unwrap(), number("SMARTBOX_KILLED_STEP").unwrap());
    let run = Run::open(&root);
    let repository = repository(&run.depot, BOX);
    let mut said = fs::OpenOptions::new().append(true).create(true).open(root.join("said")).unwrap();
    for step in first.. {
        become_step(&run.home, seed, step);
        let saved = try_save(&repository, &run.home).unwrap();
        // One write, which is there or is not.
        said.write_all(format!("{step} {}\n", saved.snapshot).as_bytes()).unwrap();
        if step.is_multiple_of(PRUNE_EVERY) {
            let mut all = repository.dated().unwrap();
            all.sort_by_key(|(_id, at)| std::cmp::Reverse(*at));
            let keep: HashSet<String> = all.into_iter().take(KEPT).map(|(id, _at)| id).collect();
            repository.keep_only(&keep).unwrap();
            // Removed at once what is not needed: nobody else writes.
            repository.prune_unneeded_for(crate::world::now(), Duration::ZERO).unwrap();
        }
    }
}

#[test]
fn the_newest_snapshot_that_was_told_outlives_kills() {
    let (kills, seed) =
        (number("SMARTBOX_SIM_KILLS").unwrap_or(KILLS), number("SMARTBOX_SIM_SEED").unwrap_or(1));
    let root = tempfile::tempdir().unwrap();
    let run = Run::open(root.path());
    let (mut step, mut told, mut pruned) = (1, 0, 0);
    // How fast this machine is today.
    let began = Instant::now();
    let mut first = start(root.path(), seed, step);
    while newest(root.path()).is_none() && began.elapsed() < PATIENCE && first.try_wait().unwrap().is_none() {
        pause(Duration::from_millis(5));
    }
    let cycle = began.elapsed();
    first.kill().unwrap();
    first.wait().unwrap();
    for kill in 1..=kills {
        let life = cycle.mul_f64((dice(seed, [1000, kill]) % 1000 * LIVES) as f64 / 1000.0);
        let before = step;
        let mut child = start(root.path(), seed, step);
        pause(life);
        let ended_by_itself = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let wrong = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
        assert!(ended_by_itself.is_none(), "seed {seed}, kill {kill}: {wrong}");
        if let Some((last, snapshot)) = newest(root.path()) {
            told += last + 1 - before.min(last + 1);
            pruned += (before..=last).filter(|step| step.is_multiple_of(PRUNE_EVERY)).count();
            step = last + 1;
            if kill.is_multiple_of(CHECK_EVERY) || kill == kills {
                check(&run, &root, seed, last, &snapshot);
            }
        }
    }
    // Kills leave files that were not finished; the next to prune removes them.
    assert!(repository(&run.depot, BOX).prune_unneeded_for(crate::world::now(), Duration::ZERO).unwrap());
    let unfinished = content(&root.path().join("backups")).into_iter().map(|(path, _content)| path);
    let unfinished: Vec<_> = unfinished.filter(|path| path.to_string_lossy().contains('#')).collect();
    assert!(unfinished.is_empty(), "{unfinished:?}");
    let size: u64 = sizes(&root.path().join("backups"));
    eprintln!(
        "seed {seed}: {kills} kills, {told} snapshots told, {pruned} prunes begun or done, {size} bytes kept"
    );
    assert!(told > 0, "seed {seed}: nothing was ever told");
}

/// The moments of kills are times: there is no condition to wait for.
#[expect(clippy::disallowed_methods, reason = "a kill comes at a random time")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

fn start(root: &Path, seed: u64, step: u64) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "kills::goes_on_until_it_is_killed", "--ignored", "--nocapture"]);
    command.env("SMARTBOX_KILLED_ROOT", root).env("SMARTBOX_KILLED_STEP", step.to_string());
    command.env("SMARTBOX_SIM_SEED", seed.to_string());
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The newest step that was told.
fn newest(root: &Path) -> Option<(u64, String)> {
    let lines = BufReader::new(fs::File::open(root.join("said")).ok()?).lines();
    let last = lines.map_while(Result::ok).last()?;
    let (step, snapshot) = last.split_once(' ')?;
    Some((step.parse().unwrap(), snapshot.to_owned()))
}

fn check(run: &Run, root: &tempfile::TempDir, seed: u64, step: u64, snapshot: &str) {
    assert_clean(&run.depot.address(OWNER, BOX), &[]);
    let expected = root.path().join("expected");
    let _gone = fs::remove_dir_all(&expected);
    become_step(&expected, seed, step);
    let repository = repository(&run.depot, BOX);
    assert_same(&expected, &restored(&repository, snapshot, root));
    let into = root.path().join("by-restic");
    let _gone = fs::remove_dir_all(&into);
    succeeds(&restic(&run.depot, &[], &["restore", snapshot, "--target", into.to_str().unwrap()]));
    assert_same(&expected, &into.join("home/agent"));
    let _runtime = &run.runtime;
}

fn sizes(dir: &Path) -> u64 {
    fs::read_dir(dir).unwrap().flatten().fold(0, |sum, entry| {
        let found = entry.metadata().unwrap();
        sum + if found.is_dir() { sizes(&entry.path()) } else { found.len() }
    })
}
