use http::Request;

use super::*;

fn head(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

fn verdict(method: &str, headers: &[(&str, &str)]) -> Result<Addressed, &'static str> {
    let config = EdgeConfig {
        public_hosts: vec!["boxes.example".into()],
        public_scheme: Scheme::Https,
        box_domains: vec!["localhost".into(), "boxes.example".into()],
        ..EdgeConfig::default()
    };
    let local = "10.0.0.7:8080".parse().unwrap();
    let head = head(method, "/", headers);
    let addressed = check(&config, &head, local, None).map_err(|problem| problem.code)?;
    check_page(&head, &addressed).map_err(|problem| problem.code)?;
    Ok(addressed)
}

#[test]
fn only_our_own_names_are_served() {
    let local_names =
        ["localhost", "localhost:8080", "a.localhost", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080"];
    for host in local_names.into_iter().chain(["10.0.0.7:8080", "boxes.example", "BOXES.example.:443"]) {
        assert!(verdict("GET", &[("host", host)]).is_ok(), "{host}");
    }
    for host in ["evil.example", "10.0.0.8", "localhost.evil.example", "boxes.example.evil", "127.0.0.1.evil"]
    {
        assert_eq!(verdict("GET", &[("host", host)]), Err("bad-host"), "{host}");
    }
}

#[test]
fn a_label_in_front_of_a_domain_names_a_box() {
    let label = |host| verdict("GET", &[("host", host)]).map(|addressed| (addressed.label, addressed.scheme));
    let local = Ok((Some("home".to_owned()), Scheme::Http));
    assert_eq!(label("home.localhost:8080"), local);
    assert_eq!(label("home.boxes.example"), Ok((Some("home".to_owned()), Scheme::Https)));
    assert_eq!(label("localhost"), Ok((None, Scheme::Http)));
    assert_eq!(label("boxes.example"), Ok((None, Scheme::Https)));
    // Two labels are no box; below `localhost` they still are this machine.
    assert_eq!(label("a.b.boxes.example"), Err("bad-host"));
    assert_eq!(label("a.b.localhost").map(|(label, _scheme)| label), Ok(None));
}

#[test]
fn a_host_header_that_is_missing_doubled_or_odd_is_refused() {
    assert_eq!(verdict("GET", &[]), Err("bad-request"));
    assert_eq!(verdict("GET", &[("host", "localhost"), ("host", "localhost")]), Err("bad-request"));
    assert_eq!(verdict("GET", &[("host", "localhost@evil.example")]), Err("bad-request"));
    assert_eq!(verdict("GET", &[("host", "")]), Err("bad-request"));
}

#[test]
fn a_target_that_names_another_host_is_refused() {
    let config = EdgeConfig::default();
    let head = head("GET", "http://evil.example/", &[("host", "localhost")]);
    let local = "127.0.0.1:8080".parse().unwrap();
    assert_eq!(check(&config, &head, local, None).map_err(|problem| problem.code), Err("bad-request"));
}

#[test]
fn a_change_must_come_from_our_own_page_or_from_a_program() {
    let post = |headers: &[(&str, &str)]| {
        let mut all = vec![("host", "localhost:8080")];
        all.extend_from_slice(headers);
        verdict("POST", &all).map(|_addressed| ())
    };
    assert_eq!(post(&[]), Ok(()));
    assert_eq!(post(&[("origin", "http://localhost:8080")]), Ok(()));
    assert_eq!(post(&[("sec-fetch-site", "same-origin")]), Ok(()));
    for origin in
        ["null", "http://localhost", "http://localhost:3000", "https://localhost:8080", "http://evil", ""]
    {
        assert_eq!(post(&[("origin", origin)]), Err("bad-origin"), "{origin}");
    }
    assert_eq!(post(&[("sec-fetch-site", "same-site")]), Err("bad-origin"));
    let twice = [("origin", "http://localhost:8080"), ("origin", "http://evil.example")];
    assert_eq!(post(&twice), Err("bad-origin"));
}

#[test]
fn behind_tls_the_origin_is_the_public_one() {
    let post = |origin| verdict("POST", &[("host", "boxes.example"), ("origin", origin)]).is_ok();
    assert!(post("https://boxes.example"));
    assert!(post("https://boxes.example:443"));
    assert!(!post("http://boxes.example"));
}

#[test]
fn a_socket_must_come_from_our_own_page_and_a_look_need_not() {
    let foreign = [("host", "localhost"), ("origin", "http://evil.example")];
    assert!(verdict("GET", &foreign).is_ok());
    let mut upgrade = foreign.to_vec();
    upgrade.extend([("connection", "Upgrade"), ("upgrade", "websocket")]);
    assert_eq!(verdict("GET", &upgrade), Err("bad-origin"));
}

#[test]
fn tunnels_and_traces_are_not_served() {
    for method in ["CONNECT", "TRACE"] {
        assert_eq!(verdict(method, &[("host", "localhost")]), Err("method-not-allowed"));
    }
}

#[test]
fn a_box_is_asked_by_our_own_pages_by_programs_and_by_links_that_people_follow() {
    let addressed = Addressed { host: "localhost:8080".into(), scheme: Scheme::Http, label: None };
    let asks = |headers: &[(&str, &str)]| check_box(&head("GET", "/", headers), &addressed, true).is_ok();
    assert!(asks(&[]));
    assert!(asks(&[("origin", "http://localhost:8080")]));
    assert!(asks(&[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")]));
    assert!(asks(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]));
    assert!(!asks(&[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")]));
    assert!(!asks(&[("origin", "http://localhost:3000")]));
    assert!(!asks(&[("origin", "null"), ("sec-fetch-mode", "navigate")]));
}

#[test]
fn a_service_worker_lives_under_a_boxes_prefix_only() {
    let addressed = Addressed { host: "localhost:8080".into(), scheme: Scheme::Http, label: None };
    let worker = head("GET", "/sw.js", &[("service-worker", "script")]);
    assert!(check_box(&worker, &addressed, true).is_ok());
    assert_eq!(check_box(&worker, &addressed, false).map_err(|problem| problem.code), Err("not-found"));
    let own = Addressed { label: Some("home".into()), ..addressed };
    assert!(check_box(&worker, &own, false).is_ok(), "at a host of its own a box may do as it likes");
}
