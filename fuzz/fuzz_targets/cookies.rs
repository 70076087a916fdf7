//! Any bytes as cookies. A box never sees the platform's cookie and cannot set it, and what it sets stays below its prefix.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smartbox_edge::fuzzing::{PLATFORM_COOKIE, cookies, set_cookie};

const PREFIX: &str = "/b/home";

/// The name of a cookie, as lenient readers find it.
fn name(pair: &str) -> String {
    let name = pair.split('=').next().unwrap_or_default().trim().to_ascii_lowercase();
    let bare = name.strip_prefix("__host-").or(name.strip_prefix("__secure-"));
    bare.unwrap_or(&name).to_owned()
}

fuzz_target!(|data: &[u8]| {
    let values: Vec<_> = data.split(|byte| *byte == 0).collect();
    if let Some(seen) = cookies(&values) {
        let seen = String::from_utf8(seen).unwrap();
        assert!(seen.split(';').all(|pair| name(pair) != PLATFORM_COOKIE), "{seen}");
    }
    for value in values {
        let Some(set) = set_cookie(value, PREFIX) else { continue };
        let set = String::from_utf8(set).unwrap();
        let mut parts = set.split(';');
        let pair = parts.next().unwrap();
        assert!(pair.split_once('=').is_some_and(|(name, _)| !name.trim().is_empty()), "{set}");
        assert!(name(pair) != PLATFORM_COOKIE, "{set}");
        for part in parts {
            let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
            assert!(!attribute.trim().eq_ignore_ascii_case("domain"), "{set}");
            if attribute.trim().eq_ignore_ascii_case("path") && value.trim().starts_with('/') {
                assert!(value.trim().starts_with("/b/home/"), "{set}");
            }
        }
    }
});
