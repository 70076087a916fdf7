//! Any bytes as a query, and as a query with a right signature in it. A query that is stripped has no identity left.

#![no_main]

use std::sync::LazyLock;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use smartbox_identity::signed_url::{sign, strip};
use smartbox_identity::{SignedUrlError, UrlKeys, UrlRequest};

const SECRET: &str = "a-secret-of-more-than-thirty-two-bytes";

static KEYS: LazyLock<UrlKeys> =
    LazyLock::new(|| UrlKeys::new(&[SECRET.into()], &[("k".to_owned(), SECRET.into())]).unwrap());

fuzz_target!(|data: &[u8]| {
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let text = String::from_utf8_lossy(data);
    let (query, path) = text.split_once('\0').unwrap_or((&text, "/ws"));
    let verify = |query: &str| KEYS.verify(&UrlRequest { method: "GET", path, query }, now);
    assert!(verify(query).is_err(), "accepted without the secret: {query}");

    let stripped = strip(query);
    assert_eq!(strip(&stripped), stripped);
    if stripped.len() < 16 * 1024 {
        assert!(matches!(verify(&stripped), Err(SignedUrlError::Missing)), "{stripped}");
    }

    // Whoever is signed comes back as signed.
    let id = format!("user_{query}");
    let signed = sign(&id, now, &SECRET.into());
    if let Ok(user) = verify(&signed) {
        assert_eq!(user.user_id, id);
    }
    // Other parameters around it change nothing but make it refused when they are of the same name.
    if let Ok(user) = verify(&format!("{query}&{signed}")) {
        assert_eq!(user.user_id, id);
    }
});
