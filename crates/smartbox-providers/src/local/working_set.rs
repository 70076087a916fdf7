//! What a squeezed box needs in order to wake: it stays in memory when the box is squeezed again.
//!
//! The first wake of a process reads tens of MiB back from swap, page by page, which takes half a second on a disk. Nearly the same
//! pages are needed the next time, whatever the box has done in between. So they are noted soon after a wake, or at the
//! next squeeze if that comes first, and are left out of later squeezes. Forgotten when the platform ends: then one more
//! wake is slow.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::param::page_size;
use rustix::process::Pid;
use smartbox_core::BoxId;

use super::process::ProcessId;
use super::squeeze::anonymous_ranges;

/// How long after a wake its pages are noted: what has waited for the box is answered by then.
pub(super) const NOTED_AFTER: Duration = Duration::from_secs(1);
/// Most that a squeezed box keeps. One that has touched more by then has begun to work, and nothing is learnt from it.
/// A gateway needs 40 to 50 MiB.
const KEPT_BYTES_MAX: usize = 80 * 1024 * 1024;
/// Pages of one process that are looked at: 16 GiB.
const PAGES_MAX: usize = 4 * 1024 * 1024;
/// Entries of a page map in one read.
const PAGES_AT_ONCE: usize = 8 * 1024;
/// Runs of pages with at most so many others between them are noted as one: it saves room here.
const GAP_PAGES_MAX: usize = 3;
/// A page map has eight bytes a page (Documentation/admin-guide/mm/pagemap.rst); the highest bit says that it is in memory.
const ENTRY_BYTES: usize = 8;
const PRESENT: u64 = 1 << 63;

/// Ranges of memory of several processes.
pub(super) type Ranges = HashMap<u32, Vec<Range<usize>>>;

/// The working sets of this host's boxes.
#[derive(Default)]
pub(super) struct WorkingSets(Mutex<BTreeMap<BoxId, WorkingSet>>);

struct WorkingSet {
    /// The box's first process: another one has other pages.
    process: ProcessId,
    /// The box has woken and its pages were not noted since.
    is_due: bool,
    kept: Ranges,
}

impl WorkingSets {
    /// A squeezed box was woken.
    pub(super) fn woken(&self, id: BoxId, process: ProcessId) {
        let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let set = sets.entry(id).or_insert_with(|| WorkingSet { process, is_due: true, kept: Ranges::new() });
        if set.process != process {
            *set = WorkingSet { process, is_due: true, kept: Ranges::new() };
        }
        set.is_due = true;
    }

