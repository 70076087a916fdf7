//! Callers that lose patience.

use smartbox_core::Observed;

use super::{EPOCH, Fixture, observe, poll_at_most, remove, run_until_ready};

/// More polls than any call needs to have begun each of its steps once.
const POLLS: [u32; 6] = [1, 2, 3, 4, 6, 9];

/// A call dropped after any number of polls leaves a state from which the same call succeeds.
pub async fn a_call_cancelled_in_the_middle_is_repeated_with_success(fixture: &dyn Fixture) {
    let provider = fixture.provider();
    let (id, spec) = fixture.new_box();
    for polls in POLLS {
        let _dropped = poll_at_most(polls, provider.ensure_running(id, EPOCH, &spec)).await;
        let seen = run_until_ready(fixture, id, &spec).await;
        assert_eq!(seen.generation, Some(spec.generation), "after {polls} polls of a start");

        let _dropped = poll_at_most(polls, provider.ensure_stopped(id, EPOCH)).await;
        provider.ensure_stopped(id, EPOCH).await.expect("stops");
        let seen = observe(fixture, id).await.expect("a stopped box is observed");
        assert_eq!(seen.observed, Observed::Stopped, "after {polls} polls of a stop");

        let _dropped = poll_at_most(polls, provider.ensure_running(id, EPOCH, &spec)).await;
        let _dropped = poll_at_most(polls, provider.ensure_absent(id, EPOCH)).await;
        remove(fixture, id).await;
    }
}
