//! Signatures of the Standard Webhooks specification (<https://www.standardwebhooks.com>).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

/// What a key begins with.
pub(crate) const SECRET_PREFIX: &str = "whsec_";
/// Bytes of a key that is made here. The specification wants 24 to 64.
const SECRET_BYTES: usize = 32;
/// Bytes that a key may have.
const SECRET_BYTES_ALLOWED: std::ops::RangeInclusive<usize> = 24..=64;

/// A new key from random bytes.
pub(crate) fn new_secret(fill: impl FnOnce(&mut [u8])) -> SecretString {
    let mut bytes = Zeroizing::new([0u8; SECRET_BYTES]);
    fill(&mut *bytes);
    SecretString::from(format!("{SECRET_PREFIX}{}", BASE64.encode(*bytes)))
}

/// Whether a text is a key.
pub(crate) fn is_secret(text: &str) -> bool {
    key(text).is_some()
}

fn key(secret: &str) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = Zeroizing::new(BASE64.decode(secret.strip_prefix(SECRET_PREFIX)?).ok()?);
    SECRET_BYTES_ALLOWED.contains(&bytes.len()).then_some(bytes)
}

/// The three headers of a message. Each key gives a signature, the newest first, so that a receiver finds the one that it knows.
pub(crate) fn headers(
    id: &str,
    at: Timestamp,
    body: &[u8],
    secrets: &[SecretString],
) -> [(&'static str, String); 3] {
    let seconds = at.as_second().to_string();
    let signatures: Vec<String> =
        secrets.iter().filter_map(|secret| signature((id, &seconds, body), secret)).collect();
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds),
        ("webhook-signature", signatures.join(" ")),
    ]
}

fn signature((id, seconds, body): (&str, &str, &[u8]), secret: &SecretString) -> Option<String> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key(secret.expose_secret())?);
    let mut signed = hmac::Context::with_key(&key);
    for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
        signed.update(part);
    }
    Some(format!("v1,{}", BASE64.encode(signed.sign())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The vector of the specification's own libraries.
    #[test]
    fn the_known_vector_is_signed_as_others_sign_it() {
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let [id, time, signature] =
            headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#, &[secret]);
        assert_eq!(id.1, "msg_p5jXN8AQM9LWM0D4loKWxJek");
        assert_eq!(time.1, "1614265330");
        assert_eq!(signature.1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_keys_give_two_signatures() {
        let secrets = [1u8, 2].map(|byte| new_secret(|bytes| bytes.fill(byte)));
        let [_, _, both] = headers("evt_1", Timestamp::UNIX_EPOCH, b"{}", &secrets);
        let each: Vec<String> = secrets
            .iter()
            .map(|secret| {
                headers("evt_1", Timestamp::UNIX_EPOCH, b"{}", std::slice::from_ref(secret))[2].1.clone()
            })
            .collect();
        assert_eq!(both.1, each.join(" "));
        assert_ne!(each[0], each[1]);
    }

    #[test]
    fn what_is_no_key_is_none() {
        assert!(is_secret(new_secret(|bytes| bytes.fill(7)).expose_secret()));
        for bad in [
            "",
            "whsec_",
            "whsec_AAAA",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!",
        ] {
            assert!(!is_secret(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn another_id_time_body_or_key_is_another_signature(
            id in "[a-z0-9_]{1,20}", other in "[a-z0-9_]{1,20}", body in any::<Vec<u8>>(), byte in 0u8..255,
        ) {
            prop_assume!(id != other);
            let key = new_secret(|bytes| bytes.fill(byte));
            let sign = |id: &str, second, body: &[u8], key: &SecretString| {
                headers(id, Timestamp::from_second(second).unwrap(), body, std::slice::from_ref(key))[2].1.clone()
            };
            let plain = sign(&id, 1, &body, &key);
            prop_assert_eq!(&plain, &sign(&id, 1, &body, &key));
            prop_assert_ne!(&plain, &sign(&other, 1, &body, &key));
            prop_assert_ne!(&plain, &sign(&id, 2, &body, &key));
            prop_assert_ne!(&plain, &sign(&id, 1, &[&body[..], b"x"].concat(), &key));
            prop_assert_ne!(&plain, &sign(&id, 1, &body, &new_secret(|bytes| bytes.fill(byte + 1))));
        }
    }
}
