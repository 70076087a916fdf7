//! Somebody who serves models, as an org or the operator has put them down.

use std::fmt;
use std::str::FromStr;

use super::price::Price;
use super::rules::{is_id, shown};
use crate::egress_policy::{AddressClass, Host};

/// Most models of one provider.
pub const MODELS_MAX: usize = 100;
/// Most tokens that a model can be said to take.
const SIZE_MAX: u32 = 100_000_000;
/// Longest address.
const URL_BYTES_MAX: usize = 512;
/// Of a key, only so many characters at its end are shown, and only of one that is much longer.
const HINT_CHARS: usize = 4;
/// Name of what answers where nobody else does.
const DEMO: &str = "demo";

/// A wire protocol of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Anthropic's Messages API.
    Anthropic,
    /// OpenAI's Chat Completions, Responses and Embeddings APIs.
    OpenAi,
}

impl Dialect {
    /// `anthropic` or `openai`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
        }
    }
}

impl FromStr for Dialect {
    type Err = BadProvider;

    fn from_str(text: &str) -> Result<Self, BadProvider> {
        match text {
            "anthropic" => Ok(Self::Anthropic),
            "openai" => Ok(Self::OpenAi),
            _ => Err(BadProvider::of("dialect", "is `anthropic` or `openai`")),
        }
    }
}

/// Name of a provider: lower-case letters, digits and `-`, up to 40 of them, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderName(String);

impl ProviderName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProviderName {
    type Err = BadProvider;

    fn from_str(text: &str) -> Result<Self, BadProvider> {
        let is_good = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.len() <= 40
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        match (is_good, text == DEMO) {
            (true, false) => Ok(Self(text.to_owned())),
            (_, true) => Err(BadProvider::of("provider", "`demo` is the name of the built-in model")),
            (false, _) => Err(BadProvider::of(
                "provider",
                "has 1 to 40 lower-case letters, digits and `-`, and begins with a letter",
            )),
        }
    }
}

/// What is wrong with a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct BadProvider {
    /// Which part of it.
    pub field: &'static str,
    /// What is wrong with it. Repeats no key.
    pub problem: String,
}

impl BadProvider {
    fn of(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }
}

/// A model that a provider has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Its id, as it goes over the wire.
    pub id: String,
    /// Tokens that fit into a request and its answer together, if they are said.
    pub context_window: Option<u32>,
    /// Most tokens of an answer, if they are said.
    pub output_tokens_max: Option<u32>,
}

/// A provider without its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name, one of its kind in its scope.
    pub name: ProviderName,
    /// What it speaks.
    pub dialect: Dialect,
    /// Where it is; `None`: the vendor's own server.
    pub base_url: Option<String>,
    /// What it has; with none named, every model is taken to be there.
    pub models: Vec<Offered>,
    /// What a million tokens cost, where that is not the vendor's list.
    pub price: Option<Price>,
    /// Whether it may be at an address that is not public. Only the operator says so.
    pub may_be_inside: bool,
}

impl Provider {
    /// Checks every part.
    ///
    /// # Errors
    /// The first part that cannot be.
    pub fn check(&self) -> Result<(), BadProvider> {
        if let Some(url) = &self.base_url {
            let host = own_server(url)?;
            let is_inside =
                matches!(&host, Host::Address(address) if AddressClass::of(*address) != AddressClass::Public);
            if is_inside && !self.may_be_inside {
                return Err(BadProvider::of(
                    "base_url",
                    "is not a public address: the platform's admin can set it, with `inside`",
                ));
            }
            if url.starts_with("http://") && !self.may_be_inside {
                return Err(BadProvider::of("base_url", "must begin with https://: the key goes there"));
            }
        }
        if self.models.len() > MODELS_MAX {
            return Err(BadProvider::of("models", format!("at most {MODELS_MAX} can be named")));
        }
        for (index, model) in self.models.iter().enumerate() {
            if !is_id(&model.id, false) {
                return Err(BadProvider::of("models", format!("`{}` is no id of a model", shown(&model.id))));
            }
            if self.models[..index].iter().any(|earlier| earlier.id == model.id) {
                return Err(BadProvider::of("models", format!("`{}` is there twice", shown(&model.id))));
            }
            let is_size = |size: Option<u32>| size.is_none_or(|size| (1..=SIZE_MAX).contains(&size));
            if !is_size(model.context_window) || !is_size(model.output_tokens_max) {
                return Err(BadProvider::of("models", format!("sizes are 1 to {SIZE_MAX} tokens")));
            }
        }
        Ok(())
    }
}

