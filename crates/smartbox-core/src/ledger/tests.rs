use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

fn amounts() -> impl Strategy<Value = Amounts> {
    prop::array::uniform6(prop_oneof![0..20_u64, any::<u64>()]).prop_map(|values| {
        let mut values = values.into_iter();
        Amounts::from_fn(|_| values.next().unwrap())
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    prop::array::uniform6(prop::option::of(prop_oneof![0..20_u64, any::<u64>()])).prop_map(|values| {
        let mut values = values.into_iter();
        Limits::from_fn(|_| values.next().unwrap())
    })
}

fn rates() -> impl Strategy<Value = Rates> {
    prop::array::uniform6(prop_oneof![Just(0), 1..1_000_000_000_u64]).prop_map(|values| {
        let mut values = values.into_iter();
        Rates::from_fn(|_| values.next().unwrap())
    })
}

fn terms() -> impl Strategy<Value = PlanTerms> {
    (limits(), rates(), any::<bool>()).prop_map(|(limits, rates, overage_is_free)| PlanTerms {
        boxes_max: None,
        limits,
        rates,
        overage_is_free,
    })
}

fn is_inside(plan: &PlanTerms, used: &Amounts) -> bool {
    Measure::ALL
        .into_iter()
        .all(|measure| plan.limits.get(measure).is_none_or(|limit| used.get(measure) <= limit))
}

proptest! {
    #[test]
    fn inside_the_plan_everything_passes_and_costs_nothing(plan in terms(), used in amounts(), budget: u64) {
        prop_assert_eq!(judge(&plan, &used, budget) == Verdict::Within, is_inside(&plan, &used));
    }

    #[test]
    fn a_rate_of_0_is_never_a_price_unless_somebody_said_so(plan in terms(), used in amounts(), budget: u64) {
        let is_priceless = |measure: Measure| {
            plan.rates.get(measure) == 0
                && plan.limits.get(measure).is_some_and(|limit| used.get(measure) > limit)
        };
        if !plan.overage_is_free && Measure::ALL.into_iter().any(is_priceless) {
            let excess = judge(&plan, &used, budget).excess();
            prop_assert!(excess.is_some_and(|excess| excess.cost.is_none() && excess.current > excess.limit));
        }
    }

    #[test]
    fn overage_passes_exactly_while_its_price_is_within_the_budget(plan in terms(), used in amounts(), budget: u64) {
        match judge(&plan, &used, budget) {
            Verdict::Within => {}
            Verdict::Overage(cost) => {
                prop_assert!(cost <= budget);
                if cost > 0 {
                    let less = judge(&plan, &used, cost - 1);
                    prop_assert!(less.excess().is_some(), "a nano-dollar less does not pay for it: {less:?}");
                }
            }
            Verdict::Over(excess) => {
                if let Some(cost) = excess.cost {
                    prop_assert!(cost > budget);
                }
            }
        }
    }

    #[test]
    fn who_uses_more_never_stands_better(plan in terms(), used in amounts(), more in amounts(), budget: u64) {
        let rank = |verdict: Verdict| match verdict {
            Verdict::Within => (0, 0),
            Verdict::Overage(cost) => (1, cost),
            Verdict::Over(_) => (2, 0),
        };
        let before = rank(judge(&plan, &used, budget));
        let after = rank(judge(&plan, &used.plus(&more), budget));
        prop_assert!(before <= after, "{before:?} {after:?}");
    }

    #[test]
    fn as_many_bytes_are_left_as_pass_and_not_one_more(
        limit in 0..1_u64 << 40,
        used in 0..1_u64 << 41,
        rate in prop_oneof![Just(0), 1000..10_000_000_000_u64],
        is_free: bool,
        budget in 0..100_000_000_000_u64,
    ) {
        let plan = PlanTerms {
            limits: Limits { bytes: Some(limit), ..Limits::default() },
            rates: Rates { bytes: rate, ..Rates::default() },
            overage_is_free: is_free,
            boxes_max: None,
        };
        let at = |bytes| judge(&plan, &Amounts { bytes, ..Amounts::default() }, budget).excess();
        match bytes_left(&plan, &Amounts { bytes: used, ..Amounts::default() }, budget) {
            None => prop_assert!(at(u64::MAX).is_none()),
            Some(0) if at(used).is_some() => {}
            Some(left) => {
                prop_assert!(at(used + left).is_none(), "what is left passes");
                // The price is rounded up to a nano-dollar, so up to the bytes of one are given away by rounding down.
                let grain = (1_u64 << 30).div_ceil(rate.max(1)) + 1;
                let far = if rate == 0 { 1 } else { 2 * grain };
                prop_assert!(at(used + left + far).is_some(), "no more than that");
            }
        }
    }

    #[test]
    fn periods_follow_each_other_without_a_gap_in_every_zone(
        secs in 0..4_000_000_000_i64,
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia",
            "Africa/Cairo", "Australia/Lord_Howe", "America/Havana"]),
    ) {
        let (at, zone) = (Timestamp::from_second(secs).unwrap(), TimeZone::get(zone).unwrap());
        for span in Span::ALL {
            let period = Period::of(span, at, &zone);
            let (begins, ends) = (period.begins(&zone), period.ends(&zone));
            prop_assert!(begins <= at && at < ends, "{period}: {begins} {ends}");
            let next = Period::of(span, ends, &zone);
            prop_assert_eq!(next.begins(&zone), ends);
            prop_assert!(period < next && period.to_string() < next.to_string());
            let last = ends.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap();
            prop_assert_eq!(Period::of(span, last, &zone), period);
            prop_assert_eq!(period.to_string().parse(), Ok(period));
        }
    }

    #[test]
    fn what_is_granted_fits_into_every_bound(
        ask in (0..100_u64, 0..100_u64, 0..100_u64),
        bounds in prop::collection::vec((0..3_usize, 0..200_u64, 0..200_u64), 0..6),
    ) {
        let ask = Ask { bytes: ask.0, tokens: ask.1, nanos: ask.2 };
        let bounds: Vec<_> = bounds.into_iter().map(|(measure, limit, current)| Bound {
            scope: Scope::Box,
            span: Span::Day,
            measure: Caps::MEASURES[measure],
            limit,
            current,
        }).collect();
        let asks = |bound: &Bound| ask.amounts().get(bound.measure);
        match may_spend(&ask, &bounds) {
            Ok(()) => prop_assert!(bounds.iter().all(|bound| asks(bound) == 0 || bound.current + asks(bound) <= bound.limit)),
            Err(bound) => prop_assert!(asks(&bound) > 0 && bound.current + asks(&bound) > bound.limit),
        }
    }
}

