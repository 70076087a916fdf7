//! Sleeping and waking.

use smartbox_core::{Observed, SleepDepth};

use super::{EPOCH, Fixture, greeting, observe, poll_at_most, remove, run_until_ready, wait_until};
use crate::{LinkError, ProviderError};

/// More polls than a sleep or a wake needs to have begun each of its steps once.
const POLLS: [u32; 4] = [1, 2, 3, 5];

/// What the provider can: every provider with this suite can put boxes to sleep.
fn deepest(fixture: &dyn Fixture) -> SleepDepth {
    fixture.provider().capabilities().deepest_sleep.expect("boxes can sleep")
}

/// A box that was put to sleep is the same box after its wake, however often each is asked for.
pub async fn a_sleeping_box_keeps_its_processes_and_wakes(fixture: &dyn Fixture) {
    let provider = fixture.provider();
    let (id, spec) = fixture.new_box();
    let before = run_until_ready(fixture, id, &spec).await;
    provider.ensure_awake(id, EPOCH).await.expect("it is awake already");
    assert_eq!(observe(fixture, id).await.as_ref(), Some(&before), "and was left alone");
    for _ in 0..2 {
        provider.ensure_asleep(id, EPOCH, SleepDepth::Frozen).await.expect("falls asleep");
        let seen = observe(fixture, id).await.expect("a sleeping box is observed");
        assert_eq!(seen.observed, Observed::Asleep(SleepDepth::Frozen));
        assert_eq!((seen.pid, seen.generation), (before.pid, before.generation), "its processes are kept");
    }
    let memory = provider.memory(id).await.expect("can be measured").expect("it has processes");
    assert!(memory.pss_bytes > 0 && memory.processes > 0, "{memory:?}");
    for _ in 0..2 {
        provider.ensure_awake(id, EPOCH).await.expect("wakes");
        let seen = observe(fixture, id).await;
        assert_eq!(seen.as_ref(), Some(&before), "as it was");
    }
    assert_eq!(greeting(fixture, id).await.expect("answers"), spec.hostname);
    remove(fixture, id).await;
}

/// A deeper sleep can follow; asking for less changes nothing; a wake from it is whole.
pub async fn a_sleep_gets_deeper_and_never_less_deep(fixture: &dyn Fixture) {
    let provider = fixture.provider();
    let (id, spec) = fixture.new_box();
    let before = run_until_ready(fixture, id, &spec).await;
    let reached = async |depth| {
        provider.ensure_asleep(id, EPOCH, depth).await.expect("sleeps");
        observe(fixture, id).await.expect("is observed").observed
    };
    assert_eq!(reached(SleepDepth::Frozen).await, Observed::Asleep(SleepDepth::Frozen));
    let deepest = Observed::Asleep(deepest(fixture));
    assert_eq!(reached(SleepDepth::Squeezed).await, deepest, "as deep as asked for and possible");
    assert_eq!(reached(SleepDepth::Frozen).await, deepest, "less was asked for, and it was left alone");
    provider.ensure_awake(id, EPOCH).await.expect("wakes");
    assert_eq!(observe(fixture, id).await, Some(before));
    let again = reached(SleepDepth::Frozen).await;
    assert_eq!(again, Observed::Asleep(SleepDepth::Frozen), "the depth of an earlier sleep is forgotten");
    remove(fixture, id).await;
}

/// Without processes there is nothing to put to sleep, to wake or to measure.
pub async fn what_has_no_processes_neither_sleeps_nor_wakes(fixture: &dyn Fixture) {
    let provider = fixture.provider();
    let (id, spec) = fixture.new_box();
    for round in ["absent", "stopped"] {
        provider.ensure_asleep(id, EPOCH, SleepDepth::Frozen).await.expect_err(round);
        provider.ensure_awake(id, EPOCH).await.expect_err(round);
        assert_eq!(provider.memory(id).await.expect("is no failure"), None, "{round}");
        let seen = observe(fixture, id).await.map(|seen| seen.observed);
        assert_eq!(seen, (round == "stopped").then_some(Observed::Stopped), "nothing was made");
        run_until_ready(fixture, id, &spec).await;
        provider.ensure_stopped(id, EPOCH).await.expect("stops");
    }
    remove(fixture, id).await;
}

