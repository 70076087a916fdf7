use std::path::Path;

use super::*;

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn read(pairs: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    Settings::read(&Flags::default(), &env(pairs))
}

#[test]
fn without_any_setting_the_defaults_hold() {
    let settings = read(&[("HOME", "/root")]).unwrap();
    assert_eq!(settings.edge.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.data_dir, Path::new("/var/lib/smartbox"));
    assert_eq!(settings.image, Image::Debian);
    assert!(settings.models.is_demo());
    assert_eq!(settings.delete_grace, Duration::from_hours(24));
}

#[test]
fn short_and_canonical_names_work_and_flags_win() {
    let environment = env(&[
        ("SMARTBOX_LISTEN", "127.0.0.1:1"),
        ("SMARTBOX__PROVIDER__IMAGE", "host"),
        ("SMARTBOX_DATA_DIR", "/d"),
    ]);
    let settings = Settings::read(&Flags::default(), &environment).unwrap();
    assert_eq!(settings.edge.listen.port(), 1);
    assert_eq!(settings.image, Image::Host);
    assert_eq!(settings.data_dir, Path::new("/d"));
    let flags = Flags { listen: Some("127.0.0.1:2".into()), ..Flags::default() };
    assert_eq!(Settings::read(&flags, &environment).unwrap().edge.listen.port(), 2);
}

#[test]
fn the_environment_wins_over_the_file() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("smartbox.toml"),
        "[edge]\nlisten = \"127.0.0.1:3\"\n[log]\nformat = \"json\"\n",
    )
    .unwrap();
    let data_dir = dir.path().to_str().unwrap();
    let from_file = read(&[("SMARTBOX_DATA_DIR", data_dir)]).unwrap();
    assert_eq!((from_file.edge.listen.port(), from_file.log_format), (3, LogFormat::Json));
    let both = read(&[("SMARTBOX_DATA_DIR", data_dir), ("SMARTBOX_LISTEN", "127.0.0.1:4")]).unwrap();
    assert_eq!(both.edge.listen.port(), 4);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let problems = read(&[
        ("SMARTBOX_LISTEN", "nonsense"),
        ("SMARTBOX__PROVIDER__IMAGE", "alpine"),
        ("SMARTBOX__BOXES__HOLD", "soon"),
        ("SMARTBOX__HOST__RESERVE", "some"),
        ("SMARTBOX__HOST__CPU_PRESSURE_MAX", "200"),
        ("SMARTBOX__EDGE__REQUESTS_PER_MINUTE", "0"),
        ("SMARTBOX__EDGE__SOCKETS_PER_CALLER", "many"),
        ("SMARTBOX__EDGE__TRUSTED_PROXIES", "10.0.0.0/8, everybody"),
        ("SMARTBOX__EDGE__TLS_CERTIFICATE", "/nowhere/cert.pem"),
        ("SMARTBOX_ADMIN_SECRET", "short"),
        ("ANTHROPIC_BASE_URL", "not a url"),
    ])
    .unwrap_err();
    for setting in [
        "edge.listen",
        "provider.image",
        "boxes.hold",
        "host.reserve",
        "host.cpu_pressure_max",
        "edge.requests_per_minute",
        "edge.sockets_per_caller",
        "edge.trusted_proxies",
        "edge.tls_certificate",
        "admin.secret",
        "ANTHROPIC",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(setting)), "{setting} in {problems:?}");
    }
    assert!(!format!("{problems:?}").contains("short"), "a secret is never repeated");
}

#[test]
fn an_unknown_setting_is_a_typing_mistake() {
    let problems = read(&[("SMARTBOX__EDGE__LISTN", "127.0.0.1:1")]).unwrap_err();
    assert!(problems[0].contains("listn"), "{problems:?}");
}

#[test]
fn a_key_alone_chooses_the_vendor_and_empty_variables_count_as_unset() {
    assert!(!read(&[("OPENAI_API_KEY", "sk-test-0123456789")]).unwrap().models.is_demo());
    assert!(read(&[("OPENAI_API_KEY", "")]).unwrap().models.is_demo());
}

#[test]
fn everybody_is_let_in_on_a_loopback_address_only() {
    assert!(!read(&[]).unwrap().edge.dev_mode);
    for yes in ["true", "1"] {
        assert!(read(&[("DEV_MODE", yes)]).unwrap().edge.dev_mode);
    }
    for more in [
        ("SMARTBOX_LISTEN", "0.0.0.0:8080"),
        ("SMARTBOX_LISTEN", "192.0.2.7:8080"),
        ("SMARTBOX__EDGE__PUBLIC_HOSTS", "boxes.example.com"),
        ("SMARTBOX__EDGE__BASE_DOMAIN", "boxes.example.com"),
    ] {
        let problems = read(&[("DEV_MODE", "true"), more]).unwrap_err();
        assert!(problems.iter().any(|line| line.contains("edge.dev_mode")), "{more:?} {problems:?}");
    }
    assert!(read(&[("DEV_MODE", "perhaps")]).is_err());
}

