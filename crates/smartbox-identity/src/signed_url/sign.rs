//! The texts that are signed, and signing them: for the command line, and for tests.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

/// First line of the bound text. No user id begins like this, so no text of one form is one of the other.
const BOUND_PREFIX: &str = "smartbox-signed-url-v1";

/// `userId.exp`.
pub(super) fn plain_text(user: &str, exp: &str) -> String {
    format!("{user}.{exp}")
}

/// Seven lines, no newline at the end. None of the parts can have a newline: names and nonces are words, user ids have
/// no control characters, and the rest comes from a request line.
pub(super) fn bound_text(kid: &str, method: &str, path: &str, user: &str, exp: &str, nonce: &str) -> String {
    [BOUND_PREFIX, kid, method, path, user, exp, nonce].join("\n")
}

/// The query of a plain signed URL. It works for every request until it expires.
pub fn sign(user_id: &str, expires_at: Timestamp, secret: &SecretString) -> String {
    let exp = expires_at.as_second().to_string();
    let sig = signature(secret, &plain_text(user_id, &exp));
    query(&[("userId", user_id), ("exp", &exp), ("sig", &sig)])
}

/// The query of a URL that is bound to a method and a path, under the secret `kid`. `nonce` is 16 to 128 characters of
/// `A-Z a-z 0-9 - _`, never used before.
pub fn sign_bound(
    user_id: &str,
    expires_at: Timestamp,
    (kid, secret): (&str, &SecretString),
    (method, path): (&str, &str),
    nonce: &str,
) -> String {
    let exp = expires_at.as_second().to_string();
    let sig = signature(secret, &bound_text(kid, method, path, user_id, &exp, nonce));
    let pairs = [("userId", user_id), ("exp", &exp), ("sigKid", kid), ("sigNonce", nonce), ("sig", &sig)];
    query(&pairs)
}

fn signature(secret: &SecretString, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes()))
}

fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