/// Every other call works on a sleeping box as on one that is awake.
pub async fn a_sleeping_box_is_stopped_removed_replaced_and_woken_by_a_start(fixture: &dyn Fixture) {
    let provider = fixture.provider();
    let (id, spec) = fixture.new_box();
    let sleep = async || {
        provider.ensure_asleep(id, EPOCH, deepest(fixture)).await.expect("falls asleep");
    };
    let first = run_until_ready(fixture, id, &spec).await;
    sleep().await;
    let woken = run_until_ready(fixture, id, &spec).await;
    assert_eq!(woken.pid, first.pid, "a start in the same generation wakes it");

    sleep().await;
    let newer = fixture.in_generation(&spec, 2);
    let replaced = run_until_ready(fixture, id, &newer).await;
    assert_ne!(replaced.pid, first.pid, "a newer generation has new processes");
    assert_eq!(replaced.generation, Some(2));

    sleep().await;
    provider.ensure_stopped(id, EPOCH).await.expect("stops");
    let stopped = observe(fixture, id).await.expect("a stopped box is observed");
    assert_eq!((stopped.observed, stopped.pid), (Observed::Stopped, None));

    run_until_ready(fixture, id, &newer).await;
    sleep().await;
    remove(fixture, id).await;
}

/// Once a newer controller has acted, an older one neither puts to sleep nor wakes.
pub async fn an_older_controller_neither_puts_to_sleep_nor_wakes(fixture: &dyn Fixture) {
    let provider = fixture.provider();
    let (id, spec) = fixture.new_box();
    run_until_ready(fixture, id, &spec).await;
    provider.ensure_awake(id, EPOCH + 1).await.expect("a newer controller takes over");
    let refused = provider.ensure_asleep(id, EPOCH, SleepDepth::Frozen).await;
    assert!(matches!(refused, Err(ProviderError::Fenced)), "{refused:?}");
    let seen = observe(fixture, id).await.expect("is observed");
    assert_eq!((seen.observed, seen.epoch), (Observed::Ready, EPOCH + 1));

    provider.ensure_asleep(id, EPOCH + 2, SleepDepth::Frozen).await.expect("the newest controller acts");
    let refused = provider.ensure_awake(id, EPOCH + 1).await;
    assert!(matches!(refused, Err(ProviderError::Fenced)), "{refused:?}");
    let seen = observe(fixture, id).await.expect("is observed");
    assert_eq!((seen.observed, seen.epoch), (Observed::Asleep(SleepDepth::Frozen), EPOCH + 2));
    provider.ensure_absent(id, EPOCH + 2).await.expect("goes");
}

/// A call dropped after any number of polls leaves a box that sleeps or is awake, and the same call succeeds.
pub async fn a_sleep_or_wake_cancelled_in_the_middle_is_repeated_with_success(fixture: &dyn Fixture) {
    let provider = fixture.provider();
    let (id, spec) = fixture.new_box();
    let before = run_until_ready(fixture, id, &spec).await;
    for polls in POLLS {
        let _dropped = poll_at_most(polls, provider.ensure_asleep(id, EPOCH, deepest(fixture))).await;
        provider.ensure_asleep(id, EPOCH, deepest(fixture)).await.expect("falls asleep");
        let seen = observe(fixture, id).await.expect("is observed");
        assert_eq!(seen.observed, Observed::Asleep(deepest(fixture)), "after {polls} polls of a sleep");

        let _dropped = poll_at_most(polls, provider.ensure_awake(id, EPOCH)).await;
        provider.ensure_awake(id, EPOCH).await.expect("wakes");
        assert_eq!(observe(fixture, id).await.as_ref(), Some(&before), "after {polls} polls of a wake");
    }
    remove(fixture, id).await;
}

/// Who dials a sleeping box is told so, instead of waiting for an answer that does not come.
pub async fn a_connection_to_a_sleeping_box_fails_at_once(fixture: &dyn Fixture) {
    let provider = fixture.provider();
    let (id, spec) = fixture.new_box();
    run_until_ready(fixture, id, &spec).await;
    provider.ensure_asleep(id, EPOCH, SleepDepth::Frozen).await.expect("falls asleep");
    let told = greeting(fixture, id).await;
    assert!(matches!(told, Err(LinkError::Asleep)), "{told:?}");
    provider.ensure_awake(id, EPOCH).await.expect("wakes");
    assert_eq!(greeting(fixture, id).await.expect("answers"), spec.hostname);
    remove(fixture, id).await;
}

/// A box whose processes are killed while it sleeps is dead, not asleep, and can be started again.
pub async fn a_box_that_dies_in_its_sleep_is_seen_as_dead(fixture: &dyn Fixture) {
    let provider = fixture.provider();
    let (id, spec) = fixture.new_box();
    let first = run_until_ready(fixture, id, &spec).await;
    provider.ensure_asleep(id, EPOCH, SleepDepth::Frozen).await.expect("falls asleep");
    fixture.kill(id).await;
    let dead = wait_until(fixture, id, |seen| !seen.observed.is_alive()).await;
    assert!(matches!(dead.observed, Observed::Dead(_)), "{dead:?}");
    let second = run_until_ready(fixture, id, &spec).await;
    assert_ne!(second.pid, first.pid);
    remove(fixture, id).await;
}
