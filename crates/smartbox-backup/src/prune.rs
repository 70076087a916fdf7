//! Forgetting snapshots, and removing what no snapshot needs.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{Span, Timestamp};
use rustic_core::PruneOptions;

use crate::depot::Depot;
use crate::probe::machine_time;
use crate::{Error, Repository, locks};

/// How long something must be unneeded to be removed, if nobody says otherwise: a snapshot takes less.
const UNNEEDED_FOR: Duration = Duration::from_hours(23);
/// Directories in each other below a repository: `data/ab/`.
const DEPTH: usize = 3;

impl Repository {
    /// Removes every snapshot but these, and returns how many that were. What they held goes with [`Self::prune`].
    ///
    /// # Errors
    /// When the store fails.
    pub fn keep_only(&self, snapshots: &HashSet<String>) -> Result<usize, Error> {
        if !self.is_there()? {
            return Ok(0);
        }
        let opened = self.opened()?;
        let all = opened.get_all_snapshots().map_err(Error::rustic)?;
        let goes: Vec<_> = all
            .iter()
            .map(|snapshot| snapshot.id)
            .filter(|id| !snapshots.contains(id.to_hex().as_str()))
            .collect();
        if !goes.is_empty() {
            opened.delete_snapshots(&goes).map_err(Error::rustic)?;
        }
        Ok(goes.len())
    }

    /// Removes what no snapshot needs. Nothing goes at once: what is unneeded is marked, and removed a day later if it is
    /// unneeded still, so that a snapshot that is being made by somebody else keeps what it found. False: somebody with another
    /// program works on the repository.
    ///
    /// # Errors
    /// When the store fails.
    pub fn prune(&self, now: Timestamp) -> Result<bool, Error> {
        self.prune_unneeded_for(now, UNNEEDED_FOR)
    }

    /// As [`Self::prune`], and what has been unneeded for this long goes. With no time at all it goes at once, which is for
    /// whoever knows that nobody else writes.
    ///
    /// # Errors
    /// When the store fails.
    pub fn prune_unneeded_for(&self, now: Timestamp, unneeded_for: Duration) -> Result<bool, Error> {
        if !self.is_there()? {
            return Ok(true);
        }
        let since = locks::held_since(now);
        if self.bridge.locks()?.iter().any(|(at, _lock)| *at > since) {
            return Ok(false);
        }
        self.depot.compare_clocks()?;
        let opened = self.opened()?;
        let seconds = i64::try_from(unneeded_for.as_secs()).unwrap_or(i64::MAX);
        let unneeded_for =
            Span::new().try_seconds(seconds).map_err(|error| Error::Repository(error.to_string()))?;
        let options = PruneOptions::default().keep_delete(unneeded_for).instant_delete(seconds == 0);
        let plan = opened.prune_plan(&options).map_err(Error::rustic)?;
        opened.prune(&options, plan).map_err(Error::rustic)?;
        self.depot.sweep(self.bridge.prefix(), seconds.unsigned_abs())?;
        Ok(true)
    }
}

impl Depot {
    /// Removes files that a killed process left unfinished, which no list names. A bucket has none.
    fn sweep(&self, prefix: &object_store::path::Path, older_than_s: u64) -> Result<(), Error> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let before = machine_time().as_second().saturating_sub_unsigned(older_than_s);
        let mut todo = vec![(directory.join(prefix.as_ref()), DEPTH)];
        while let Some((next, depth)) = todo.pop() {
            sweep_one(&next, before, |below| {
                if depth > 0 {
                    todo.push((below, depth - 1));
                }
            })
            .map_err(Error::disk("removing what was not finished"))?;
        }
        Ok(())
    }
}

fn sweep_one(directory: &Path, before: i64, mut below: impl FnMut(PathBuf)) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            below(entry.path());
        } else if is_unfinished(&entry.path()) {
            let written = Timestamp::try_from(entry.metadata()?.modified()?).map_err(io::Error::other)?;
            if written.as_second() <= before {
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

/// A file is written beside its place first, with a number after its name.
fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.rsplit_once('#').is_some_and(|(_name, number)| number.bytes().all(|byte| byte.is_ascii_digit()))
}