#[test]
fn a_day_on_which_the_clock_is_changed_has_23_or_25_hours() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let hours = |day: &str| {
        let day: Period = day.parse().unwrap();
        day.ends(&zone).duration_since(day.begins(&zone)).as_hours()
    };
    assert_eq!(["2026-03-28", "2026-03-29", "2026-10-25"].map(hours), [24, 23, 25]);
    let year_end: Timestamp = "2026-12-31T23:00:00Z".parse().unwrap();
    assert_eq!(Period::of(Span::Month, year_end, &zone).to_string(), "2027-01");
    assert_eq!(Period::of(Span::Day, year_end, &TimeZone::UTC).to_string(), "2026-12-31");
}

#[test]
fn what_is_no_period_is_refused() {
    for bad in [
        "",
        "2026",
        "2026-13",
        "2026-00",
        "2026-02-30",
        "2026-1",
        "2026-11-5",
        "2026-11-05-01",
        "+026-11",
        "2026-1１",
    ] {
        assert_eq!(bad.parse::<Period>(), Err(BadPeriod), "{bad}");
    }
}

#[test]
fn owners_are_told_at_50_80_and_100_percent() {
    let told = |current, limit| warnings(current, limit).collect::<Vec<_>>();
    assert_eq!(told(49, 100), []);
    assert_eq!(told(50, 100), [50]);
    assert_eq!(told(99, 100), [50, 80]);
    assert_eq!(told(100, 100), [50, 80, 100]);
    assert_eq!(told(0, 0), [50, 80, 100], "of nothing everything is used");
    assert_eq!(told(u64::MAX, u64::MAX), [50, 80, 100]);
}

#[test]
fn amounts_are_told_as_people_read_them() {
    assert_eq!(Measure::Bandwidth.words(1023), "1023 bytes");
    assert_eq!(Measure::Bandwidth.words(1536), "1.5 KiB");
    assert_eq!(Measure::Storage.words(10 << 30), "10.0 GiB");
    assert_eq!(Measure::Money.words(1_234_567_890), "1.23456789 USD");
    assert_eq!(Measure::Money.words(5_000_000_000), "5.00 USD");
    assert_eq!(Measure::Money.words(1), "0.000000001 USD");
    assert_eq!(Measure::Bandwidth.words(u64::MAX), "16383.9 PiB");
}

#[test]
fn tokens_out_of_a_cache_cost_money_and_count_as_no_tokens() {
    let usage =
        Usage { input: 10, output: 5, cache_read: 100_000, cache_write: 3, nanos: 7, ..Usage::default() };
    assert_eq!((usage.tokens(), usage.amounts(0).nanos), (18, 7));
}

#[test]
fn bytes_are_set_aside_in_chunks_that_grow_small_near_the_limit() {
    for (left, chunk_of_it) in [
        (0, 0),
        (1, 1),
        (64 * 1024, 64 * 1024),
        (100 * 1024, 64 * 1024),
        (8 << 20, 1 << 20),
        (1 << 30, 16 << 20),
        (u64::MAX, 16 << 20),
    ] {
        assert_eq!(chunk(left), chunk_of_it, "{left}");
    }
}
