//! What the kernel says of the host: free memory and swap, and how long programs wait for CPUs and memory (PSI).

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use smartbox_core::capacity::HostFacts;
use tokio::time::Instant;

/// The files are read at most this often.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// Measures this host.
#[derive(Default)]
pub struct HostGauge {
    last: Mutex<Option<(Instant, Option<HostFacts>)>>,
}

impl HostGauge {
    /// What is measured, at most a second old; `None` where the kernel does not tell how much memory there is.
    pub fn facts(&self) -> Option<HostFacts> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, facts)) = *last
            && at.elapsed() < FRESH_FOR
        {
            return facts;
        }
        let facts = measure();
        *last = Some((Instant::now(), facts));
        facts
    }
}

fn measure() -> Option<HostFacts> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let pressure = |what: &str| parse_pressure(&read(&format!("/proc/pressure/{what}")));
    let facts = parse_memory(&read("/proc/meminfo"))?;
    Some(HostFacts { cpu_pressure: pressure("cpu"), memory_pressure: pressure("memory"), ..facts })
}

/// What lies in memory, and in swap as well, and belongs to no process there any more: most of a squeezed box. The kernel keeps
/// it until somebody needs the memory, which costs no writing then, and does not count it as available. Pages that a process
/// has mapped again are swap cache, too; they are told apart as what the lists of anonymous pages hold beyond `AnonPages`.
fn unmapped_swap_cache(bytes: &impl Fn(&str) -> Option<u64>) -> u64 {
    let sum =
        |names: [&str; 2]| names.iter().map(|name| bytes(name).unwrap_or(0)).fold(0, u64::saturating_add);
    let listed = sum(["Active(anon)", "Inactive(anon)"]);
    listed.saturating_sub(sum(["AnonPages", "Shmem"])).min(bytes("SwapCached").unwrap_or(0))
}

/// Lines such as `MemAvailable:   12345 kB` (proc_meminfo(5)).
fn parse_memory(text: &str) -> Option<HostFacts> {
    let bytes = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib.saturating_mul(1024))
    };
    Some(HostFacts {
        memory_bytes: bytes("MemTotal")?,
        available_bytes: bytes("MemAvailable")?.saturating_add(unmapped_swap_cache(&bytes)),
        swap_free_bytes: bytes("SwapFree").unwrap_or(0),
        cpu_pressure: None,
        memory_pressure: None,
    })
}

/// The first number of `some avg10=12.34 avg60=…` in hundredths of a percent (the kernel's `accounting/psi.rst`).
fn parse_pressure(text: &str) -> Option<u32> {
    let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let (whole, hundredths) = some.split_whitespace().next()?.strip_prefix("avg10=")?.split_once('.')?;
    let (whole, hundredths): (u32, u32) = (whole.parse().ok()?, hundredths.get(..2)?.parse().ok()?);
    whole.checked_mul(100)?.checked_add(hundredths).filter(|pressure| *pressure <= 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let text = "MemTotal:       16384 kB\nMemFree:  1 kB\nMemAvailable:    8192 kB\nSwapFree:  1024 kB\n";
        let facts = parse_memory(text).unwrap();
        assert_eq!(
            (facts.memory_bytes, facts.available_bytes, facts.swap_free_bytes),
            (16 << 20, 8 << 20, 1 << 20)
        );
        assert_eq!(parse_memory("MemTotal: 1 kB\n"), None, "an old kernel does not tell what is available");
        assert_eq!(parse_memory("MemTotal: many kB\nMemAvailable: 1 kB"), None);
    }

    #[test]
    fn what_a_squeezed_box_left_behind_in_memory_is_available_and_what_is_mapped_again_is_not() {
        let available = |swap_cached: u64, inactive: u64, mapped: u64| {
            let text = format!(
                "MemTotal: 9000 kB\nMemAvailable: 1000 kB\nSwapCached: {swap_cached} kB\nActive(anon): 50 kB\n\
                 Inactive(anon): {inactive} kB\nAnonPages: {mapped} kB\nShmem: 10 kB\n"
            );
            parse_memory(&text).unwrap().available_bytes >> 10
        };
        assert_eq!(available(5000, 5460, 500), 6000, "all of the swap cache is nobody's");
        assert_eq!(available(5000, 5460, 4500), 2000, "most of it is mapped again");
        assert_eq!(available(300, 5460, 500), 1300, "what is on the lists for another reason does not count");
        assert_eq!(available(5000, 100, 500), 1000);
    }

    #[test]
    fn pressure_is_read_in_hundredths_of_a_percent() {
        let text =
            "some avg10=12.34 avg60=1.00 avg300=0.00 total=5\nfull avg10=99.00 avg60=0 avg300=0 total=0\n";
        assert_eq!(parse_pressure(text), Some(1234));
        assert_eq!(parse_pressure("some avg10=0.05 avg60=0.00"), Some(5));
        for text in [
            "",
            "some",
            "some avg10=",
            "some avg10=1",
            "some avg10=1.2",
            "some avg10=x.yz",
            "full avg10=1.00",
        ] {
            assert_eq!(parse_pressure(text), None, "{text:?}");
        }
    }

    #[test]
    fn this_host_is_measured_and_not_more_often_than_needed() {
        let gauge = HostGauge::default();
        let facts = gauge.facts().expect("a Linux host");
        assert!(facts.available_bytes > 0 && facts.available_bytes <= facts.memory_bytes, "{facts:?}");
        assert_eq!(gauge.facts(), Some(facts));
    }
}
