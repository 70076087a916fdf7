//! What a caller is known by.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use smartbox_api::{ADMIN_SECRET_HEADER, SUPPORT_PREFIX, TOKEN_PREFIX};

use crate::exit::Exit;
use crate::failure::Failure;

/// A token, ready to be sent.
pub(super) struct Credential {
    name: HeaderName,
    value: HeaderValue,
    person: Option<String>,
}

/// As much of a JWT's header as tells that it is one (RFC 7515 §4.1.1).
#[derive(Deserialize)]
struct JwtHeader {
    #[serde(rename = "alg")]
    _alg: String,
}

impl Credential {
    /// Service tokens, JWTs and what opens support access are bearer tokens; anything else is the admin secret.
    ///
    /// # Errors
    /// The token does not fit into a header.
    pub(super) fn new(token: &SecretString) -> Result<Self, Failure> {
        let token = token.expose_secret();
        let person = is_jwt(token).then(|| {
            URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, token.as_bytes())) //
        });
        let has_prefix = [TOKEN_PREFIX, SUPPORT_PREFIX].iter().any(|prefix| token.starts_with(prefix));
        let (name, text) = if person.is_some() || has_prefix {
            (http::header::AUTHORIZATION, format!("Bearer {token}"))
        } else {
            (HeaderName::from_static(ADMIN_SECRET_HEADER), token.to_owned())
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_error| {
            Failure::new(Exit::Usage, "The token holds characters that no token has.")
                .help("Copy it again; it is one line of plain ASCII.")
        })?;
        value.set_sensitive(true);
        Ok(Self { name, value, person })
    }

    /// Adds it to a request.
    pub(super) fn put(&self, headers: &mut HeaderMap) {
        headers.insert(&self.name, self.value.clone());
    }

    /// SHA-256 of a person's token, base64url (RFC 9449, `ath`); `None` for the tokens of programs, which have no device.
    pub(super) fn hash_of_person(&self) -> Option<&str> {
        self.person.as_deref()
    }
}

/// Whether a token is a JWT: three parts of base64url, of which the first is a header with an algorithm. An admin secret
/// that somebody chose with dots in it is none.
fn is_jwt(token: &str) -> bool {
    let mut parts =
        token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).ok().filter(|part| !part.is_empty()));
    let (Some(Some(header)), Some(Some(_)), Some(Some(_)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    serde_json::from_slice::<JwtHeader>(&header).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jwt_is_told_from_a_secret_with_dots() {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let header = part(r#"{"alg":"HS256","typ":"JWT"}"#);
        assert!(is_jwt(&format!("{header}.{}.c2ln", part("{}"))));
        for secret in [
            "hush".to_owned(),
            "a.b.c".to_owned(),
            "one.two.three".to_owned(),
            format!("{header}..c2ln"),
            format!("{header}.e30"),
            format!("{header}.e30."),
            format!("{header}.e30.c2ln.c2ln"),
            format!("{header}.e30.not base64"),
            format!("{}.e30.c2ln", part(r#"{"typ":"JWT"}"#)),
            format!("{}.e30.c2ln", part("no json")),
        ] {
            assert!(!is_jwt(&secret), "{secret}");
        }
    }

    #[test]
    fn a_token_with_a_line_end_is_a_usage_error() {
        let failure = Credential::new(&SecretString::from("hush\nX-Evil: 1")).err().unwrap();
        assert_eq!(failure.exit(), Exit::Usage);
        assert!(!format!("{failure:?}").contains("hush"));
    }
}
