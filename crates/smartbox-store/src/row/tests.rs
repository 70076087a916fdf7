use proptest::prelude::*;

use super::*;

fn observed() -> impl Strategy<Value = Observed> {
    prop_oneof![
        Just(Observed::Absent),
        Just(Observed::Stopped),
        Just(Observed::Ready),
        Just(Observed::Unready),
        Just(Observed::Stopping),
        (0..SleepDepth::ALL.len()).prop_map(|index| Observed::Asleep(SleepDepth::ALL[index])),
        (0..Stage::ALL.len()).prop_map(|index| Observed::Starting { stage: Stage::ALL[index] }),
        Just(Observed::Dead(DeathReason::Config)),
        Just(Observed::Dead(DeathReason::OutOfMemory)),
        Just(Observed::Dead(DeathReason::Silent)),
        Just(Observed::Dead(DeathReason::Vanished)),
        any::<i32>().prop_map(|code| Observed::Dead(DeathReason::Crashed { code })),
    ]
}

proptest! {
    #[test]
    fn an_observation_survives_its_columns(observed in observed()) {
        let columns = ObservedColumns::from(&observed);
        let back = observed_from(columns.observed, columns.detail, columns.exit_code).unwrap();
        prop_assert_eq!(back, observed);
    }

    #[test]
    fn two_observations_never_share_their_columns(one in observed(), other in observed()) {
        prop_assert_eq!(one == other, ObservedColumns::from(&one) == ObservedColumns::from(&other));
    }

    #[test]
    fn noise_is_damage_and_never_a_panic(word in ".{0,12}", detail in proptest::option::of(".{0,12}"), code: Option<i64>) {
        if let Ok(observed) = observed_from(&word, detail.as_deref(), code) {
            prop_assert_eq!(observed.as_str(), word);
        }
    }
}

#[test]
fn a_counter_beyond_the_column_stays_at_its_end() {
    assert_eq!(bigint(u64::MAX), i64::MAX);
    assert_eq!(number::<u32>(-1).unwrap_err().kind(), "damaged");
}
