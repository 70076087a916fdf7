//! Any bytes as the documents of an issuer: its keys, and what it says about itself.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use smartbox_identity::fuzzing::{discovered, usable_keys};

const ISSUER: &str = "https://issuer.example";

/// Whether a secret could go to this address.
fn is_trusted(address: &str) -> bool {
    let local = ["http://localhost", "http://127.", "http://[::1]"];
    address.starts_with("https://") || local.iter().any(|start| address.starts_with(start))
}

fuzz_target!(|data: &[u8]| {
    let read: Option<Value> = serde_json::from_slice(data).ok();
    let named = read.as_ref().and_then(|read| read["keys"].as_array()).map_or(0, Vec::len);
    assert!(usable_keys(data).is_none_or(|usable| usable <= named && usable <= 64));

    // The first NUL parts two addresses in a document that is right besides.
    let text = String::from_utf8_lossy(data);
    let (one, two) = text.split_once('\0').unwrap_or((&text, "https://issuer.example/t"));
    let document = json!({
        "issuer": ISSUER, "authorization_endpoint": one, "token_endpoint": two, "jwks_uri": "https://issuer.example/k",
    });
    for body in [data, document.to_string().as_bytes()] {
        if let Some(addresses) = discovered(body, ISSUER) {
            assert!(addresses.iter().all(|address| is_trusted(address)), "{addresses:?}");
        }
    }
});
