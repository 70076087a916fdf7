//! Running, stopping, removing, seeing.

use std::time::Duration;

use smartbox_core::{DeathReason, Observed};

use super::{EPOCH, Fixture, greeting, observe, remove, run_until_ready, wait_until};

/// Asking twice is asking once, for every `ensure_`.
pub async fn ensuring_twice_is_ensuring_once(fixture: &dyn Fixture) {
    let (id, spec) = fixture.new_box();
    let first = run_until_ready(fixture, id, &spec).await;
    let second = run_until_ready(fixture, id, &spec).await;
    assert_eq!(second.pid, first.pid, "the same processes go on");
    for _ in 0..2 {
        fixture.provider().ensure_stopped(id, EPOCH).await.expect("stops, and stays stopped");
        let seen = observe(fixture, id).await.expect("a stopped box is observed");
        assert_eq!((seen.observed, seen.pid), (Observed::Stopped, None));
    }
    for _ in 0..2 {
        remove(fixture, id).await;
    }
}

/// What is not there is stopped and removed with success, and stays away.
pub async fn what_is_absent_is_stopped_and_removed_with_success(fixture: &dyn Fixture) {
    let (id, _spec) = fixture.new_box();
    fixture.provider().ensure_stopped(id, EPOCH).await.expect("nothing to stop");
    fixture.provider().ensure_absent(id, EPOCH).await.expect("nothing to remove");
    let seen = observe(fixture, id).await;
    assert!(seen.is_none(), "nothing was made: {seen:?}");
}

/// What was made is seen, with the generation that runs and the epoch that was obeyed.
pub async fn what_was_made_is_seen_with_generation_and_epoch(fixture: &dyn Fixture) {
    let (id, spec) = fixture.new_box();
    let spec = fixture.in_generation(&spec, 41);
    let seen = run_until_ready(fixture, id, &spec).await;
    assert_eq!((seen.generation, seen.epoch), (Some(41), EPOCH));
    assert_eq!((seen.restarts, seen.oom_kills), (0, 0));
    let alone = fixture.provider().observe(id).await.expect("observing works");
    assert_eq!(alone.map(|seen| (seen.generation, seen.epoch)), Some((Some(41), EPOCH)), "looked at alone");
    fixture.provider().ensure_stopped(id, EPOCH + 1).await.expect("stops");
    let seen = observe(fixture, id).await.expect("a stopped box is observed");
    assert_eq!((seen.generation, seen.epoch), (None, EPOCH + 1), "no processes, a newer controller");
    fixture.provider().ensure_absent(id, EPOCH + 1).await.expect("goes");
    assert_eq!(fixture.provider().observe(id).await.expect("observing works"), None, "nothing is left");
}

/// A file written before a stop is there after the next start.
pub async fn a_stop_keeps_the_volume(fixture: &dyn Fixture) {
    let (id, spec) = fixture.new_box();
    run_until_ready(fixture, id, &spec).await;
    fixture.write_volume(id, "kept", b"through a stop").await;
    fixture.provider().ensure_stopped(id, EPOCH).await.expect("stops");
    assert_eq!(fixture.read_volume(id, "kept").await.as_deref(), Some(&b"through a stop"[..]));
    run_until_ready(fixture, id, &fixture.in_generation(&spec, 2)).await;
    assert_eq!(fixture.read_volume(id, "kept").await.as_deref(), Some(&b"through a stop"[..]));
    remove(fixture, id).await;
}

/// A removed box has no volume, whether it ran or not.
pub async fn a_removal_takes_the_volume(fixture: &dyn Fixture) {
    let (id, spec) = fixture.new_box();
    run_until_ready(fixture, id, &spec).await;
    fixture.write_volume(id, "gone", b"with the box").await;
    remove(fixture, id).await;
    assert_eq!(fixture.read_volume(id, "gone").await, None);
    run_until_ready(fixture, id, &spec).await;
    assert_eq!(fixture.read_volume(id, "gone").await, None, "a new volume is empty");
    fixture.provider().ensure_stopped(id, EPOCH).await.expect("stops");
    remove(fixture, id).await;
}

