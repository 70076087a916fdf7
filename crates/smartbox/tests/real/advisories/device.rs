//! A device as browsers make them: a key, and a signature over what its handshake claims.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A device's key.
pub(super) struct Device(Ed25519KeyPair);

impl Device {
    pub(super) fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    /// Signs a handshake that answers this challenge (the `v3` form of OpenClaw's device signatures).
    pub(super) fn sign(&self, params: &mut Value, challenge: &Value) {
        let public = self.0.public_key().as_ref();
        let id: String = digest(&SHA256, public).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let (nonce, at) = (challenge["nonce"].as_str().unwrap(), challenge["ts"].as_u64().unwrap());
        let scopes: Vec<_> =
            params["scopes"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap()).collect();
        let client = &params["client"];
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let text = [
            "v3",
            &id,
            &word(&client["id"]),
            &word(&client["mode"]),
            &word(&params["role"]),
            &scopes.join(","),
            &at.to_string(),
            "",
            nonce,
            &word(&client["platform"]),
            "",
        ]
        .join("|");
        let signature = URL_SAFE_NO_PAD.encode(self.0.sign(text.as_bytes()));
        params["device"] = json!({ "id": id, "publicKey": URL_SAFE_NO_PAD.encode(public), "signature": signature,
            "signedAt": at, "nonce": nonce });
    }
}
