//! What boxes take of the host's memory, and what room its swap has: small files of the kernel (proc(5)).

use std::fs;
use std::io::{self, Read};

use rustix::io::Errno;
use smartbox_provider::MemoryUse;

/// A summary has some 25 short lines.
const ROLLUP_BYTES_MAX: u64 = 16 * 1024;

/// Memory of these processes together. One that has ended meanwhile counts as nothing.
///
/// # Errors
/// When the kernel does not let this process look.
pub(super) fn of_processes(pids: &[u32]) -> io::Result<MemoryUse> {
    let mut sum = MemoryUse::default();
    for pid in pids {
        let Some(rollup) = read_rollup(*pid)? else { continue };
        let Some(pss_bytes) = bytes_of(&rollup, "Pss:") else { continue };
        sum.pss_bytes = sum.pss_bytes.saturating_add(pss_bytes);
        sum.swap_bytes = sum.swap_bytes.saturating_add(bytes_of(&rollup, "SwapPss:").unwrap_or(0));
        sum.processes = sum.processes.saturating_add(1);
    }
    Ok(sum)
}

fn read_rollup(pid: u32) -> io::Result<Option<String>> {
    let mut text = String::new();
    let read = fs::File::open(format!("/proc/{pid}/smaps_rollup"))
        .and_then(|file| file.take(ROLLUP_BYTES_MAX).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        // Ended between open and read, or only waits to be collected.
        Err(error) if error.raw_os_error() == Some(Errno::SRCH.raw_os_error()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A line `name   1234 kB`, in bytes.
fn bytes_of(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib.saturating_mul(1024))
}

/// One swap area of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SwapArea {
    /// A file or a device.
    pub(super) name: String,
    pub(super) size_bytes: u64,
    pub(super) used_bytes: u64,
}

impl SwapArea {
    /// Whether it is memory that is compressed, not a disk.
    pub(super) fn is_zram(&self) -> bool {
        self.name.starts_with("/dev/zram")
    }
}

/// Every swap area in use.
pub(super) fn swap_areas() -> Vec<SwapArea> {
    parse_swaps(&fs::read_to_string("/proc/swaps").unwrap_or_default())
}

/// Room that is left in all of them, in bytes.
pub(super) fn swap_free_bytes() -> u64 {
    let free = |area: SwapArea| area.size_bytes.saturating_sub(area.used_bytes);
    swap_areas().into_iter().map(free).fold(0, u64::saturating_add)
}

/// Columns: name, type, size and use in KiB, priority; a headline first. Blanks in a name are written `\040`.
fn parse_swaps(text: &str) -> Vec<SwapArea> {
    let area = |line: &str| {
        let mut fields = line.split_whitespace();
        let name = fields.next()?.replace("\\040", " ");
        let mut bytes = || fields.next()?.parse::<u64>().ok().map(|kib| kib.saturating_mul(1024));
        let _kind = bytes();
        Some(SwapArea { name, size_bytes: bytes()?, used_bytes: bytes()? })
    };
    text.lines().skip(1).filter_map(area).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swap_areas_are_read_with_their_room() {
        let text = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n\
                    /dev/zram0                              partition\t1048576\t\t1024\t\t100\n\
                    /var/lib/a\\040b/swapfile               file\t\t4096\t\t0\t\t-2\nnonsense\n";
        let areas = parse_swaps(text);
        assert_eq!(areas.len(), 2);
        assert!(areas[0].is_zram() && !areas[1].is_zram());
        assert_eq!((areas[0].size_bytes, areas[0].used_bytes), (1 << 30, 1 << 20));
        assert_eq!(areas[1].name, "/var/lib/a b/swapfile");
        assert_eq!(parse_swaps(""), []);
    }

    #[test]
    fn this_process_takes_memory_and_one_that_is_gone_takes_none() {
        let this = of_processes(&[std::process::id()]).unwrap();
        assert!(this.pss_bytes > 0 && this.processes == 1, "{this:?}");
        // No process has this number: it is above the kernel's limit (PID_MAX_LIMIT, 2^22).
        assert_eq!(of_processes(&[1 << 23]).unwrap(), MemoryUse::default());
    }
}
