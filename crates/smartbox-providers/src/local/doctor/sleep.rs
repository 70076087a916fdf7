//! Whether boxes can sleep, and how deeply.

use super::{Check, Verdict, gibibytes};
use crate::local::cgroup::Layout;
use crate::local::memory::{SwapArea, swap_areas};

pub(super) fn freezing() -> Check {
    let layout = Layout::detect().unwrap_or_default();
    let detail = match (layout.unified(), layout.freezer_v1()) {
        (Some(_), _) => "cgroup v2",
        (None, Some(_)) => "cgroup v1",
        (None, None) => "no freezer: boxes cannot sleep",
    };
    let remedy = "Mount the cgroup v2 hierarchy, or the `freezer` controller of version 1.";
    Check::new("freezing", layout.has_freezer(), Verdict::Warn, detail, remedy)
}

pub(super) fn swap() -> Check {
    let areas = swap_areas();
    let remedy = "Call `smartbox doctor --setup-swap 4G`, or set up zram: sleeping boxes then give back most of their \
                  memory, and the peak of a turn slows a box down instead of ending it.";
    Check::new("swap", !areas.is_empty(), Verdict::Warn, describe(&areas), remedy)
}

fn describe(areas: &[SwapArea]) -> String {
    if areas.is_empty() {
        return "none: sleeping boxes keep their memory".to_owned();
    }
    let sum = |of: fn(&SwapArea) -> u64| areas.iter().map(of).fold(0, u64::saturating_add);
    let (size, used) = (sum(|area| area.size_bytes), sum(|area| area.used_bytes));
    let zram = if areas.iter().any(SwapArea::is_zram) { ", zram in it" } else { "" };
    format!("{}, {} free{zram}", gibibytes(size), gibibytes(size.saturating_sub(used)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swap_is_told_with_its_size_and_its_room() {
        let area =
            |name: &str, size_bytes, used_bytes| SwapArea { name: name.into(), size_bytes, used_bytes };
        assert_eq!(describe(&[]), "none: sleeping boxes keep their memory");
        let areas = [area("/swapfile", 4 << 30, 1 << 30), area("/dev/zram0", 1 << 30, 0)];
        assert_eq!(describe(&areas), "5.0 GiB, 4.0 GiB free, zram in it");
        assert_eq!(describe(&areas[..1]), "4.0 GiB, 3.0 GiB free");
    }
}
