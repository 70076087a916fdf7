//! Any text as a path and as a query. A path that is let through has one reading; a query that is let through names no
//! credential to a reader of forms either.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smartbox_edge::fuzzing::{is_clean_query, plain_path};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for path in [text.clone().into_owned(), format!("/{text}")] {
        let Some(plain) = plain_path(&path) else { continue };
        assert!(!plain.chars().any(char::is_control) && !plain.contains('\\'));
        assert_eq!(plain.matches('/').count(), path.matches('/').count());
        assert!(plain.split('/').all(|segment| segment != "." && segment != ".."), "{plain}");
        assert!(!plain.contains("//"), "{plain}");
        // What decodes twice decodes to the same.
        let form = plain.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
        let again = form_urlencoded::parse(form.as_bytes()).next();
        assert!(plain.is_empty() || again.is_some_and(|(name, _)| name == plain), "{plain}");
    }
    if is_clean_query(&text) {
        for (name, _value) in form_urlencoded::parse(text.as_bytes()) {
            let name = name.trim().to_lowercase();
            assert!(!["token", "password", "gatewayurl", "access_token"].contains(&&*name), "{text}");
        }
    }
});
