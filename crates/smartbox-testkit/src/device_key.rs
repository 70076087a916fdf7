//! A device of a person: a key, and proofs made with it.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_lc_rs::digest;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::HOST;

/// A device's key. Written by hand after RFC 9449, so that it is another implementation than the one that verifies.
pub struct DeviceKey {
    pair: Ed25519KeyPair,
}

/// Proofs so far: each has an identifier of its own, also of two keys out of one seed.
static PROOFS: AtomicU32 = AtomicU32::new(0);

impl DeviceKey {
    /// The key that grows out of this seed.
    ///
    /// # Panics
    /// Never: every seed gives a key.
    #[expect(clippy::expect_used, reason = "every seed of 32 bytes gives a key")]
    pub fn new(seed: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed");
        Self { pair }
    }

    /// A proof for one request to the test's server, with this bearer token if it carries one.
    pub fn proof(&self, method: &str, path: &str, token: Option<&str>, now: Timestamp) -> String {
        let n = PROOFS.fetch_add(1, Ordering::Relaxed);
        let mut claims = json!({
            "jti": format!("proof {n}"), "htm": method, "htu": format!("http://{HOST}{path}"), "iat": now.as_second(),
        });
        if let Some(token) = token {
            claims["ath"] = json!(URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, token.as_bytes())));
        }
        self.sign(&claims)
    }

    /// A proof with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.pair.public_key());
        let header =
            json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": x } });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(claims));
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(self.pair.sign(text.as_bytes())))
    }
}
