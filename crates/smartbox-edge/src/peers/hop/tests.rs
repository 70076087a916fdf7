use http::Request;
use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

/// A seal that anybody could make: what is tested is what it covers.
struct Sum(u8);

impl Seal for Sum {
    fn seal(&self, text: &[u8]) -> [u8; SEAL_BYTES] {
        let mut sum = [self.0; SEAL_BYTES];
        for (at, byte) in text.iter().enumerate() {
            let place = &mut sum[at % SEAL_BYTES];
            *place = place.rotate_left(1) ^ byte.wrapping_add(u8::try_from(at % 251).unwrap());
        }
        sum
    }

    fn is_sealed(&self, text: &[u8], mac: &[u8; SEAL_BYTES]) -> bool {
        self.seal(text) == *mac
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn head(method: &str, target: &str, host: &str) -> Parts {
    Request::builder().method(method).uri(target).header(HOST, host).body(()).unwrap().into_parts().0
}

fn hop() -> Hop {
    Hop {
        client: "[2001:db8::1]:4711".parse().unwrap(),
        local: "192.0.2.1:8080".parse().unwrap(),
        scheme: Scheme::Https,
        id: "req-1".to_owned(),
    }
}

fn sealed(head: &mut Parts) {
    let value = hop().seal(&Sum(7), head, now()).unwrap();
    head.headers.insert(HOP, value);
}

#[test]
fn a_hop_says_what_it_said_when_it_was_sealed() {
    let mut head = head("GET", "/b/home/?a=b", "boxes.example");
    sealed(&mut head);
    assert_eq!(Hop::open(&Sum(7), &head, now()), Some(hop()));
    assert_eq!(Hop::open(&Sum(8), &head, now()), None, "of another database");
}

#[test]
fn a_hop_is_good_for_its_request_and_for_a_minute() {
    let mut first = head("GET", "/b/home/", "boxes.example");
    sealed(&mut first);
    let value = first.headers[HOP].clone();
    for other in [
        head("POST", "/b/home/", "boxes.example"),
        head("GET", "/b/home/x", "boxes.example"),
        head("GET", "/b/home/?x", "boxes.example"),
        head("GET", "/b/home/", "other.example"),
    ] {
        let mut other = other;
        other.headers.insert(HOP, value.clone());
        assert_eq!(Hop::open(&Sum(7), &other, now()), None, "{other:?}");
    }
    for (secs, is_good) in [(60, true), (-60, true), (61, false), (-61, false)] {
        let later = now() + SignedDuration::from_secs(secs);
        assert_eq!(Hop::open(&Sum(7), &first, later).is_some(), is_good, "{secs}");
    }
    first.headers.append(HOP, value);
    assert_eq!(Hop::open(&Sum(7), &first, now()), None, "which of the two?");
}

proptest! {
    #[test]
    fn a_header_that_nobody_sealed_says_nothing(text in "[ -~]{0,200}") {
        let mut head = head("GET", "/", "boxes.example");
        head.headers.insert(HOP, HeaderValue::try_from(text).unwrap());
        prop_assert_eq!(Hop::open(&Sum(7), &head, now()), None);
    }

    #[test]
    fn a_header_of_which_one_character_is_another_says_nothing(at in 0_usize..120, to in b'!'..=b'~') {
        let mut head = head("GET", "/", "boxes.example");
        sealed(&mut head);
        let mut bytes = head.headers[HOP].as_bytes().to_vec();
        prop_assume!(at < bytes.len() && bytes[at] != to);
        // The seal may be written in capitals.
        prop_assume!(!bytes[at].eq_ignore_ascii_case(&to));
        bytes[at] = to;
        head.headers.insert(HOP, HeaderValue::from_bytes(&bytes).unwrap());
        prop_assert_eq!(Hop::open(&Sum(7), &head, now()), None);
    }
}
