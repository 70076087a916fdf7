//! A sign-in that has begun.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a person may take at the issuer.
const LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// A sign-in that has begun.
pub struct Begun {
    /// Where to send the browser.
    pub url: String,
    /// What to remember.
    pub pending: Pending,
}

/// What must be remembered between sending a browser away and its coming back. It holds the code verifier, so it is
/// sealed where others could read it, and it is bound to one browser.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pending {
    state: String,
    nonce: String,
    verifier: String,
    redirect_uri: String,
    /// Unix seconds.
    begun_at: i64,
}

impl Pending {
    pub(super) fn new(redirect_uri: &str, random: [u8; 96], now: Timestamp) -> Self {
        let (state, rest) = random.split_at(32);
        let (nonce, verifier) = rest.split_at(32);
        Self {
            state: URL_SAFE_NO_PAD.encode(state),
            nonce: URL_SAFE_NO_PAD.encode(nonce),
            // 43 characters: the least that RFC 7636 §4.1 allows, and 256 bits.
            verifier: URL_SAFE_NO_PAD.encode(verifier),
            redirect_uri: redirect_uri.to_owned(),
            begun_at: now.as_second(),
        }
    }

    /// The `state` of this sign-in: what to file it under.
    pub fn state(&self) -> &str {
        &self.state
    }

    pub(super) fn nonce(&self) -> &str {
        &self.nonce
    }

    pub(super) fn verifier(&self) -> &str {
        &self.verifier
    }

    pub(super) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    pub(super) fn is_too_old(&self, now: Timestamp) -> bool {
        now.as_second().saturating_sub(self.begun_at) > LIFETIME.as_secs()
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("redirect_uri", &self.redirect_uri)
            .field("begun_at", &self.begun_at)
            .finish_non_exhaustive()
    }
}

/// The address holds state and nonce.
impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("pending", &self.pending).finish_non_exhaustive()
    }
}