#[test]
fn a_base_domain_is_a_domain() {
    let domain = |text| read(&[("SMARTBOX__EDGE__BASE_DOMAIN", text)]);
    assert_eq!(domain("Boxes.Example.com").unwrap().edge.base_domain.as_deref(), Some("boxes.example.com"));
    for bad in [
        "https://boxes.example.com",
        "boxes.example.com:8443",
        "*.example.com",
        "10.0.0.1",
        "-a.example",
        "a..b",
    ] {
        assert!(domain(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_cookie_of_a_token_is_kept_from_boxes_in_all_its_pieces() {
    let settings = read(&[("SMARTBOX__IDENTITY__JWT_COOKIE", "sb-x-auth-token")]).unwrap();
    let cookies = settings.foreign.cookies();
    assert_eq!(
        (cookies.len(), cookies[0].as_str(), cookies[8].as_str()),
        (9, "sb-x-auth-token", "sb-x-auth-token.7")
    );
    for bad in ["a=b", "smartbox_session", "a;b"] {
        assert!(read(&[("SMARTBOX__IDENTITY__JWT_COOKIE", bad)]).is_err(), "{bad}");
    }
}

#[test]
fn a_certificate_needs_its_key_and_the_other_way_round() {
    for setting in ["SMARTBOX__EDGE__TLS_CERTIFICATE", "SMARTBOX__EDGE__TLS_KEY"] {
        let problems = read(&[(setting, "/nowhere/file.pem")]).unwrap_err();
        assert!(problems[0].contains("as well"), "{problems:?}");
    }
    let both = [
        ("SMARTBOX__EDGE__TLS_CERTIFICATE", "/nowhere/cert.pem"),
        ("SMARTBOX__EDGE__TLS_KEY", "/nowhere/key.pem"),
    ];
    assert!(read(&both).unwrap_err()[0].contains("/nowhere/cert.pem cannot be read"));
    assert!(read(&[]).unwrap().edge.tls.is_none());
}

#[test]
fn limits_reach_the_edge_by_their_own_names() {
    let settings = read(&[
        ("SMARTBOX__EDGE__CONNECTIONS_MAX", "20000"),
        ("SMARTBOX__EDGE__SOCKETS_PER_ADDRESS", "10000"),
        ("SMARTBOX__EDGE__SOCKETS_PER_MINUTE", "11000"),
        ("SMARTBOX__EDGE__TRUSTED_PROXIES", "10.0.0.0/8, ::1,192.0.2.7"),
    ])
    .unwrap();
    let config = settings.edge.config(settings.hold);
    assert_eq!((config.connections_max, config.sockets_per_address), (20_000, 10_000));
    assert_eq!((config.sockets_rate.burst, config.sign_in_rate.burst), (11_000, 60));
    let proxies: Vec<_> = config.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "::1/128", "192.0.2.7/32"]);
}

#[test]
fn clear_text_that_others_can_read_is_warned_of() {
    let warns = |pairs: &[(&str, &str)]| read(pairs).unwrap().edge.warning().is_some();
    assert!(warns(&[("SMARTBOX_LISTEN", "0.0.0.0:8080")]));
    assert!(!warns(&[("SMARTBOX_LISTEN", "127.0.0.1:8080")]));
    assert!(!warns(&[("SMARTBOX_LISTEN", "0.0.0.0:8080"), ("SMARTBOX__EDGE__PUBLIC_SCHEME", "https")]));
}

#[test]
fn an_authority_needs_names_that_it_can_look_up_and_files_are_something_else() {
    let settings = read(&[
        ("SMARTBOX__EDGE__ACME_DOMAINS", "boxes.example, www.boxes.example"),
        ("SMARTBOX__EDGE__PUBLIC_HOSTS", "other.example"),
    ])
    .unwrap();
    assert_eq!(settings.edge.public_hosts, ["boxes.example", "www.boxes.example", "other.example"]);
    assert_eq!(settings.edge.acme.unwrap().directory, smartbox_acme::LETS_ENCRYPT);
    for (setting, value) in [
        ("SMARTBOX__EDGE__ACME_DOMAINS", "localhost"),
        ("SMARTBOX__EDGE__ACME_DOMAINS", "192.0.2.7"),
        ("SMARTBOX__EDGE__ACME_EMAIL", "operator@boxes.example"),
        ("SMARTBOX__EDGE__ACME_DIRECTORY", "https://acme.example/dir"),
    ] {
        let problems = read(&[(setting, value)]).unwrap_err();
        assert!(problems[0].contains("edge.acme_domains"), "{value}: {problems:?}");
    }
    let with = |setting, value| {
        let names = ("SMARTBOX__EDGE__ACME_DOMAINS", "boxes.example");
        read(&[names, (setting, value)]).unwrap_err().join("\n")
    };
    assert!(
        with("SMARTBOX__EDGE__ACME_DIRECTORY", "http://acme.example/dir").contains("edge.acme_directory")
    );
    assert!(with("SMARTBOX__EDGE__ACME_EMAIL", "operator").contains("edge.acme_email"));
    assert!(with("SMARTBOX__EDGE__TLS_CERTIFICATE", "/nowhere/cert.pem").contains("cannot both be set"));
}
