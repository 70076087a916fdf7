//! Any bytes as a token, and as the parts of one whose signature is right. Whatever is accepted must say who it is
//! about, who made it, and that it is not over.

#![no_main]

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use smartbox_identity::{Verifier, VerifierConfig};
use tokio::runtime::{Builder, Runtime};

const SECRET: &str = "a-secret-of-more-than-thirty-two-bytes";
const ISSUER: &str = "https://i";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().build().unwrap());
static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    Verifier::new(VerifierConfig {
        issuer: ISSUER.to_owned(),
        audiences: vec!["a".to_owned()],
        hs256_secret: Some(SECRET.into()),
        ..VerifierConfig::default()
    })
    .unwrap()
});

fn check(token: &str, is_signed: bool) {
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let Ok(verified) = RUNTIME.block_on(VERIFIER.verify(token, now)) else { return };
    assert!(is_signed, "accepted without the secret: {token}");
    assert!(!verified.subject.is_empty() && verified.subject.len() <= 255);
    assert_eq!(verified.issuer, ISSUER);
    assert!(verified.expires_at.as_second() > now.as_second() - 60);
}

fuzz_target!(|data: &[u8]| {
    check(&String::from_utf8_lossy(data), false);
    // The first NUL parts header and payload.
    let (header, payload) = match data.iter().position(|byte| *byte == 0) {
        Some(place) => (&data[..place], &data[place + 1..]),
        None => (br#"{"alg":"HS256"}"#.as_slice(), data),
    };
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), signed.as_bytes());
    check(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)), true);
});