/// A stop of a stopped box changes nothing, and it can run again in the same generation.
pub async fn a_stopped_box_is_left_alone(fixture: &dyn Fixture) {
    let (id, spec) = fixture.new_box();
    run_until_ready(fixture, id, &spec).await;
    fixture.provider().ensure_stopped(id, EPOCH).await.expect("stops");
    let before = observe(fixture, id).await;
    fixture.provider().ensure_stopped(id, EPOCH).await.expect("is stopped");
    assert_eq!(observe(fixture, id).await, before);
    run_until_ready(fixture, id, &spec).await;
    remove(fixture, id).await;
}

/// A box of an older generation is replaced by one of the new generation.
pub async fn an_older_generation_is_replaced(fixture: &dyn Fixture) {
    let (id, spec) = fixture.new_box();
    let old = run_until_ready(fixture, id, &spec).await;
    let new = run_until_ready(fixture, id, &fixture.in_generation(&spec, 2)).await;
    assert_eq!(new.generation, Some(2));
    assert_ne!(new.pid, old.pid, "new processes");
    remove(fixture, id).await;
}

/// A box whose processes were killed is seen as dead, and the next call starts it afresh.
pub async fn a_dead_box_is_started_afresh(fixture: &dyn Fixture) {
    let (id, spec) = fixture.new_box();
    let first = run_until_ready(fixture, id, &spec).await;
    fixture.write_volume(id, "kept", b"through a death").await;
    fixture.kill(id).await;
    let dead = wait_until(fixture, id, |seen| !seen.observed.is_alive()).await;
    assert_eq!(dead.observed, Observed::Dead(DeathReason::Vanished));
    assert_eq!(dead.generation, Some(spec.generation), "which incarnation died is known");
    let second = run_until_ready(fixture, id, &spec).await;
    assert_ne!(second.pid, first.pid);
    assert_eq!(fixture.read_volume(id, "kept").await.as_deref(), Some(&b"through a death"[..]));
    remove(fixture, id).await;
}

/// Two boxes at once have volumes and greetings of their own, and one outlives the other.
pub async fn two_boxes_do_not_see_each_other(fixture: &dyn Fixture) {
    let ((one, one_spec), (two, two_spec)) = (fixture.new_box(), fixture.new_box());
    let one_seen = run_until_ready(fixture, one, &one_spec).await;
    run_until_ready(fixture, two, &two_spec).await;
    fixture.write_volume(one, "mine", b"one").await;
    fixture.write_volume(two, "mine", b"two").await;
    assert_eq!(fixture.read_volume(one, "mine").await.as_deref(), Some(&b"one"[..]));
    assert_eq!(fixture.read_volume(two, "mine").await.as_deref(), Some(&b"two"[..]));
    remove(fixture, two).await;
    let still = observe(fixture, one).await.expect("the other box is there");
    assert_eq!((still.observed, still.pid), (Observed::Ready, one_seen.pid));
    assert_eq!(greeting(fixture, one).await.expect("answers"), one_spec.hostname);
    remove(fixture, one).await;
}

/// Things that are not ours are neither observed nor removed.
pub async fn foreign_objects_are_never_touched(fixture: &dyn Fixture) {
    let (id, spec) = fixture.new_box();
    fixture.add_foreign().await;
    run_until_ready(fixture, id, &spec).await;
    assert!(fixture.has_foreign().await, "after a start");
    remove(fixture, id).await;
    assert!(fixture.has_foreign().await, "after a removal");
}

/// `changed` returns when a box becomes ready and when it dies.
pub async fn a_change_is_announced(fixture: &dyn Fixture) {
    /// Much longer than any machinery needs, much shorter than a poll of last resort.
    const SOON: Duration = Duration::from_secs(5);
    let (id, spec) = fixture.new_box();
    run_until_ready(fixture, id, &spec).await;
    // Whatever was still on its way is taken first.
    while tokio::time::timeout(Duration::from_millis(300), fixture.provider().changed()).await.is_ok() {}
    let hint = fixture.provider().changed();
    let (hinted, ()) = tokio::join!(tokio::time::timeout(SOON, hint), fixture.kill(id));
    hinted.expect("the death is announced");
    remove(fixture, id).await;
}
