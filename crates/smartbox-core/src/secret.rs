//! Secrets that people give to their boxes: how they are named, and what stands for them inside a box.

mod reserved;

use std::fmt;
use std::str::FromStr;

use reserved::{RESERVED, RESERVED_FAMILIES};

/// Longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 64;
/// Longest value, in bytes. Keys of SSH have some 3,400.
pub const VALUE_BYTES_MAX: usize = 16 * 1024;
/// How a placeholder begins.
pub const PLACEHOLDER_PREFIX: &str = "sbx-placeholder-";
/// Values shorter than this show nothing of themselves.
const SHOWN_CHARS_MIN: usize = 12;
/// How much of a longer one is shown.
const SHOWN_CHARS: usize = 4;

/// The name of a secret: also the name of the variable it has inside a box.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretName(String);

/// Why a text is no name of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecretName {
    /// Not spelled like one.
    #[error(
        "must be 1 to {NAME_BYTES_MAX} characters of A-Z, 0-9 and `_`, and begin with a letter, such as GITHUB_TOKEN"
    )]
    Spelling,
    /// It would change how the gateway is loaded or where it goes.
    #[error("is reserved: as a variable it would change how programs of the box are loaded or where they go")]
    Reserved,
}

impl SecretName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands for the value inside a box. It is no secret.
    pub fn placeholder(&self) -> String {
        format!("{PLACEHOLDER_PREFIX}{}", self.0)
    }

    /// `text` with the value in place of each placeholder; `None` where there is none. A longer name that begins like this one
    /// is another one's placeholder.
    pub fn put_in(&self, text: &str, value: &str) -> Option<String> {
        let placeholder = self.placeholder();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut made = String::new();
        let (mut rest, mut found) = (text, false);
        while let Some(at) = rest.find(&placeholder) {
            let (front, back) = (&rest[..at], &rest[at + placeholder.len()..]);
            made.push_str(front);
            let is_whole = !back.starts_with(is_name);
            made.push_str(if is_whole { value } else { &placeholder });
            found |= is_whole;
            rest = back;
        }
        made.push_str(rest);
        found.then_some(made)
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SecretName {
    type Err = BadSecretName;

    fn from_str(text: &str) -> Result<Self, BadSecretName> {
        let fits = (1..=NAME_BYTES_MAX).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
            && (text.starts_with(|c: char| c.is_ascii_uppercase()) || RESERVED.contains(&text));
        if !fits {
            return Err(BadSecretName::Spelling);
        }
        if RESERVED.contains(&text) || RESERVED_FAMILIES.iter().any(|family| text.starts_with(family)) {
            return Err(BadSecretName::Reserved);
        }
        Ok(Self(text.to_owned()))
    }
}

/// How a secret reaches a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Not at all: a placeholder stands for it, and the proxy puts the value in on its way to the hosts that rules name.
    Injection,
    /// In the gateway's environment, from its next start on. The agent can read it.
    Environment,
}

/// The text names no delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be `injection` or `environment`")]
pub struct BadDelivery;

impl Delivery {
    /// The word used on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Injection => "injection",
            Self::Environment => "environment",
        }
    }
}

impl FromStr for Delivery {
    type Err = BadDelivery;

    fn from_str(text: &str) -> Result<Self, BadDelivery> {
        [Self::Injection, Self::Environment]
            .into_iter()
            .find(|delivery| delivery.as_str() == text)
            .ok_or(BadDelivery)
    }
}

/// Why a text cannot be a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// Empty, or too long.
    #[error("must have 1 to {VALUE_BYTES_MAX} bytes")]
    Length,
    /// A variable ends at a zero byte.
    #[error("must not hold a zero byte")]
    Zero,
}

/// Checks a value.
///
/// # Errors
/// What is wrong, without repeating any of it.
pub fn check_value(value: &str) -> Result<(), BadValue> {
    if !(1..=VALUE_BYTES_MAX).contains(&value.len()) {
        return Err(BadValue::Length);
    }
    if value.contains('\0') { Err(BadValue::Zero) } else { Ok(()) }
}

