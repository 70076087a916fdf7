//! What the host keeps for itself, and how busy it may be.

use smartbox_core::capacity::HostLimits;
use smartbox_core::tier::{GIB, MIB};

use super::parse::{Problems, Wrong, wrong};
use super::raw;

/// Units of a size, largest first.
const UNITS: [(&str, u64); 3] = [("GiB", GIB), ("MiB", MIB), ("KiB", 1024)];

/// Understands the section.
pub(super) fn parse(raw: &raw::Host, problems: &mut Problems) -> HostLimits {
    HostLimits {
        reserve_bytes: problems.take("host.reserve", size(raw.reserve.as_deref())),
        cpu_pressure_max: problems.take("host.cpu_pressure_max", percent(raw.cpu_pressure_max.as_deref())),
    }
}

/// A size with its unit, or 0.
pub(super) fn size(text: Option<&str>) -> Result<Option<u64>, Wrong<Option<u64>>> {
    let Some(text) = text.map(str::trim) else { return Ok(None) };
    let sized = UNITS
        .iter()
        .find_map(|(unit, factor)| text.strip_suffix(unit)?.trim().parse::<u64>().ok()?.checked_mul(*factor));
    sized
        .or_else(|| (text == "0").then_some(0))
        .map(Some)
        .ok_or_else(|| wrong("must be a size with its unit, such as 512MiB or 2GiB, or 0", None))
}

/// A percentage, in hundredths of a percent.
fn percent(text: Option<&str>) -> Result<u32, Wrong<u32>> {
    let default = HostLimits::default().cpu_pressure_max;
    let Some(text) = text else { return Ok(default) };
    let number = text.trim().trim_end_matches('%').parse::<u32>().ok().filter(|percent| *percent <= 100);
    number.map(|percent| percent * 100).ok_or_else(|| wrong("must be a whole number from 0 to 100", default))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit() {
        let read = |text| size(Some(text)).ok().flatten();
        assert_eq!(read("2GiB"), Some(2 * GIB));
        assert_eq!(read(" 512 MiB "), Some(512 * MIB));
        assert_eq!(read("0"), Some(0));
        for bad in ["2", "2GB", "-1GiB", "GiB", "99999999999999999999GiB", ""] {
            assert_eq!(read(bad), None, "{bad:?}");
            assert!(size(Some(bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn percentages_are_whole_and_at_most_a_hundred() {
        let read = |text| percent(Some(text)).ok();
        assert_eq!((read("80"), read("100%"), read("0")), (Some(8_000), Some(10_000), Some(0)));
        assert_eq!((read("101"), read("-1"), read("half")), (None, None, None));
    }
}
