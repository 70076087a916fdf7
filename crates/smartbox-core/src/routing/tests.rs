use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn flag(name: RouteName, percentage: u8) -> RoutingFlag {
    RoutingFlag { percentage, ..RoutingFlag::unused(name) }
}

fn parsed(text: &str) -> Result<String, BadUpstream> {
    text.parse::<Upstream>().map(|upstream| upstream.to_string())
}

proptest! {
    #[test]
    fn a_caller_stays_where_they_are_until_the_percentage_moves_them(caller in "\\PC{0,64}", percentage in 0u8..=100) {
        for name in RouteName::ALL {
            prop_assert_eq!(flag(name, percentage).side_of(&caller), flag(name, percentage).side_of(&caller));
            prop_assert_eq!(flag(name, 0).side_of(&caller), Side::Primary);
            prop_assert_eq!(flag(name, 100).side_of(&caller), Side::Candidate);
        }
    }

    #[test]
    fn a_higher_percentage_moves_nobody_back(caller in "\\PC{0,64}") {
        for name in RouteName::ALL {
            let sides: Vec<Side> = (0..=100).map(|percentage| flag(name, percentage).side_of(&caller)).collect();
            let moved = sides.iter().position(|side| *side == Side::Candidate).unwrap();
            prop_assert!(sides[moved..].iter().all(|side| *side == Side::Candidate));
        }
    }

    #[test]
    fn a_base_url_is_written_as_it_is_read(tls: bool, host in "[a-z][a-z0-9-]{0,20}(\\.[a-z]{2,5}){0,3}", port in 1u16..) {
        let written: Upstream = format!("http{}://{host}:{port}", if tls { "s" } else { "" }).parse().unwrap();
        prop_assert_eq!(written.to_string().parse::<Upstream>().unwrap(), written);
    }

    #[test]
    fn no_text_makes_the_parser_fail_otherwise_than_by_its_errors(text in "\\PC{0,80}") {
        let _read_or_refused = text.parse::<Upstream>();
    }

    #[test]
    fn a_window_never_holds_more_failures_than_requests(
        outcomes in prop::collection::vec((0u64..200_000, 0u8..3), 0..300),
    ) {
        let mut window = Window::new(&RollbackRule::DEFAULT);
        let mut outcomes = outcomes;
        outcomes.sort_unstable();
        for (millis, kind) in outcomes {
            let kind = [OutcomeKind::Answered, OutcomeKind::Failed, OutcomeKind::BrokeOff][usize::from(kind)];
            let now = Duration::from_millis(millis);
            window.record(now, kind);
            let tally = window.tally(now);
            prop_assert!(tally.failures <= tally.requests);
        }
    }
}

#[test]
fn the_share_of_callers_who_move_is_the_percentage() {
    // Ids of users that were made one after the other differ in few characters only.
    let callers: Vec<String> = (0..20_000).map(|n| format!("usr_0190f5fe7c007a3e8a2f{n:012x}")).collect();
    for name in RouteName::ALL {
        for percentage in [1u8, 10, 25, 50, 90, 99] {
            let flag = flag(name, percentage);
            let moved = callers.iter().filter(|caller| flag.side_of(caller) == Side::Candidate).count();
            let wanted = callers.len() * usize::from(percentage) / 100;
            assert!(
                moved.abs_diff(wanted) < callers.len() / 100,
                "{name} {percentage} %: {moved} of {wanted}"
            );
        }
    }
}

#[test]
fn who_moves_first_differs_by_route() {
    let side = |name, n: u32| flag(name, 50).side_of(&format!("usr_{n}"));
    let alike =
        (0..1000).filter(|n| side(RouteName::AdminApi, *n) == side(RouteName::ContainerGateway, *n)).count();
    assert!((400..600).contains(&alike), "{alike}");
}

#[test]
fn a_side_never_changes_between_versions_of_the_program() {
    // Written down once: another hash would move callers at an upgrade.
    let places: Vec<u8> = ["usr_1", "usr_2", "tok_1", "192.0.2.7"]
        .map(|caller| place(RouteName::ContainerGateway, caller))
        .into();
    assert_eq!(places, PLACES);
}

const PLACES: [u8; 4] = [5, 25, 58, 21];

