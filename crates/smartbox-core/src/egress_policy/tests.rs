use proptest::prelude::*;

use super::*;

fn rules(lines: &[&str]) -> Arc<Rules> {
    Arc::new(Rules::from_lines(lines.iter().copied()).unwrap())
}

fn policy(platform: &[&str], tier: &[&str], org: &[&str], of_box: &[&str]) -> Policy {
    Policy::new([rules(platform), rules(tier), rules(org), rules(of_box)])
}

fn ask(policy: &Policy, method: &str, target: &str) -> Result<Grant, Refused> {
    let (host, port) = Host::parse_authority(target, Some(80)).unwrap();
    decide(policy, &Target { host: &host, port, method })
}

#[test]
fn without_rules_the_web_is_open_and_nothing_else() {
    let none = Policy::default();
    assert_eq!(ask(&none, "CONNECT", "example.com:443"), Ok(Grant::default()));
    assert_eq!(ask(&none, "GET", "example.com"), Ok(Grant::default()));
    assert_eq!(ask(&none, "CONNECT", "example.com:22"), Err(Refused::Port { port: 22 }));
}

#[test]
fn in_a_layer_the_first_rule_that_matches_counts() {
    let only_github = policy(&[], &[], &[], &["allow *.github.com", "allow github.com", "deny *"]);
    assert!(ask(&only_github, "CONNECT", "api.github.com:443").is_ok());
    assert!(
        ask(&only_github, "CONNECT", "github.com:22").is_ok(),
        "a rule opens every port that it does not restrict"
    );
    assert!(ask(&only_github, "CONNECT", "evilgithub.com:443").is_err());
    assert!(ask(&only_github, "CONNECT", "github.com.evil.example:443").is_err());
    assert!(ask(&only_github, "CONNECT", "140.82.112.3:443").is_err(), "an address is not its name");
}

#[test]
fn what_a_layer_denies_no_other_allows() {
    let denied = policy(&["deny *.example.com"], &[], &["allow *"], &["allow www.example.com"]);
    let refused = ask(&denied, "GET", "www.example.com").unwrap_err();
    assert_eq!(refused, Refused::Denied { layer: Layer::Platform, rule: "deny *.example.com".to_owned() });
    let narrowed = policy(&["allow *"], &[], &[], &["deny * methods=POST"]);
    assert!(ask(&narrowed, "GET", "example.com").is_ok());
    assert!(ask(&narrowed, "POST", "example.com").is_err());
}

#[test]
fn inside_is_reached_by_name_only_and_the_platform_by_name_and_port() {
    let open = policy(&["allow nas.lan inside", "allow self.lan ports=8080 inside"], &[], &[], &[]);
    let nas = ask(&open, "GET", "nas.lan").unwrap();
    let own = ask(&open, "GET", "self.lan:8080").unwrap();
    let other = ask(&open, "GET", "other.example").unwrap();
    let private = "192.168.1.2".parse().unwrap();
    assert!(may_dial(private, false, nas).is_ok());
    assert!(may_dial(private, false, other).is_err());
    assert!(may_dial(private, true, nas).is_err());
    assert!(may_dial(private, true, own).is_ok());
    assert!(may_dial("1.1.1.1".parse().unwrap(), true, other).is_err(), "a public address may be our own");
    assert!("allow * inside".parse::<Rule>().is_err());
}

#[test]
fn every_spelling_has_one_reading_or_none() {
    for (text, read) in [
        ("Example.COM:443", Ok("example.com")),
        ("example.com.:443", Ok("example.com")),
        ("xn--bcher-kva.example:443", Ok("xn--bcher-kva.example")),
        ("127.0.0.1:443", Ok("127.0.0.1")),
        ("[::1]:443", Ok("[::1]")),
        ("[::FFFF:127.0.0.1]:443", Ok("[::ffff:127.0.0.1]")),
        ("2130706433:443", Err(BadTarget::Disguised)),
        ("0x7f000001:443", Err(BadTarget::Disguised)),
        ("0x7f.1:443", Err(BadTarget::Disguised)),
        ("0177.0.0.1:443", Err(BadTarget::Disguised)),
        ("127.1:443", Err(BadTarget::Disguised)),
        ("127.0.0.1.:443", Err(BadTarget::Disguised)),
        ("127.0.0.1.0x0:443", Err(BadTarget::Disguised)),
        ("user@example.com:443", Err(BadTarget::Credentials)),
        ("example.com:443@evil.example:443", Err(BadTarget::Credentials)),
        ("[fe80::1%eth0]:443", Err(BadTarget::Host)),
        ("[::1:443", Err(BadTarget::Host)),
        ("[::1]x:443", Err(BadTarget::Host)),
        ("[127.0.0.1]:443", Err(BadTarget::Host)),
        ("bücher.example:443", Err(BadTarget::Host)),
        ("１２７.0.0.1:443", Err(BadTarget::Host)),
        ("exa%6dple.com:443", Err(BadTarget::Host)),
        ("a..b:443", Err(BadTarget::Host)),
        (".:443", Err(BadTarget::Host)),
        (":443", Err(BadTarget::Host)),
        ("example.com", Err(BadTarget::Port)),
        ("example.com:", Err(BadTarget::Port)),
        ("example.com:0", Err(BadTarget::Port)),
        ("example.com:65536", Err(BadTarget::Port)),
        ("example.com:+443", Err(BadTarget::Port)),
        ("example.com:443:80", Err(BadTarget::Port)),
        ("::1:443", Err(BadTarget::Host)),
    ] {
        let found = Host::parse_authority(text, None).map(|(host, _)| host.to_string());
        assert_eq!(found.as_deref().map_err(|bad| *bad), read, "{text}");
    }
}

