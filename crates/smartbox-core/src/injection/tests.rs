use proptest::prelude::*;

use super::*;

fn rule(text: &str) -> Rule {
    text.parse().unwrap()
}

#[test]
fn a_rule_is_read_and_written_in_one_spelling() {
    for (text, written) in [
        (
            "https://API.GitHub.com secret=GITHUB_TOKEN header=Authorization",
            "https://api.github.com/ secret=GITHUB_TOKEN header=authorization",
        ),
        (
            "https://api.telegram.org:443/ path  secret=BOT methods=get,POST",
            "https://api.telegram.org/ secret=BOT path methods=GET,POST",
        ),
        (
            "http://nas.lan:8080/v1 secret=NAS header=x-api-key",
            "http://nas.lan:8080/v1 secret=NAS header=x-api-key",
        ),
        ("https://[2001:db8::1]/ secret=A header=cookie", "https://[2001:db8::1]/ secret=A header=cookie"),
    ] {
        assert_eq!(rule(text).to_string(), written);
        assert_eq!(rule(written), rule(text));
    }
}

#[test]
fn what_is_no_rule_says_why() {
    for (text, said) in [
        ("", "begins with"),
        ("api.github.com secret=A path", "begins with"),
        ("ftp://a.example secret=A path", "begins with"),
        ("https://*.example.com secret=A path", "host cannot be used"),
        ("https://u:p@a.example secret=A path", "credentials"),
        ("https://0x7f.1 secret=A path", "unusual spelling"),
        ("https://a.example/../b secret=A path", "the path has"),
        ("https://a.example/b?c=d secret=A path", "the path has"),
        ("https://a.example/%2e secret=A path", "the path has"),
        ("https://a.example header=x", "secret=NAME"),
        ("https://a.example secret=path path", "A-Z"),
        ("https://a.example secret=LD_PRELOAD path", "reserved"),
        ("https://a.example secret=A", "header=NAME"),
        ("https://a.example secret=A header=host", "header cannot be used"),
        ("https://a.example secret=A header=Content-Length", "header cannot be used"),
        ("https://a.example secret=A header=a:b", "header cannot be used"),
        ("https://a.example secret=A header=x path", "each once"),
        ("https://a.example secret=A path methods=", "methods"),
        ("https://a.example secret=A path inside", "each once"),
    ] {
        let refused = text.parse::<Rule>().unwrap_err().to_string();
        assert!(refused.contains(said), "{text}: {refused}");
    }
}

#[test]
fn a_rule_is_about_its_own_scheme_host_port_method_and_path() {
    let rule = rule("https://api.example/v1/ secret=A header=authorization methods=GET");
    let asked = |scheme, host: &str, port, method, path| {
        let host = Host::parse(host).unwrap();
        rule.matches(&Asked { scheme, host: &host, port, method, path })
    };
    assert!(asked(Scheme::Https, "api.example", 443, "GET", "/v1/x"));
    assert!(asked(Scheme::Https, "api.example", 443, "GET", "/v1"));
    assert!(!asked(Scheme::Http, "api.example", 443, "GET", "/v1/x"));
    assert!(!asked(Scheme::Https, "evil.example", 443, "GET", "/v1/x"));
    assert!(!asked(Scheme::Https, "x.api.example", 443, "GET", "/v1/x"));
    assert!(!asked(Scheme::Https, "api.example", 8443, "GET", "/v1/x"));
    assert!(!asked(Scheme::Https, "api.example", 443, "POST", "/v1/x"));
    for path in
        ["/", "/v12", "/v1/../x", "/v1/%2e%2e/x", "/v1//x", "/v1/..", "/v1\\..\\x", "/v1/./x", "/V1/x"]
    {
        assert!(!asked(Scheme::Https, "api.example", 443, "GET", path), "{path}");
    }
}

proptest! {
    #[test]
    fn foreign_text_never_panics_and_what_is_read_is_read_again(text in "(https?://)?[ -~]{0,60}") {
        for line in [text.clone(), format!("https://{text} secret=A path"), format!("https://a.example/{text} secret=A path")] {
            if let Ok(read) = line.parse::<Rule>() {
                prop_assert_eq!(read.to_string().parse::<Rule>().unwrap(), read);
            }
        }
    }

    #[test]
    fn no_path_leaves_its_prefix(segments in proptest::collection::vec("(a|b|\\.|\\.\\.|%2e%2e|%2F|)", 0..6)) {
        let rule = rule("https://a.example/a/b secret=A path");
        let path = format!("/{}", segments.join("/"));
        let host = Host::parse("a.example").unwrap();
        let asked = Asked { scheme: Scheme::Https, host: &host, port: 443, method: "GET", path: &path };
        if rule.matches(&asked) {
            prop_assert!(segments.starts_with(&["a".to_owned(), "b".to_owned()]));
            prop_assert!(segments.iter().all(|segment| segment == "a" || segment == "b" || segment.is_empty()));
        }
    }
}