    /// Whether its pages are to be noted.
    pub(super) fn is_due(&self, id: BoxId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).is_some_and(|set| set.is_due)
    }

    /// Notes what these processes have in memory, if their box has woken and it was not done yet.
    pub(super) fn note(&self, id: BoxId, pids: &[u32]) {
        if !self.is_due(id) {
            return;
        }
        // Looked up without the lock: it takes some milliseconds.
        let found = in_memory(pids);
        let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(set) = sets.get_mut(&id) else { return };
        set.is_due = false;
        match found {
            Ok(Some(kept)) => set.kept = kept,
            Ok(None) => {
                tracing::debug!(%id, "a box that woke is at work already; what a wake needs is not noted")
            }
            Err(error) => tracing::debug!(%id, %error, "what a wake needs cannot be seen"),
        }
    }

    /// What stays in memory when the box of this process is squeezed.
    pub(super) fn kept(&self, id: BoxId, process: ProcessId) -> Ranges {
        let sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sets.get(&id).filter(|set| set.process == process).map(|set| set.kept.clone()).unwrap_or_default()
    }

    /// The box is gone.
    pub(super) fn forget(&self, id: BoxId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

/// Private anonymous memory that is not in swap; `None` if it is more than may be kept.
fn in_memory(pids: &[u32]) -> io::Result<Option<Ranges>> {
    let mut left = KEPT_BYTES_MAX;
    let mut found = Ranges::new();
    for pid in pids {
        let Some(process) = i32::try_from(*pid).ok().and_then(Pid::from_raw) else { continue };
        let map = match fs::File::open(format!("/proc/{pid}/pagemap")) {
            Ok(map) => map,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let mut pages = Runs::default();
        for range in anonymous_ranges(process)? {
            pages.read(&map, range)?;
        }
        match left.checked_sub(pages.present.saturating_mul(page_size())) {
            Some(rest) => left = rest,
            None => return Ok(None),
        }
        found.insert(*pid, pages.runs);
    }
    Ok(Some(found))
}

/// Pages that are in memory, as ranges of addresses in their order.
#[derive(Default)]
struct Runs {
    runs: Vec<Range<usize>>,
    present: usize,
    looked_at: usize,
}

impl Runs {
    /// Adds those of a range, by a process's page map.
    fn read(&mut self, map: &fs::File, range: Range<usize>) -> io::Result<()> {
        let size = page_size();
        let mut bytes = vec![0; PAGES_AT_ONCE * ENTRY_BYTES];
        let (mut page, end) = (range.start / size, range.end / size);
        while page < end && self.looked_at < PAGES_MAX {
            let wanted = (end - page).min(PAGES_AT_ONCE) * ENTRY_BYTES;
            let read = map.read_at(&mut bytes[..wanted], (page * ENTRY_BYTES) as u64)?;
            let entries = bytes[..read].as_chunks::<ENTRY_BYTES>().0;
            if entries.is_empty() {
                return Ok(());
            }
            for (at, entry) in entries.iter().enumerate() {
                if u64::from_ne_bytes(*entry) & PRESENT != 0 {
                    self.add((page + at) * size);
                }
            }
            page += entries.len();
            self.looked_at += entries.len();
        }
        Ok(())
    }

    fn add(&mut self, address: usize) {
        let size = page_size();
        self.present += 1;
        match self.runs.last_mut() {
            Some(last) if address >= last.end && address - last.end <= GAP_PAGES_MAX * size => {
                last.end = address + size;
            }
            _ => self.runs.push(address..address + size),
        }
    }
}

/// What of the first ranges lies in none of the others. Both are in their order and do not overlap among themselves.
pub(super) fn without(ranges: Vec<Range<usize>>, kept: &[Range<usize>]) -> Vec<Range<usize>> {
    if kept.is_empty() {
        return ranges;
    }
    let mut left = Vec::with_capacity(ranges.len() + kept.len());
    for range in ranges {
        let mut start = range.start;
        let from = kept.partition_point(|one| one.end <= range.start);
        for one in kept[from..].iter().take_while(|one| one.start < range.end) {
            if one.start > start {
                left.push(start..one.start);
            }
            start = start.max(one.end);
        }
        if start < range.end {
            left.push(start..range.end);
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_cut_out_of_what_is_pushed_out() {
        let ranges = || vec![10..20, 30..40, 50..60];
        for (kept, left) in [
            (vec![], vec![10..20, 30..40, 50..60]),
            (vec![12..14], vec![10..12, 14..20, 30..40, 50..60]),
            (vec![10..20], vec![30..40, 50..60]),
            (vec![5..12, 18..33, 39..51], vec![12..18, 33..39, 51..60]),
            (vec![0..100], vec![]),
            (vec![0..10, 20..30, 60..70], vec![10..20, 30..40, 50..60]),
        ] {
            assert_eq!(without(ranges(), &kept), left, "{kept:?}");
        }
    }

    #[test]
    fn pages_near_each_other_are_one_run() {
        let size = page_size();
        let mut runs = Runs::default();
        for page in [1, 2, 3, 7, 12] {
            runs.add(page * size);
        }
        assert_eq!(runs.runs, [size..8 * size, 12 * size..13 * size]);
        assert_eq!(runs.present, 5);
    }

    #[test]
    fn memory_that_was_written_is_seen() {
        let size = page_size();
        let bytes = std::hint::black_box(vec![1_u8; 4 * size]);
        let start = bytes.as_ptr().addr().next_multiple_of(size);
        let map = fs::File::open("/proc/self/pagemap").unwrap();
        let mut runs = Runs::default();
        runs.read(&map, start..start + 2 * size).unwrap();
        assert_eq!((runs.runs, runs.present), (vec![start..start + 2 * size], 2));
        drop(bytes);
    }
}
