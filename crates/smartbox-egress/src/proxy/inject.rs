//! Puts secrets where their placeholders stand: in headers and paths that rules name, and nowhere else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header::HeaderValue;
use http::request::Parts;
use http::uri::{PathAndQuery, Uri};
use secrecy::{ExposeSecret as _, SecretString};
use smartbox_core::SecretName;
use smartbox_core::injection::{Asked, Place, Rule};
use zeroize::Zeroizing;

use super::dial::Caller;
use super::pool::Key;
use super::refusal::Refusal;

/// How `Authorization: Basic` begins: the placeholder is within what follows.
const BASIC: &str = "Basic ";

/// Puts in what the rules say for this request.
pub(super) async fn apply(caller: &Caller, key: &Key, parts: &mut Parts) -> Result<(), Refusal> {
    for rule in about(caller, key, parts) {
        if !stands_in(&rule, parts) {
            continue;
        }
        let value = reveal(caller, &rule.secret).await?;
        let put = match &rule.place {
            Place::Header(name) => put_in_header(parts, name, &rule.secret, &value),
            Place::Path => put_in_path(parts, &rule.secret, &value),
        };
        put.ok_or_else(|| Refusal::UnfitSecret(rule.secret.to_string()))?;
        caller.inner.totals.injected();
    }
    Ok(())
}

fn about(caller: &Caller, Key { scheme, host, port }: &Key, parts: &Parts) -> Vec<Rule> {
    let policies = caller.inner.ports.policies.borrow();
    let Some(injections) = policies.injections_of(caller.id) else { return Vec::new() };
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    injections.about(&Asked { scheme: *scheme, host, port: *port, method, path })
}

async fn reveal(caller: &Caller, name: &SecretName) -> Result<SecretString, Refusal> {
    match caller.inner.ports.vault.reveal(caller.id, name).await {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(Refusal::NoSecret(name.to_string())),
        Err(why) => {
            tracing::warn!(box.id = %caller.id, secret = %name, why, "a secret cannot be read");
            Err(Refusal::VaultClosed)
        }
    }
}

/// Whether the rule's placeholder is where it says.
fn stands_in(rule: &Rule, parts: &Parts) -> bool {
    match &rule.place {
        Place::Path => rule.secret.put_in(parts.uri.path(), "").is_some(),
        Place::Header(name) => {
            parts.headers.get_all(name).iter().any(|value| written(value, &rule.secret, "").is_some())
        }
    }
}

/// The header's value with the secret in it; `None` without its placeholder.
fn written(value: &HeaderValue, name: &SecretName, secret: &str) -> Option<Zeroizing<String>> {
    let text = value.to_str().ok()?;
    if let Some(made) = name.put_in(text, secret) {
        return Some(Zeroizing::new(made));
    }
    let (scheme, encoded) = text.split_at_checked(BASIC.len())?;
    if !scheme.eq_ignore_ascii_case(BASIC) {
        return None;
    }
    let plain = Zeroizing::new(String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?);
    let made = Zeroizing::new(name.put_in(&plain, secret)?);
    Some(Zeroizing::new(format!("{scheme}{}", BASE64.encode(made.as_bytes()))))
}

fn put_in_header(parts: &mut Parts, name: &str, secret: &SecretName, value: &SecretString) -> Option<()> {
    let name = http::header::HeaderName::from_bytes(name.as_bytes()).ok()?;
    let mut made = Vec::new();
    for before in parts.headers.get_all(&name) {
        made.push(match written(before, secret, value.expose_secret()) {
            Some(text) => {
                let mut filled = HeaderValue::from_str(&text).ok()?;
                filled.set_sensitive(true);
                filled
            }
            None => before.clone(),
        });
    }
    parts.headers.remove(&name);
    for value in made {
        parts.headers.append(name.clone(), value);
    }
    Some(())
}

fn put_in_path(parts: &mut Parts, secret: &SecretName, value: &SecretString) -> Option<()> {
    let encoded = encode(value.expose_secret());
    let path = Zeroizing::new(secret.put_in(parts.uri.path(), &encoded)?);
    let whole = match parts.uri.query() {
        Some(query) => Zeroizing::new(format!("{}?{query}", *path)),
        None => path,
    };
    parts.uri = Uri::from(PathAndQuery::try_from(whole.as_str()).ok()?);
    Some(())
}

/// A value as a part of one segment (RFC 3986 §3.3): it cannot end the segment or the path.
fn encode(value: &str) -> Zeroizing<String> {
    let mut made = Zeroizing::new(String::with_capacity(value.len()));
    for byte in value.bytes() {
        match byte {
            b if b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&b) => made.push(char::from(b)),
            b => made.push_str(&format!("%{b:02X}")),
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written_as(value: &str) -> Option<String> {
        let name = "TOKEN".parse().unwrap();
        let value = HeaderValue::from_str(value).unwrap();
        written(&value, &name, "real").map(|text| text.to_string())
    }

    #[test]
    fn a_placeholder_gives_way_within_a_header_and_within_basic_credentials() {
        assert_eq!(written_as("token sbx-placeholder-TOKEN").as_deref(), Some("token real"));
        let basic = format!("Basic {}", BASE64.encode("user:sbx-placeholder-TOKEN"));
        assert_eq!(written_as(&basic), Some(format!("Basic {}", BASE64.encode("user:real"))));
        for other in ["Bearer x", "Basic !!!", "Basic ", "Bas", "Bearer sbx-placeholder-TOKEN_2"] {
            assert_eq!(written_as(other), None, "{other}");
        }
    }

    #[test]
    fn a_value_stays_within_its_segment() {
        assert_eq!(*encode("123:AB-c_d.~"), "123:AB-c_d.~");
        assert_eq!(*encode("a/../b?c#d%\r\n"), "a%2F..%2Fb%3Fc%23d%25%0D%0A");
    }
}