/// The end of a value by which people recognise it; `None` of one that is short.
pub fn last_four(value: &str) -> Option<String> {
    let count = value.chars().count();
    (count >= SHOWN_CHARS_MIN).then(|| value.chars().skip(count - SHOWN_CHARS).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_variable_that_nobody_else_reads() {
        for good in ["GITHUB_TOKEN", "A", "STRIPE_KEY_2", "ENVIRONMENT", "NODEJS", "GITLAB"] {
            assert!(good.parse::<SecretName>().is_ok(), "{good}");
        }
        for (bad, why) in [
            ("", BadSecretName::Spelling),
            ("github_token", BadSecretName::Spelling),
            ("1A", BadSecretName::Spelling),
            ("_A", BadSecretName::Spelling),
            ("A-B", BadSecretName::Spelling),
            ("A=B", BadSecretName::Spelling),
            ("Ä", BadSecretName::Spelling),
            ("NODE_OPTIONS", BadSecretName::Reserved),
            ("NODE_EXTRA_CA_CERTS", BadSecretName::Reserved),
            ("LD_PRELOAD", BadSecretName::Reserved),
            ("PATH", BadSecretName::Reserved),
            ("OPENCLAW_STATE_DIR", BadSecretName::Reserved),
            ("HTTPS_PROXY", BadSecretName::Reserved),
            ("BASH_ENV", BadSecretName::Reserved),
            ("GIT_SSH_COMMAND", BadSecretName::Reserved),
            ("PYTHONSTARTUP", BadSecretName::Reserved),
            ("NPM_CONFIG_REGISTRY", BadSecretName::Reserved),
            ("OPENAI_BASE_URL", BadSecretName::Reserved),
        ] {
            assert_eq!(bad.parse::<SecretName>(), Err(why), "{bad}");
        }
        assert!("A".repeat(64).parse::<SecretName>().is_ok());
        assert!("A".repeat(65).parse::<SecretName>().is_err());
    }

    #[test]
    fn reserved_names_are_spelled_like_names() {
        assert!(RESERVED.is_sorted() && RESERVED_FAMILIES.is_sorted());
        for name in RESERVED {
            assert_eq!(name.parse::<SecretName>(), Err(BadSecretName::Reserved), "{name}");
        }
    }

    #[test]
    fn a_value_takes_the_place_of_its_own_placeholder_alone() {
        let name: SecretName = "TOKEN".parse().unwrap();
        let put = |text: &str| name.put_in(text, "v");
        assert_eq!(put("Bearer sbx-placeholder-TOKEN").as_deref(), Some("Bearer v"));
        assert_eq!(put("/botsbx-placeholder-TOKEN/sbx-placeholder-TOKEN").as_deref(), Some("/botv/v"));
        assert_eq!(put("sbx-placeholder-TOKEN_2"), None);
        assert_eq!(
            put("sbx-placeholder-TOKENS sbx-placeholder-TOKEN").as_deref(),
            Some("sbx-placeholder-TOKENS v")
        );
        assert_eq!(put("sbx-placeholder-OTHER"), None);
        assert_eq!(put(""), None);
        assert_eq!(
            name.put_in("sbx-placeholder-TOKEN", "sbx-placeholder-TOKEN").as_deref(),
            Some("sbx-placeholder-TOKEN")
        );
    }

    #[test]
    fn a_short_value_shows_nothing_of_itself() {
        assert_eq!(last_four("01234567890"), None);
        assert_eq!(last_four("012345678901").as_deref(), Some("8901"));
        assert_eq!(last_four("ääääääääääöüöü").as_deref(), Some("öüöü"));
    }

    #[test]
    fn a_value_fits_into_a_variable() {
        assert_eq!(check_value(""), Err(BadValue::Length));
        assert_eq!(check_value("a\0b"), Err(BadValue::Zero));
        assert_eq!(check_value(&"x".repeat(VALUE_BYTES_MAX)), Ok(()));
        assert_eq!(check_value(&"x".repeat(VALUE_BYTES_MAX + 1)), Err(BadValue::Length));
    }
}
