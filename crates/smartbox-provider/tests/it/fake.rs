//! What a test can order.

use std::time::Duration;

use smartbox_core::{DeathReason, Observed, SleepDepth, Stage};
use smartbox_provider::fake::{Call, Failure, FakeProvider};
use smartbox_provider::{Provider, ProviderError};

use crate::suite::box_and_spec;

async fn seen(provider: &FakeProvider) -> Observed {
    provider.observe_all().await.unwrap().pop().map_or(Observed::Absent, |seen| seen.observed)
}

#[tokio::test]
async fn an_ordered_failure_does_nothing_and_the_next_call_works() {
    let (id, spec) = box_and_spec(1);
    let provider = FakeProvider::new();
    provider.fail_next(Call::EnsureRunning, 2, Failure::Permanent("no".into()));
    for _ in 0..2 {
        let refused = provider.ensure_running(id, 1, &spec).await;
        assert!(matches!(refused, Err(ProviderError::Permanent { .. })), "{refused:?}");
        assert_eq!(seen(&provider).await, Observed::Absent);
    }
    provider.ensure_running(id, 1, &spec).await.unwrap();
    assert_eq!(provider.calls(Call::EnsureRunning), 3);
}

#[tokio::test]
async fn a_lost_answer_hides_work_that_was_done() {
    let (id, spec) = box_and_spec(1);
    let provider = FakeProvider::new();
    provider.lose_next_answers(Call::EnsureRunning, 1);
    assert!(provider.ensure_running(id, 1, &spec).await.is_err());
    assert_eq!(seen(&provider).await, Observed::Ready);
    provider.ensure_running(id, 1, &spec).await.unwrap();
    assert_eq!(provider.starts(id), 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_provider_takes_its_time() {
    let (id, spec) = box_and_spec(1);
    let provider = FakeProvider::new();
    provider.set_delay(Duration::from_secs(60));
    let begun = tokio::time::Instant::now();
    provider.ensure_running(id, 1, &spec).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn a_box_becomes_ready_after_its_time_and_says_so() {
    let (id, spec) = box_and_spec(1);
    let provider = FakeProvider::new();
    provider.set_ready_after(Some(Duration::from_secs(10)));
    provider.ensure_running(id, 1, &spec).await.unwrap();
    provider.changed().await;
    assert_eq!(seen(&provider).await, Observed::Starting { stage: Stage::Process });
    provider.changed().await;
    assert_eq!(seen(&provider).await, Observed::Ready);
}

#[tokio::test]
async fn a_box_waits_for_the_command_to_be_ready() {
    let (id, spec) = box_and_spec(1);
    let provider = FakeProvider::new();
    provider.set_ready_after(None);
    provider.ensure_running(id, 1, &spec).await.unwrap();
    provider.set_stage(id, Stage::Listening);
    assert_eq!(seen(&provider).await, Observed::Starting { stage: Stage::Listening });
    provider.make_ready(id);
    assert_eq!(seen(&provider).await, Observed::Ready);
    provider.die(id, DeathReason::OutOfMemory);
    assert_eq!(seen(&provider).await, Observed::Dead(DeathReason::OutOfMemory));
}

#[tokio::test]
async fn a_sleep_fails_or_loses_its_answer_as_ordered() {
    let (id, spec) = box_and_spec(1);
    let provider = FakeProvider::new();
    provider.ensure_running(id, 1, &spec).await.unwrap();
    provider.fail_next(Call::EnsureAsleep, 1, Failure::Transient("stuck".into()));
    provider.ensure_asleep(id, 1, SleepDepth::Frozen).await.unwrap_err();
    assert_eq!(seen(&provider).await, Observed::Ready, "it stays awake");
    provider.lose_next_answers(Call::EnsureAsleep, 1);
    provider.ensure_asleep(id, 1, SleepDepth::Frozen).await.unwrap_err();
    assert_eq!(seen(&provider).await, Observed::Asleep(SleepDepth::Frozen));
    provider.fail_next(Call::EnsureAwake, 1, Failure::Transient("stuck".into()));
    provider.ensure_awake(id, 1).await.unwrap_err();
    assert_eq!(seen(&provider).await, Observed::Asleep(SleepDepth::Frozen), "it still sleeps");
    provider.ensure_awake(id, 1).await.unwrap();
    assert_eq!((provider.calls(Call::EnsureAsleep), provider.calls(Call::EnsureAwake)), (2, 2));
}

#[tokio::test]
async fn a_box_sleeps_no_deeper_than_the_test_lets_it() {
    let (id, spec) = box_and_spec(1);
    let provider = FakeProvider::new();
    provider.ensure_running(id, 1, &spec).await.unwrap();
    provider.set_deepest_sleep(Some(SleepDepth::Frozen));
    provider.ensure_asleep(id, 1, SleepDepth::Squeezed).await.unwrap();
    assert_eq!(seen(&provider).await, Observed::Asleep(SleepDepth::Frozen));
    let frozen = provider.memory(id).await.unwrap().unwrap();
    provider.set_deepest_sleep(Some(SleepDepth::Squeezed));
    provider.ensure_asleep(id, 1, SleepDepth::Squeezed).await.unwrap();
    assert_eq!(seen(&provider).await, Observed::Asleep(SleepDepth::Squeezed));
    let squeezed = provider.memory(id).await.unwrap().unwrap();
    assert_eq!((frozen.swap_bytes, squeezed.swap_bytes), (0, frozen.pss_bytes - squeezed.pss_bytes));

    provider.ensure_awake(id, 1).await.unwrap();
    provider.set_deepest_sleep(None);
    let refused = provider.ensure_asleep(id, 1, SleepDepth::Frozen).await;
    assert!(matches!(refused, Err(ProviderError::Permanent { .. })), "{refused:?}");
}
