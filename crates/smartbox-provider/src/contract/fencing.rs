//! One controller per box.

use smartbox_core::{Observed, SleepDepth};

use super::{EPOCH, Fixture, observe, run_until_ready};
use crate::ProviderError;

/// Once a newer controller has acted, an older one changes nothing.
pub async fn an_older_controller_is_refused(fixture: &dyn Fixture) {
    let provider = fixture.provider();
    let (id, spec) = fixture.new_box();
    run_until_ready(fixture, id, &spec).await;
    provider.ensure_running(id, EPOCH + 3, &spec).await.expect("a newer controller takes over");
    let before = observe(fixture, id).await.expect("is observed");
    assert_eq!((before.epoch, &before.observed), (EPOCH + 3, &Observed::Ready));

    let newer_spec = fixture.in_generation(&spec, 9);
    let answers = [
        provider.ensure_running(id, EPOCH, &newer_spec).await,
        provider.ensure_asleep(id, EPOCH + 2, SleepDepth::Frozen).await,
        provider.ensure_awake(id, EPOCH + 2).await,
        provider.ensure_stopped(id, EPOCH + 2).await,
        provider.ensure_absent(id, EPOCH).await,
    ];
    for answer in answers {
        assert!(matches!(answer, Err(ProviderError::Fenced)), "{answer:?}");
    }
    assert_eq!(observe(fixture, id).await, Some(before), "nothing has changed");

    provider.ensure_stopped(id, EPOCH + 3).await.expect("the newest controller acts");
    let refused = provider.ensure_running(id, EPOCH + 2, &spec).await;
    assert!(matches!(refused, Err(ProviderError::Fenced)), "fenced without processes, too: {refused:?}");
    let refused = provider.ensure_absent(id, EPOCH + 2).await;
    assert!(matches!(refused, Err(ProviderError::Fenced)), "its volume is kept: {refused:?}");
    assert!(observe(fixture, id).await.is_some());
    provider.ensure_absent(id, EPOCH + 3).await.expect("goes");
}
