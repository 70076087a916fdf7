//! `Proxy-Authorization: Basic base64(box_id:token)` (RFC 7617).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use smartbox_core::BoxId;
use zeroize::Zeroizing;

/// Longest value that is looked at.
const BYTES_MAX: usize = 1024;

/// Box and token of a header's value; `None` when it is something else.
pub(crate) fn basic(value: &[u8]) -> Option<(BoxId, SecretString)> {
    let text = std::str::from_utf8(value).ok().filter(|text| text.len() <= BYTES_MAX)?;
    let (scheme, encoded) = text.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let (id, token) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.parse().ok()?, SecretString::from(token)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    const ID: &str = "box_01890a5d5a5a7b6c8d9e0f1a2b3c4d5e";

    #[test]
    fn a_box_and_its_token_are_found_and_everything_else_is_nobody() {
        let value = |text: &str| format!("Basic {}", STANDARD.encode(text));
        let (id, token) = basic(value(&format!("{ID}:a:b")).as_bytes()).unwrap();
        assert_eq!((id.to_string().as_str(), token.expose_secret()), (ID, "a:b"));
        for bad in [
            value(ID),
            value("home:token"),
            "Basic".to_owned(),
            "Basic !".to_owned(),
            format!("Bearer {ID}:x"),
        ] {
            assert!(basic(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