#[test]
fn a_rule_says_what_is_wrong_with_it() {
    for (text, problem) in [
        ("permit *", BadRule::Verdict),
        ("allow", BadRule::NoHost),
        ("allow *.10.0.0.1", BadRule::Host(BadTarget::Host)),
        ("allow a*.example.com", BadRule::Host(BadTarget::Host)),
        ("allow * ports=", BadRule::Ports),
        ("allow * ports=9-8", BadRule::Ports),
        ("allow * ports=0", BadRule::Ports),
        ("allow * methods=G/T", BadRule::Methods),
        ("allow * port=80", BadRule::Word),
        ("allow * ports=80 ports=81", BadRule::Word),
        ("deny nas.lan inside", BadRule::Inside),
    ] {
        assert_eq!(text.parse::<Rule>(), Err(problem), "{text}");
    }
    let many = vec!["deny *"; RULES_MAX + 1];
    assert_eq!(Rules::from_lines(many), Err(BadRules::TooMany { max: RULES_MAX }));
}

fn a_rule() -> impl Strategy<Value = String> {
    let host = prop_oneof!["\\*", "\\*\\.[a-c]\\.example", "[a-c]\\.example", "10\\.0\\.0\\.[1-3]"];
    let ports = prop_oneof![Just(""), Just(" ports=80"), Just(" ports=22,400-500")];
    let methods = prop_oneof![Just(""), Just(" methods=GET"), Just(" methods=CONNECT,POST")];
    (any::<bool>(), host, ports, methods).prop_map(|(allow, host, ports, methods)| {
        format!("{} {host}{ports}{methods}", if allow { "allow" } else { "deny" })
    })
}

fn some_rules() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(a_rule(), 0..6)
}

fn a_target() -> impl Strategy<Value = (String, u16, &'static str)> {
    let host = prop_oneof!["[a-c]\\.example", "x\\.[a-c]\\.example", "10\\.0\\.0\\.[1-3]"];
    let port = prop_oneof![Just(22_u16), Just(80), Just(443), Just(8080)];
    (host, port, prop_oneof![Just("GET"), Just("POST"), Just("CONNECT")])
}

fn built(layers: &[Vec<String>]) -> Policy {
    let of = |i: usize| Arc::new(Rules::from_lines(layers[i].iter().map(String::as_str)).unwrap());
    Policy::new([of(0), of(1), of(2), of(3)])
}

proptest! {
    #[test]
    fn a_rule_reads_as_it_prints(text in a_rule()) {
        let rule: Rule = text.parse().unwrap();
        prop_assert_eq!(rule.to_string(), text);
    }

    #[test]
    fn rules_of_narrower_layers_never_open_what_a_wider_one_denies(
        layers in prop::collection::vec(some_rules(), 4), (host, port, method) in a_target(), at in 0_usize..4,
    ) {
        let host = Host::parse(&host).unwrap();
        let target = Target { host: &host, port, method };
        let mut alone = vec![Vec::new(); 4];
        alone[at].clone_from(&layers[at]);
        if let Err(Refused::Denied { .. }) = decide(&built(&alone), &target) {
            prop_assert!(decide(&built(&layers), &target).is_err());
        }
    }

    #[test]
    fn a_rule_behind_one_that_matches_changes_nothing(
        before in some_rules(), behind in a_rule(), (host, port, method) in a_target(),
    ) {
        let host = Host::parse(&host).unwrap();
        let target = Target { host: &host, port, method };
        let none = Vec::new;
        let matched = before.iter().any(|rule| rule.parse::<Rule>().unwrap().matches(&target));
        let shorter = decide(&built(&[none(), none(), none(), before.clone()]), &target);
        let longer = decide(&built(&[none(), none(), none(), [before, vec![behind]].concat()]), &target);
        if matched {
            prop_assert_eq!(shorter, longer);
        }
    }

    #[test]
    fn without_inside_nothing_but_public_addresses_is_dialled(bits in any::<u32>(), six in any::<u128>()) {
        for address in [IpAddr::from(bits.to_be_bytes()), IpAddr::from(six.to_be_bytes())] {
            let dialled = may_dial(address, false, Grant::default()).is_ok();
            prop_assert_eq!(dialled, AddressClass::of(address) == AddressClass::Public);
        }
    }

    #[test]
    fn foreign_text_never_panics_and_reads_back(text in "\\PC{0,40}") {
        if let Ok((host, port)) = Host::parse_authority(&text, Some(80)) {
            prop_assert_eq!(Host::parse_authority(&format!("{host}:{port}"), None), Ok((host, port)));
        }
    }
}
