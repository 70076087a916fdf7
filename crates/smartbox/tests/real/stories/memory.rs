//! Looks for a text in the memory of every process of a box, from the host.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// Bytes that are read at once.
const PIECE_BYTES: usize = 1024 * 1024;
/// What the gateway of a box has in its memory for sure: where it asks for models.
const THERE: &str = "http://127.0.0.1:40001";

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Searched {
    pub(super) processes: usize,
    pub(super) bytes: u64,
    /// Which process has the text, and where.
    pub(super) found: Vec<String>,
    /// Whether that was met: then the search works.
    pub(super) finds_what_is_there: bool,
}

/// Searches every process that is in the process namespace of this one, in whatever it may write. What it can only read comes out of
/// files, and would be read into the box's memory by this.
pub(super) fn search(pid: u64, text: &str) -> Searched {
    let namespace = |pid: u64| fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
    let of_box = namespace(pid).expect("the box runs");
    let mut searched = Searched::default();
    let all = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u64>().ok());
    for process in all.filter(|process| namespace(*process).as_ref() == Some(&of_box)) {
        // One that has just ended has no memory.
        let Ok(maps) = fs::read_to_string(format!("/proc/{process}/maps")) else { continue };
        let Ok(memory) = File::open(format!("/proc/{process}/mem")) else { continue };
        searched.processes += 1;
        for line in maps.lines() {
            let Some((start, end)) = writable(line) else { continue };
            region(&memory, (start, end), process, text, &mut searched);
        }
    }
    searched
}

/// The addresses of a line of `maps`, if they can be written.
fn writable(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split_whitespace();
    let (range, permissions) = (words.next()?, words.next()?);
    let kind = PathBuf::from(words.nth(3).unwrap_or_default());
    let is_special = kind.to_str().is_some_and(|name| name == "[vvar]" || name == "[vsyscall]");
    let (start, end) = range.split_once('-')?;
    let addresses = (u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?);
    (permissions.starts_with("rw") && !is_special).then_some(addresses)
}

fn region(memory: &File, (start, end): (u64, u64), process: u64, text: &str, searched: &mut Searched) {
    let overlap = text.len().max(THERE.len());
    let mut piece = vec![0; PIECE_BYTES + overlap];
    let mut at = start;
    while at < end {
        let wanted = usize::try_from(end - at).unwrap_or(usize::MAX).min(piece.len());
        // What was never touched, or is gone, cannot be read.
        let Ok(count) = memory.read_at(&mut piece[..wanted], at) else { return };
        if count == 0 {
            return;
        }
        let has = |text: &str| memchr::memmem::find(&piece[..count], text.as_bytes()).is_some();
        if has(text) {
            searched.found.push(format!("process {process} at {at:x}"));
        }
        searched.finds_what_is_there |= has(THERE);
        searched.bytes += count as u64;
        at += u64::try_from(count.min(PIECE_BYTES)).unwrap_or(u64::MAX);
    }
}
