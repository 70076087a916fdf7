//! What callers say, in their words.

use secrecy::{ExposeSecret, SecretString};
use smartbox_core::models::{Offered, Price, Provider, nanos};
use smartbox_store::KeyChange;

use crate::Error;

/// Longest key.
const KEY_BYTES_MAX: usize = 4096;
/// Highest price of a million tokens, in nano-dollars: a million dollars.
const PRICE_MAX: u64 = 1_000_000 * 1_000_000_000;

/// Whose providers and rules are meant: the caller's org's, unless something is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelScopeWish {
    /// The org; only an admin may name one.
    pub org: Option<String>,
    /// The box, by id or name.
    pub box_reference: Option<String>,
    /// The platform's own; only an admin may say so.
    pub is_platform: bool,
}

/// A provider as it is asked for.
#[derive(Clone, Debug, Default)]
pub struct ProviderWish {
    /// `anthropic` or `openai`.
    pub dialect: String,
    /// Where it is, if not at the vendor.
    pub base_url: Option<String>,
    /// `None`: it stays as it is; `Some(None)`: none any more.
    pub key: Option<Option<SecretString>>,
    /// The models it has.
    pub models: Vec<Offered>,
    /// Dollars for a million tokens: input, output, read from the cache, put into it.
    pub price: Option<[String; 4]>,
    /// Whether it may be at an address that is not public.
    pub may_be_inside: bool,
}

impl ProviderWish {
    /// The provider that is meant.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field that is wrong.
    pub(super) fn read(&self, name: &str) -> Result<(Provider, KeyChange), Error> {
        let bad = |bad: smartbox_core::models::BadProvider| Error::field(bad.field, bad.problem);
        let provider = Provider {
            name: name.parse().map_err(bad)?,
            dialect: self.dialect.parse().map_err(bad)?,
            base_url: self
                .base_url
                .as_deref()
                .map(str::trim)
                .filter(|url| !url.is_empty())
                .map(str::to_owned),
            models: self.models.clone(),
            price: self.price.as_ref().map(price).transpose()?,
            may_be_inside: self.may_be_inside,
        };
        provider.check().map_err(bad)?;
        let key = match &self.key {
            None => KeyChange::Keep,
            Some(None) => KeyChange::Remove,
            Some(Some(key)) => KeyChange::Set(self::key(key)?),
        };
        Ok((provider, key))
    }
}

/// The key without the white space that files and shells leave around it.
fn key(given: &SecretString) -> Result<SecretString, Error> {
    let bare = given.expose_secret().trim();
    let is_word = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_graphic());
    if is_word && bare.len() <= KEY_BYTES_MAX {
        Ok(SecretString::from(bare))
    } else {
        Err(Error::field("key", format!("is one word of plain ASCII, up to {KEY_BYTES_MAX} characters")))
    }
}

fn price(dollars: &[String; 4]) -> Result<Price, Error> {
    let wrong = || Error::field("price", "holds dollars for a million tokens, such as \"2.50\"");
    let read = |text: &String| nanos(text).filter(|nanos| *nanos <= PRICE_MAX).ok_or_else(wrong);
    let [input, output, cache_read, cache_write] = dollars;
    Ok(Price {
        input: read(input)?,
        output: read(output)?,
        cache_read: read(cache_read)?,
        cache_write: read(cache_write)?,
    })
}
