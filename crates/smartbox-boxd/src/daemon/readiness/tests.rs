use super::*;
use GatewayStatus::{Listening, Ready, Starting, Unready};

fn walk(steps: &[(Probe, GatewayStatus)]) -> Readiness {
    let now = Instant::now();
    let mut readiness = Readiness::new(now);
    for (number, (probe, expected)) in steps.iter().enumerate() {
        assert_eq!(readiness.observe(*probe, now), *expected, "step {number}");
    }
    readiness
}

#[test]
fn a_start_is_reported_as_it_goes() {
    walk(&[
        (Probe::Closed, Starting),
        (Probe::NotReady, Listening),
        (Probe::Closed, Listening),
        (Probe::Ready, Ready),
    ]);
    walk(&[(Probe::Silent, Listening), (Probe::Draining, Listening), (Probe::Ready, Ready)]);
}

#[test]
fn two_failures_are_forgiven_and_three_are_not() {
    walk(&[
        (Probe::Ready, Ready),
        (Probe::NotReady, Ready),
        (Probe::Silent, Ready),
        (Probe::Ready, Ready),
        (Probe::Closed, Ready),
        (Probe::NotReady, Ready),
        (Probe::NotReady, Unready),
        (Probe::NotReady, Unready),
        (Probe::Ready, Ready),
    ]);
}

#[test]
fn three_silences_in_a_row_are_beyond_help_and_answers_are_not() {
    let now = Instant::now();
    let mut readiness = walk(&[(Probe::Ready, Ready), (Probe::Silent, Ready), (Probe::Silent, Ready)]);
    assert!(!readiness.is_beyond_help(now));
    readiness.observe(Probe::Silent, now);
    assert!(readiness.is_beyond_help(now));

    let mut patient = walk(&[(Probe::Ready, Ready)]);
    for _ in 0..1000 {
        patient.observe(Probe::NotReady, now);
    }
    assert!(!patient.is_beyond_help(now + START_MAX * 2), "it answers, and may wait for something");
}

#[test]
fn a_gateway_that_drains_or_is_suspended_does_not_fail() {
    let now = Instant::now();
    let mut readiness = walk(&[(Probe::Ready, Ready)]);
    for _ in 0..1000 {
        assert_eq!(readiness.observe(Probe::Draining, now), Ready);
    }
    assert!(!readiness.is_beyond_help(now + START_MAX * 2));
}

#[test]
fn what_was_overslept_counts_for_nothing() {
    let now = Instant::now();
    let mut readiness = walk(&[(Probe::Ready, Ready), (Probe::Silent, Ready), (Probe::Silent, Ready)]);
    assert_eq!(readiness.observe(Probe::Slept, now), Ready);
    assert!(!readiness.is_beyond_help(now));
    assert_eq!(readiness.observe(Probe::Ready, now), Ready);
}

#[test]
fn a_closed_port_has_the_time_of_a_start_inside_the_process() {
    let now = Instant::now();
    let mut readiness = walk(&[(Probe::Ready, Ready)]);
    for _ in 0..10 {
        readiness.observe(Probe::Closed, now);
    }
    assert!(!readiness.is_beyond_help(now + CLOSED_MAX / 2));
    assert!(readiness.is_beyond_help(now + CLOSED_MAX));
    readiness.observe(Probe::NotReady, now + CLOSED_MAX / 2);
    assert!(!readiness.is_beyond_help(now + CLOSED_MAX), "it listens again");
}

#[test]
fn a_start_without_an_end_is_given_up() {
    let now = Instant::now();
    let hanging = walk(&[(Probe::NotReady, Listening)]);
    assert!(!hanging.is_beyond_help(now + START_MAX / 2));
    assert!(hanging.is_beyond_help(now + START_MAX + Duration::from_secs(1)));
}

#[test]
fn only_the_gateways_own_word_is_an_answer() {
    let read = |status: u16, body: &str| read(StatusCode::from_u16(status).unwrap(), body.as_bytes());
    assert_eq!(read(200, r#"{"ready":true,"uptimeMs":1}"#), Probe::Ready);
    assert_eq!(read(503, r#"{"ready":false,"failing":["telegram"]}"#), Probe::NotReady);
    assert_eq!(read(503, r#"{"ready":false}"#), Probe::NotReady);
    assert_eq!(read(503, r#"{"ready":false,"failing":["gateway-draining"]}"#), Probe::Draining);
    for (status, body) in [
        (200, "<!doctype html>"),
        (200, r#"{"ready":false}"#),
        (200, ""),
        (503, r#"{"ready":true}"#),
        (503, "busy"),
        (500, r#"{"ready":false}"#),
        (404, "{}"),
    ] {
        assert_eq!(read(status, body), Probe::Silent, "{status} {body}");
    }
}
