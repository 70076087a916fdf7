//! Keys that issuers publish (RFC 7517), each bound to one algorithm.

mod key;

use std::sync::Arc;

use jiff::Timestamp;
use jsonwebtoken::DecodingKey;
use reqwest::Url;
use serde::Deserialize;

use crate::TokenError;
use crate::fetch::{FetchError, Fetcher};
use crate::jwt::Algorithm;
use crate::remote::Remote;
pub(crate) use key::Key;

/// Most keys of one issuer; real ones have two to four.
const KEYS_MAX: usize = 64;

/// Keys at some addresses.
#[derive(Debug)]
pub(crate) struct Jwks {
    sources: Vec<Remote<KeySet>>,
}

/// The keys of one document that can be used here.
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    keys: Vec<Arc<Key>>,
}

impl Jwks {
    pub(crate) fn new(urls: impl IntoIterator<Item = Url>, fetcher: &Fetcher) -> Self {
        let source = |url| Remote::new(url, fetcher.clone(), Box::new(KeySet::parse));
        Self { sources: urls.into_iter().map(source).collect() }
    }

    /// The key that a header names. A name that is not known makes the documents be fetched anew, at most once per
    /// spacing.
    pub(crate) async fn find(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
        now: Timestamp,
    ) -> Result<Arc<Key>, TokenError> {
        let mut missed = Vec::new();
        let mut worst = TokenError::UnknownKey;
        for source in &self.sources {
            match source.get(now).await {
                Ok(set) => match set.find(algorithm, kid) {
                    Err(TokenError::UnknownKey) => missed.push((source, set)),
                    other => return other,
                },
                Err(error) => worst = error,
            }
        }
        for (source, seen) in missed {
            match source.newer(&seen, now).await {
                Ok(set) => match set.find(algorithm, kid) {
                    Err(TokenError::UnknownKey) => {}
                    other => return other,
                },
                Err(error) => worst = error,
            }
        }
        Err(worst)
    }
}

impl KeySet {
    /// Keys of kinds that are not used here are passed over, as RFC 7517 §5 says.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, FetchError> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<serde_json::Value>,
        }
        let document: Document = serde_json::from_slice(body)
            .map_err(|error| FetchError::Content(format!("no key set: {error}")))?;
        if document.keys.len() > KEYS_MAX {
            return Err(FetchError::Content(format!("more than {KEYS_MAX} keys")));
        }
        let keys: Vec<_> = document.keys.into_iter().filter_map(Key::parse).map(Arc::new).collect();
        Ok(Self { keys })
    }

    /// How many keys there are.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// By name, or the only one of its algorithm when the token names none.
    fn find(&self, algorithm: Algorithm, kid: Option<&str>) -> Result<Arc<Key>, TokenError> {
        let Some(kid) = kid else {
            let mut fitting = self.keys.iter().filter(|key| key.algorithm == algorithm);
            return match (fitting.next(), fitting.next()) {
                (Some(key), None) => Ok(Arc::clone(key)),
                _ => Err(TokenError::UnknownKey),
            };
        };
        let mut named = self.keys.iter().filter(|key| key.kid.as_deref() == Some(kid)).peekable();
        if named.peek().is_none() {
            return Err(TokenError::UnknownKey);
        }
        named.find(|key| key.algorithm == algorithm).map(Arc::clone).ok_or(TokenError::Algorithm)
    }
}

impl Key {
    /// For verifying.
    pub(crate) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }
}

#[cfg(test)]
mod tests;
