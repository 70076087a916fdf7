//! The oldest agent runtime that boxes may have.

use std::cmp::Ordering;

use smartbox_control::RuntimeFloor;
use smartbox_core::runtime;
use smartbox_openclaw::versions;

use super::parse::{Wrong, wrong};

/// A version no newer than the one that this release of the platform gives to new boxes.
pub(super) fn floor(text: Option<&str>) -> Result<RuntimeFloor, Wrong<RuntimeFloor>> {
    let standard = RuntimeFloor::default();
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(standard) };
    let newest = &versions::pinned().openclaw;
    match runtime::compare(text, newest) {
        Some(Ordering::Less | Ordering::Equal) => Ok(RuntimeFloor {
            version: text.to_owned(),
            reason: "set by whoever runs the platform".to_owned(),
        }),
        Some(Ordering::Greater) => {
            Err(wrong(format!("must be no newer than {newest}, which new boxes get"), standard))
        }
        None => Err(wrong("must be a version of OpenClaw, such as 2026.9.1", standard)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_a_version_that_new_boxes_stand_on() {
        assert_eq!(floor(None).ok(), Some(RuntimeFloor::default()));
        assert_eq!(floor(Some("2026.9.1")).ok().map(|floor| floor.version).as_deref(), Some("2026.9.1"));
        for bad in ["latest", "2099.1.1", "-1"] {
            assert!(floor(Some(bad)).is_err(), "{bad}");
        }
        let standard = RuntimeFloor::default().version;
        assert!(!runtime::is_below(&versions::pinned().openclaw, &standard), "new boxes may run");
    }
}