#[test]
fn upstreams_are_this_platform_or_a_base_url() {
    for (text, written) in [
        ("self", "self"),
        ("http://old.example:8081", "http://old.example:8081"),
        ("HTTPS://Old.Example./", "https://old.example"),
        ("https://old.example:443", "https://old.example"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:9000", "http://[::1]:9000"),
        ("http://[2001:DB8:0::1]", "http://[2001:db8::1]"),
    ] {
        assert_eq!(parsed(text).as_deref(), Ok(written), "{text}");
    }
}

#[test]
fn what_is_more_or_less_than_a_base_url_is_refused() {
    for (text, why) in [
        ("", BadUpstream::Scheme),
        ("Self", BadUpstream::Scheme),
        ("old.example:8081", BadUpstream::Scheme),
        ("ftp://old.example", BadUpstream::Scheme),
        ("unix:///run/old.sock", BadUpstream::Scheme),
        ("http://admin:secret@old.example", BadUpstream::Credentials),
        ("http://@old.example", BadUpstream::Credentials),
        ("http://old.example/api", BadUpstream::Path),
        ("http://old.example/../etc", BadUpstream::Path),
        ("http://old.example//", BadUpstream::Path),
        ("http://old.example?a=1", BadUpstream::Path),
        ("http://old.example#a", BadUpstream::Path),
        ("http://old.example\\a", BadUpstream::Path),
        ("http://", BadUpstream::Host),
        ("http:///", BadUpstream::Host),
        ("http://:80", BadUpstream::Host),
        ("http://old..example", BadUpstream::Host),
        ("http://old example", BadUpstream::Host),
        ("http://old%2eexample", BadUpstream::Host),
        ("http://öld.example", BadUpstream::Host),
        ("http://127.1", BadUpstream::Host),
        ("http://2130706433", BadUpstream::Host),
        ("http://0x7f.0.0.1", BadUpstream::Host),
        ("http://a.0x7f", BadUpstream::Host),
        ("http://[::1", BadUpstream::Host),
        ("http://[127.0.0.1]", BadUpstream::Host),
        ("http://[::1]a", BadUpstream::Host),
        ("http://::1:80", BadUpstream::Port),
        ("http://old.example:", BadUpstream::Port),
        ("http://old.example:0", BadUpstream::Port),
        ("http://old.example:65536", BadUpstream::Port),
        ("http://old.example:+80", BadUpstream::Port),
    ] {
        assert_eq!(parsed(text), Err(why), "{text}");
    }
}

#[test]
fn an_upstream_that_leads_back_here_is_known() {
    let own = |listen: &str| OwnAddress {
        listen: listen.parse().unwrap(),
        public_hosts: vec!["boxes.example".to_owned()],
    };
    let leads_back = |listen: &str, url: &str| own(listen).is_reached_by(&url.parse().unwrap());
    for url in [
        "http://127.0.0.1:8080",
        "http://localhost:8080",
        "http://home.localhost:8080",
        "http://0.0.0.0:8080",
        "http://[::]:8080",
        "http://[::ffff:127.0.0.1]:8080",
        "http://boxes.example:8080",
        "https://boxes.example",
        "http://boxes.example",
    ] {
        assert!(leads_back("127.0.0.1:8080", url), "{url}");
        assert!(leads_back("0.0.0.0:8080", url), "{url}");
    }
    for url in
        ["http://127.0.0.1:8081", "http://localhost", "http://old.example:8080", "https://boxes.example:9443"]
    {
        assert!(!leads_back("127.0.0.1:8080", url), "{url}");
    }
    assert!(!leads_back("192.0.2.7:8080", "http://127.0.0.1:8080"), "nobody listens there");
    assert!(leads_back("192.0.2.7:8080", "http://192.0.2.7:8080"));
}

fn after(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn outcomes_leave_the_window_and_memory_stays_the_same() {
    let mut window = Window::new(&RollbackRule::DEFAULT);
    for second in 0..1000 {
        window.record(after(second), OutcomeKind::Failed);
    }
    let tally = window.tally(after(999));
    assert!((57..=60).contains(&tally.requests), "{tally:?}");
    assert_eq!(window.tally(after(999 + 61)), Tally::default());
    // A clock that stands behind what was seen shows nothing of the future.
    assert_eq!(window.tally(after(0)), Tally::default());
}

#[test]
fn a_candidate_is_given_up_at_its_share_of_failures_and_not_before_there_are_enough() {
    let rule = RollbackRule::DEFAULT;
    let is_broken = |failures, requests| rule.is_broken_by(Tally { requests, failures });
    assert!(!is_broken(19, 19), "too few requests");
    assert!(is_broken(10, 20));
    assert!(!is_broken(9, 20));
    assert!(is_broken(u32::MAX, u32::MAX));
    let never = RollbackRule { at_percent: 0, ..rule };
    assert!(!never.is_broken_by(Tally { requests: 100, failures: 100 }));
    let any = RollbackRule { at_percent: 1, min_requests: 0, ..rule };
    assert!(!any.is_broken_by(Tally::default()), "nothing happened");
}

#[test]
fn an_answer_that_breaks_off_turns_a_success_into_a_failure() {
    let mut window = Window::new(&RollbackRule::DEFAULT);
    window.record(after(1), OutcomeKind::Answered);
    window.record(after(2), OutcomeKind::BrokeOff);
    assert_eq!(window.tally(after(3)), Tally { requests: 1, failures: 1 });
}

#[test]
fn an_older_version_never_replaces_a_newer_one() {
    let mut flags = RoutingFlags::default();
    assert!(flags.renew(RoutingFlag { version: 2, ..flag(RouteName::AdminApi, 10) }));
    assert!(!flags.renew(RoutingFlag { version: 1, ..flag(RouteName::AdminApi, 90) }));
    assert_eq!(flags.get(RouteName::AdminApi).percentage, 10);
    assert!(flags.get(RouteName::ContainerGateway).is_unused());
}
