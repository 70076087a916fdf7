//! Pushes the memory of frozen processes out to swap or zram.
//!
//! `process_madvise(MADV_PAGEOUT)` needs no cgroup feature and works on frozen processes. Only private anonymous
//! memory is asked for: pages of files cost nothing to drop, are shared with other boxes (the runtime's code), and
//! the kernel takes them by itself when it needs room.

use std::fs;
use std::io::{self, Read};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::time::Instant;

use super::kernel::page_out;
use super::working_set::{Ranges, without};

/// `vm.max_map_count` is 65,530 by default, a line takes about a hundred bytes. What lies beyond is left in memory.
const MAPS_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Ranges in one call: `UIO_MAXIOV` of the kernel.
const RANGES_MAX: usize = 1024;
/// Calls that may be interrupted before it is an error.
const INTERRUPTIONS_MAX: u32 = 100;
/// A gateway takes 0.1 to 3 s. A disk that is this slow makes a bad swap.
const SQUEEZE_WITHIN: Duration = Duration::from_secs(30);

/// Pushes out what these processes have in memory, but for what is kept. They should be frozen: one that runs takes it back at once.
///
/// # Errors
/// When the kernel refuses (`PermissionDenied`: `CAP_SYS_NICE` or the right to trace them is missing), or when it
/// takes longer than [`SQUEEZE_WITHIN`].
pub(super) fn squeeze(pids: &[u32], kept: &Ranges) -> io::Result<()> {
    let deadline = Instant::now() + SQUEEZE_WITHIN;
    for number in pids {
        let Some(pid) = i32::try_from(*number).ok().and_then(Pid::from_raw) else { continue };
        let process = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(process) => process,
            Err(Errno::SRCH) => continue,
            Err(error) => return Err(error.into()),
        };
        let kept = kept.get(number).map_or(&[][..], Vec::as_slice);
        let ranges = without(anonymous_ranges(pid)?, kept);
        squeeze_one(&process, ranges, deadline)?;
    }
    Ok(())
}

fn squeeze_one(process: &OwnedFd, mut ranges: Vec<Range<usize>>, deadline: Instant) -> io::Result<()> {
    // Taken from the end, in whatever order: all of them are pushed out.
    let mut interruptions = 0;
    while !ranges.is_empty() {
        if Instant::now() > deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the host's swap is too slow"));
        }
        let batch_at = ranges.len().saturating_sub(RANGES_MAX);
        let mut batch = ranges.split_off(batch_at);
        match page_out(process, &batch) {
            Ok(done) if done > 0 => advance(&mut batch, done),
            // Nothing was done with the first: locked, or given back meanwhile. The others may go.
            Ok(_) | Err(Errno::INVAL | Errno::NOMEM | Errno::BADF) => drop(batch.remove(0)),
            Err(Errno::SRCH) => return Ok(()),
            Err(Errno::INTR | Errno::AGAIN) if interruptions < INTERRUPTIONS_MAX => interruptions += 1,
            Err(error) => return Err(error.into()),
        }
        ranges.append(&mut batch);
    }
    Ok(())
}

/// Takes away the first `done` bytes.
fn advance(ranges: &mut Vec<Range<usize>>, mut done: usize) {
    let mut whole = 0;
    for range in ranges.iter_mut() {
        if done < range.len() {
            range.start += done;
            break;
        }
        done -= range.len();
        whole += 1;
    }
    ranges.drain(..whole);
}

/// Private anonymous memory of a process, in the order of its addresses. None for one that is gone.
pub(super) fn anonymous_ranges(pid: Pid) -> io::Result<Vec<Range<usize>>> {
    let mut bytes = Vec::new();
    let read = fs::File::open(format!("/proc/{}/maps", pid.as_raw_nonzero()))
        .and_then(|file| file.take(MAPS_BYTES_MAX).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(String::from_utf8_lossy(&bytes).lines().filter_map(anonymous).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(vec![]),
        Err(error) if error.raw_os_error() == Some(Errno::SRCH.raw_os_error()) => Ok(vec![]),
        Err(error) => Err(error),
    }
}

/// A line of `/proc/<pid>/maps` (proc(5)), which the box's programs have a hand in: range, rights, offset, device,
/// inode and name. The kernel's own pages (`[vdso]` and the like) and ranges nobody may touch are left out.
fn anonymous(line: &str) -> Option<Range<usize>> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let rights = fields.next()?;
    let inode = fields.nth(2)?;
    let name = fields.next().unwrap_or_default();
    let is_private = rights.ends_with('p') && !rights.starts_with("---");
    let is_anonymous =
        inode == "0" && (matches!(name, "" | "[heap]" | "[stack]") || name.starts_with("[anon:"));
    let range = usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?;
    (is_private && is_anonymous && !range.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_private_anonymous_memory_that_can_be_touched_is_taken() {
        let maps = "00400000-00452000 r-xp 00000000 08:02 173521 /usr/bin/node\n\
                    00e03000-00e24000 rw-p 00000000 00:00 0          [heap]\n\
                    35b1800000-35b1820000 rw-p 00000000 00:00 0 \n\
                    35b1a21000-35b1a22000 ---p 00000000 00:00 0 \n\
                    35b1b00000-35b1b01000 rw-s 00000000 00:01 7      /dev/zero (deleted)\n\
                    35b1c00000-35b1c01000 rw-p 00000000 00:00 0      [anon:v8]\n\
                    7ffd4c000000-7ffd4c021000 rw-p 00000000 00:00 0  [stack]\n\
                    7ffd4c1a0000-7ffd4c1a2000 r-xp 00000000 00:00 0  [vdso]\n\
                    zz-1 rw-p 0 0 0\n5-4 rw-p 0 00:00 0\n-\n\u{1f980}\n";
        let ranges: Vec<_> = maps.lines().filter_map(anonymous).collect();
        let starts: Vec<_> = ranges.iter().map(|range| range.start).collect();
        assert_eq!(starts, [0x00e0_3000, 0x35_b180_0000, 0x35_b1c0_0000, 0x7ffd_4c00_0000]);
    }

    #[test]
    fn what_the_kernel_has_done_is_taken_away() {
        let mut ranges = vec![0..10, 20..30, 40..50];
        advance(&mut ranges, 10);
        assert_eq!(ranges, [20..30, 40..50]);
        advance(&mut ranges, 14);
        assert_eq!((ranges.len(), ranges[0].start, ranges[0].end), (1, 44, 50));
        advance(&mut ranges, 6);
        assert_eq!(ranges, Vec::<Range<usize>>::new());
    }
}
