use http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn trusted() -> Vec<IpNet> {
    ["10.0.0.0/8", "2001:db8::/32"].iter().map(|network| network.parse().unwrap()).collect()
}

fn found(peer: &str, lines: &[&[u8]]) -> String {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(X_FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap());
    }
    client(&trusted(), SocketAddr::new(peer.parse().unwrap(), 7), &headers).address.ip().to_string()
}

#[test]
fn the_list_of_a_peer_that_is_not_trusted_does_not_count() {
    assert_eq!(found("9.9.9.9", &[b"1.1.1.1"]), "9.9.9.9");
    assert_eq!(found("127.0.0.1", &[b"1.1.1.1"]), "127.0.0.1", "loopback is not listed");
}

#[test]
fn the_list_is_read_from_its_end_over_trusted_proxies_only() {
    assert_eq!(found("10.0.0.1", &[]), "10.0.0.1");
    assert_eq!(found("10.0.0.1", &[b"1.1.1.1"]), "1.1.1.1");
    assert_eq!(found("10.0.0.1", &[b"6.6.6.6, 1.1.1.1, 10.0.0.2"]), "1.1.1.1");
    assert_eq!(found("10.0.0.1", &[b"6.6.6.6, 1.1.1.1", b"10.0.0.2"]), "1.1.1.1", "two lines are one list");
    assert_eq!(found("10.0.0.1", &[b"10.0.0.3, 10.0.0.2"]), "10.0.0.3", "a client inside");
    assert_eq!(found("2001:db8::1", &[b"[2606:4700::1]:443"]), "2606:4700::1");
    assert_eq!(found("::ffff:10.0.0.1", &[b"1.1.1.1:80"]), "1.1.1.1");
}

#[test]
fn a_list_that_is_malformed_leads_to_the_last_trusted_proxy() {
    for broken in [&b"1.1.1.1, unknown, 10.0.0.2"[..], b"1.1.1.1,,10.0.0.2", b"1.1.1.1, \xff, 10.0.0.2"] {
        assert_eq!(found("10.0.0.1", &[broken]), "10.0.0.2");
    }
    assert_eq!(found("10.0.0.1", &[b"1.1.1.1, _hidden"]), "10.0.0.1");
    let long = vec!["10.0.0.2"; HOPS_MAX].join(",");
    assert_eq!(found("10.0.0.1", &[b"6.6.6.6", long.as_bytes()]), "10.0.0.2", "there is an end to it");
}

#[test]
fn only_a_trusted_proxy_says_the_scheme_and_only_in_one_word() {
    let scheme = |peer: &str, lines: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_PROTO, HeaderValue::from_static(line));
        }
        client(&trusted(), SocketAddr::new(peer.parse().unwrap(), 7), &headers).scheme
    };
    assert_eq!(scheme("10.0.0.1", &["HTTPS"]), Some(Scheme::Https));
    assert_eq!(scheme("10.0.0.1", &["http"]), Some(Scheme::Http));
    for lines in [&["https, http"][..], &["https", "http"], &["ftp"], &[]] {
        assert_eq!(scheme("10.0.0.1", lines), None);
    }
    assert_eq!(scheme("9.9.9.9", &["https"]), None);
}

/// An entry as a client may write it: an address of either kind, or anything.
fn entries() -> impl Strategy<Value = Vec<String>> {
    let entry = prop_oneof![
        any::<[u8; 3]>().prop_map(|[a, b, c]| format!("10.{a}.{b}.{c}")),
        any::<[u8; 4]>().prop_map(|octets| IpAddr::from(octets).to_string()),
        "[ -~]{0,12}",
    ];
    prop::collection::vec(entry, 0..12)
}

proptest! {
    /// Whatever a client writes in front of what the first trusted proxy wrote, it is that proxy's word that counts.
    #[test]
    fn nobody_can_choose_their_address(forged in entries(), hops in 0_u8..8) {
        let mut list = forged;
        list.push("1.2.3.4".to_owned());
        list.extend((0..hops).map(|hop| format!("10.0.0.{hop}")));
        prop_assert_eq!(found("10.9.9.9", &[list.join(",").as_bytes()]), "1.2.3.4");
    }

    /// The answer is the peer, or stands in the list, and everybody behind it is trusted.
    #[test]
    fn the_answer_was_written_by_somebody_trusted(list in entries()) {
        let text = list.join(",");
        let answer: IpAddr = found("10.9.9.9", &[text.as_bytes()]).parse().unwrap();
        let mut behind = text.rsplit(',').map(|entry| address(entry.as_bytes()));
        let at = behind.position(|entry| entry == Some(answer));
        match at {
            None => prop_assert_eq!(answer, "10.9.9.9".parse::<IpAddr>().unwrap()),
            Some(at) => {
                let entries = text.rsplit(',').map(|entry| address(entry.as_bytes()));
                let all_trusted = entries.take(at).all(|entry| entry.is_some_and(|a| is_trusted(&trusted(), a)));
                prop_assert!(all_trusted || answer == "10.9.9.9".parse::<IpAddr>().unwrap());
            }
        }
    }
}
