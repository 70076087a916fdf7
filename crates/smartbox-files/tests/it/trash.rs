//! The trash.

use std::fs;

use smartbox_files::{Condition, Error, FilePath, TRASH, TrashRule};

use crate::support::{World, is_owned, path};

/// A moment of the test's own.
const NOW: i64 = 1_800_000_000_000;

const fn rule(before_ms: i64, bytes_max: u64) -> TrashRule {
    TrashRule { before_ms, bytes_max, now_ms: NOW }
}

#[test]
fn what_is_thrown_away_can_be_moved_back() {
    let world = World::new();
    world.put("workspace/notes.md", "kept", Condition::None).unwrap();
    let place = world.home.trash(&path("workspace/notes.md"), NOW, 1 << 20).unwrap();
    assert_eq!(place.lossy(), format!("{TRASH}/{NOW}-notes.md"));
    assert!(matches!(world.get("workspace/notes.md"), Err(Error::NotFound)));
    let info = world.real(".local/share/Trash/info").join(format!("{NOW}-notes.md.trashinfo"));
    let known = fs::read_to_string(&info).unwrap();
    assert_eq!(
        known,
        "[Trash Info]\nPath=/home/agent/workspace/notes.md\nDeletionDate=2027-01-15T08:00:00\n"
    );
    assert!(is_owned(&info) && is_owned(&world.real(".local")) && is_owned(&world.real(TRASH)));
    world.home.rename(&place, &path("workspace/notes.md"), (false, false)).unwrap();
    assert_eq!(world.get("workspace/notes.md").unwrap(), "kept");
}

#[test]
fn things_of_one_name_lie_beside_each_other() {
    let world = World::new();
    for _ in 0..3 {
        world.put("a", "x", Condition::None).unwrap();
        world.home.trash(&path("a"), NOW, 1 << 20).unwrap();
    }
    assert_eq!(world.names(TRASH).len(), 3);
}

#[test]
fn what_is_old_and_what_is_too_much_goes_the_oldest_first() {
    let world = World::new();
    let content = "x".repeat(900);
    for age in 0..5 {
        world.put("a", &content, Condition::None).unwrap();
        world.home.trash(&path("a"), NOW - age * 1000, 1 << 20).unwrap();
    }
    let size = world.home.purge_trash(rule(NOW - 3000, u64::MAX)).unwrap();
    assert_eq!(size.removed, 1, "the one that is older than the moment");
    let each = size.bytes_left / 4;
    let purged = world.home.purge_trash(rule(0, each * 2)).unwrap();
    assert_eq!((purged.removed, purged.bytes_left), (2, each * 2));
    assert_eq!(world.names(TRASH), [format!("{}-a", NOW - 1000), format!("{NOW}-a")], "the newest stay");
    assert_eq!(
        fs::read_dir(world.real(".local/share/Trash/info")).unwrap().count(),
        2,
        "and so does what is known of them"
    );
    world.home.purge_trash(rule(NOW + 1, u64::MAX)).unwrap();
    assert_eq!(world.names(TRASH), [""; 0]);
    assert_eq!(
        World::new().home.purge_trash(rule(NOW, 0)).unwrap().removed,
        0,
        "without a trash there is nothing to do"
    );
}

#[test]
fn what_makes_no_sense_to_throw_away_is_refused() {
    let world = World::new();
    world.put("large", &"x".repeat(1000), Condition::None).unwrap();
    assert!(matches!(world.home.trash(&path("large"), NOW, 100), Err(Error::TooMuch { max: 100, .. })));
    let place = world.home.trash(&path("large"), NOW, 1 << 20).unwrap();
    for name in [place, path(TRASH), path(".local"), FilePath::home()] {
        assert!(matches!(world.home.trash(&name, NOW, 1 << 20), Err(Error::Senseless(_))), "{name:?}");
    }
    assert!(matches!(world.home.trash(&path("none"), NOW, 1 << 20), Err(Error::NotFound)));
}

#[test]
fn what_a_crash_has_left_unfinished_goes_after_a_day() {
    let world = World::new();
    world.put("a", "x", Condition::None).unwrap();
    fs::write(world.real(".cache/smartbox-files/left-over"), "half").unwrap();
    // The kernel says when it came to lie there, which is now.
    let changed = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
    let at = |now_ms| TrashRule { before_ms: 0, bytes_max: u64::MAX, now_ms };
    world.home.purge_trash(at(changed + 23 * 3_600_000)).unwrap();
    assert!(world.real(".cache/smartbox-files/left-over").exists());
    world.home.purge_trash(at(changed + 25 * 3_600_000)).unwrap();
    world.assert_outside_is_as_it_was();
}
