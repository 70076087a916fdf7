//! Why a credential was refused, and what is wrong with a configuration.

use std::time::Duration;

/// Why a token was not accepted, by what its owner can do about it. The text is fit for the client.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum TokenError {
    /// Not a token of ours at all: send another one.
    #[error("the token cannot be read: {0}")]
    Malformed(&'static str),
    /// Unsigned, or signed in a way that does not belong to the key.
    #[error("the token is not signed with an algorithm that is accepted here")]
    Algorithm,
    /// Signed with a key that its issuer does not publish.
    #[error("the token is signed with a key that its issuer does not publish")]
    UnknownKey,
    /// The signature is not that of this text.
    #[error("the token's signature is wrong")]
    Signature,
    /// Too old: sign in again.
    #[error("the token has expired")]
    Expired,
    /// Made for a later time: one of the two clocks is wrong.
    #[error("the token is not valid yet; check the clocks of its issuer and of this server")]
    NotYetValid,
    /// Somebody else made it.
    #[error("the token was made by another issuer")]
    Issuer,
    /// It was made for somebody else.
    #[error("the token was made for another audience")]
    Audience,
    /// The issuer's keys are not known and cannot be had now: try again.
    #[error("the issuer's keys cannot be fetched at the moment")]
    Unavailable {
        /// When another try makes sense.
        retry_after: Duration,
    },
}

/// What is wrong with a configuration. The text is fit for the operator, and never repeats a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Neither a secret nor an address of keys.
    #[error("neither a shared secret nor a JWKS address is set: no token could be verified")]
    NoKeys,
    /// A setting that must be there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// More than can be kept.
    #[error("there are too many {0}")]
    TooMany(&'static str),
    /// Somebody could guess it.
    #[error("{what} is too short: it needs {bytes_min} bytes")]
    ShortSecret {
        /// Which.
        what: &'static str,
        /// How long it must be.
        bytes_min: usize,
    },
    /// Not an address that can be trusted.
    #[error("{what} must be an https address (or http on a loopback address) without a password: {url}")]
    Address {
        /// Which.
        what: &'static str,
        /// As given.
        url: String,
    },
    /// Not a name.
    #[error("{what} is not valid: {value}")]
    Invalid {
        /// Which.
        what: &'static str,
        /// As given.
        value: String,
    },
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    Client(#[source] reqwest::Error),
}
