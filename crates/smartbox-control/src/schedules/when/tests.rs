use proptest::prelude::*;

use super::*;

fn again(text: &str, zone_name: &str) -> When {
    When::Again { cron: Box::new(cron(text).unwrap()), zone: zone(zone_name).unwrap() }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn times(when: &When, from: &str, count: usize) -> Vec<String> {
    std::iter::successors(when.next(at(from)), |last| when.next(*last))
        .take(count)
        .map(|at| at.to_string())
        .collect()
}

#[test]
fn an_expression_is_read_in_its_zone() {
    let when = again("30 9 * * MON-FRI", "Europe/Berlin");
    assert_eq!(
        times(&when, "2026-01-02T08:29:59Z", 3),
        ["2026-01-02T08:30:00Z", "2026-01-05T08:30:00Z", "2026-01-06T08:30:00Z"]
    );
    assert_eq!(times(&when, "2026-07-01T00:00:00Z", 1), ["2026-07-01T07:30:00Z"]);
}

#[test]
fn a_time_that_the_clock_leaves_out_comes_at_the_end_of_the_gap() {
    // 2026-03-29, 02:00 becomes 03:00 in Berlin, which is 01:00 UTC.
    let when = again("30 2 * * *", "Europe/Berlin");
    assert_eq!(
        times(&when, "2026-03-28T00:00:00Z", 3),
        ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
    );
}

#[test]
fn a_time_that_the_clock_shows_twice_comes_once() {
    // 2026-10-25, 03:00 becomes 02:00 in Berlin, which is 01:00 UTC.
    let when = again("30 2 * * *", "Europe/Berlin");
    assert_eq!(times(&when, "2026-10-24T12:00:00Z", 2), ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
}

#[test]
fn what_comes_every_quarter_goes_on_through_both_hours() {
    let when = again("*/30 * * * *", "Europe/Berlin");
    assert_eq!(
        times(&when, "2026-10-25T00:10:00Z", 4),
        ["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"]
    );
}

#[test]
fn the_latest_missed_time_stands_for_all() {
    let when = again("0 * * * *", "UTC");
    let latest = when.latest(at("2026-01-01T01:00:00Z"), at("2026-01-01T07:59:00Z"));
    assert_eq!(latest, at("2026-01-01T07:00:00Z"));
    assert_eq!(when.latest(at("2026-01-01T07:00:00Z"), at("2026-01-01T07:00:00Z")), latest);
    assert_eq!(
        when.latest(at("2026-01-01T08:00:00Z"), at("2026-01-01T07:00:00Z")),
        at("2026-01-01T08:00:00Z"),
        "the clock was set back"
    );
}

#[test]
fn once_is_once() {
    let when = When::Once(at("2026-01-01T01:00:00Z"));
    assert_eq!(times(&when, "2026-01-01T00:00:00Z", 5), ["2026-01-01T01:00:00Z"]);
}

#[test]
fn what_is_no_expression_or_zone_is_refused() {
    for bad in ["", "* * * *", "* * * * * *", "61 * * * *", "every day", &"*".repeat(200)] {
        assert!(cron(bad).is_err(), "{bad:?}");
    }
    for bad in ["", "Mars/Olympus", "/etc/passwd", "../../etc/passwd", &"a".repeat(100)] {
        assert!(zone(bad).is_err(), "{bad:?}");
    }
    assert!(again("0 0 30 2 *", "UTC").next(at("2026-01-01T00:00:00Z")).is_none(), "30 February never comes");
}

#[test]
fn schedules_of_the_same_minute_are_spread_and_each_keeps_its_share() {
    let when = again("0 9 * * *", "UTC");
    let fires = |n: u8, stagger| {
        let id = ScheduleId::from_parts(at("2026-01-01T00:00:00Z"), [n; 10]);
        when.next_time(id, at("2026-01-01T00:00:00Z"), stagger).unwrap()
    };
    let spread = Duration::from_secs(30);
    let late: std::collections::BTreeSet<_> = (0..50).map(|n| fires(n, spread).fires_at).collect();
    assert!(late.len() > 40, "{}", late.len());
    assert!(
        late.iter().all(|fires| *fires >= at("2026-01-01T09:00:00Z") && *fires < at("2026-01-01T09:00:30Z"))
    );
    assert_eq!(fires(7, spread), fires(7, spread));
    assert_eq!(fires(7, Duration::ZERO).fires_at, at("2026-01-01T09:00:00Z"));
}

proptest! {
    #[test]
    fn times_go_forward_and_no_text_breaks_the_reader(text in "[0-9*/,A-Za-z#?L -]{0,24}", secs in 1_700_000_000i64..1_900_000_000) {
        if let Ok(cron) = cron(&text) {
            let when = When::Again { cron: Box::new(cron), zone: zone("America/New_York").unwrap() };
            let from = Timestamp::from_second(secs).unwrap();
            if let Some(next) = when.next(from) {
                prop_assert!(next > from);
                prop_assert_eq!(when.latest(from, next), next);
            }
        }
    }
}