/// The host of another server than the vendor's, if the address is good.
///
/// # Errors
/// What is wrong with it; a user or password in it is not repeated.
pub fn own_server(url: &str) -> Result<Host, BadProvider> {
    let bad = |problem: &str| BadProvider::of("base_url", problem);
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let rest = rest.ok_or_else(|| bad("must begin with https:// or http://"))?;
    if url.len() > URL_BYTES_MAX {
        return Err(bad("is too long"));
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.contains('@') {
        return Err(bad("must not hold a user or password; the key has a place of its own"));
    }
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~');
    if !path.bytes().all(is_plain) || path.split('/').any(|segment| segment == "..") {
        return Err(bad("must end after a plain path, without `?` or `#`"));
    }
    let (host, _port) =
        Host::parse_authority(authority, Some(443)).map_err(|error| bad(&error.to_string()))?;
    Ok(host)
}

/// The URL to which `/messages` or `/chat/completions` is added: Anthropic's clients are given a base without `/v1`, OpenAI's
/// one with it; both are taken for both, and a path that names a version elsewhere is left as it is.
pub fn api_root(url: &str) -> String {
    let root = url.trim_end_matches('/');
    let path = root.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let is_version = |segment: &str| {
        segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    };
    if path.split('/').any(is_version) { root.to_owned() } else { format!("{root}/v1") }
}

/// What of a key may be shown: its end, so that people can tell two apart.
pub fn key_hint(key: &str) -> String {
    let count = key.chars().count();
    if count < HINT_CHARS * 4 {
        return "…".to_owned();
    }
    format!("…{}", key.chars().skip(count - HINT_CHARS).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(url: &str, may_be_inside: bool) -> Provider {
        Provider {
            name: "mine".parse().unwrap(),
            dialect: Dialect::OpenAi,
            base_url: Some(url.to_owned()),
            models: Vec::new(),
            price: None,
            may_be_inside,
        }
    }

    #[test]
    fn an_address_is_public_and_spoken_to_over_tls_unless_the_operator_says_else() {
        for url in ["https://models.example", "https://models.example:8443/api/v2/", "https://1.1.1.1/v1"] {
            assert_eq!(provider(url, false).check(), Ok(()), "{url}");
        }
        for url in ["http://models.example", "https://127.0.0.1/v1", "https://[::1]/", "https://10.0.0.1"] {
            assert_eq!(provider(url, false).check().unwrap_err().field, "base_url", "{url}");
            assert_eq!(provider(url, true).check(), Ok(()), "{url}");
        }
        for url in [
            "models.example",
            "ftp://x.example",
            "https://u:hunter2@x.example",
            "https://x.example/?a=1",
            "https://x.example/../y",
            "https://",
            "https://0x7f.1/",
        ] {
            let bad = provider(url, true).check().unwrap_err();
            assert!(bad.field == "base_url" && !bad.problem.contains("hunter2"), "{url}: {bad}");
        }
    }

    #[test]
    fn a_base_is_taken_with_and_without_its_version() {
        for (given, root) in [
            ("https://api.anthropic.com", "https://api.anthropic.com/v1"),
            ("https://api.anthropic.com/v1/", "https://api.anthropic.com/v1"),
            ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
            ("https://router.example/api/", "https://router.example/api/v1"),
            ("https://models.example/v1beta/openai", "https://models.example/v1beta/openai"),
        ] {
            assert_eq!(api_root(given), root);
        }
    }

    #[test]
    fn of_a_key_only_the_end_is_shown_and_of_a_short_one_nothing() {
        assert_eq!(key_hint("sk-ant-0123456789abcd"), "…abcd");
        assert_eq!(key_hint("hunter2"), "…");
    }

    #[test]
    fn names_are_plain() {
        for good in ["a", "openrouter-2"] {
            assert_eq!(good.parse::<ProviderName>().unwrap().as_str(), good);
        }
        for bad in ["", "A", "2a", "a b", "a/b", "demo", &"a".repeat(41)] {
            assert!(bad.parse::<ProviderName>().is_err(), "{bad}");
        }
    }
}
