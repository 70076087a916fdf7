//! Any bytes as the head of a request for a tunnel, and any text as a target and as rules. What is taken has one reading.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smartbox_core::egress_policy::{Host, Rules};
use smartbox_core::injection;

fuzz_target!(|data: &[u8]| {
    smartbox_egress::fuzzing::head(data);
    smartbox_egress::fuzzing::head(&[b"CONNECT ", data, b"\r\n\r\n"].concat());
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok((host, port)) = Host::parse_authority(text, Some(80)) {
        let again = Host::parse_authority(&format!("{host}:{port}"), None);
        assert_eq!(again, Ok((host.clone(), port)), "{text:?}");
        if let Host::Name(name) = &host {
            // Neither the standard library nor a resolver takes it for an address.
            assert!(name.parse::<std::net::IpAddr>().is_err(), "{text:?}");
            assert!(!name.ends_with('.') && !name.bytes().any(|b| b.is_ascii_uppercase()), "{text:?}");
        }
    }
    if let Ok(rules) = text.parse::<Rules>() {
        assert_eq!(rules.to_string().parse(), Ok(rules), "{text:?}");
    }
    for text in [text.to_owned(), format!("https://{text} secret=A path"), format!("https://a.example/{text} secret=A path")] {
        if let Ok(rules) = text.parse::<injection::Rules>() {
            assert_eq!(rules.to_string().parse(), Ok(rules), "{text:?}");
        }
    }
});
