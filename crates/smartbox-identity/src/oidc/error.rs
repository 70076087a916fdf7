//! Why a sign-in did not work.

use std::time::Duration;

use crate::TokenError;

/// Why a sign-in did not work, by what to do. The text is fit for the person who signs in.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum OidcError {
    /// What came back is not the answer to what this browser asked: begin again.
    #[error("this answer does not belong to a sign-in of this browser; sign in again")]
    Mismatch,
    /// The person took too long: begin again.
    #[error("the sign-in took too long; sign in again")]
    TooOld,
    /// Another issuer answered (RFC 9207).
    #[error("the answer came from another issuer than the one that was asked")]
    Issuer,
    /// The issuer said no. A code that was used before, for one; or the settings are wrong.
    #[error("the sign-in service refused the sign-in: {code}")]
    Refused {
        /// `error` of RFC 6749 §5.2, such as `invalid_grant` or `invalid_client`.
        code: String,
    },
    /// The issuer says what it should not: the settings or the issuer are wrong.
    #[error("the sign-in service gave an answer that cannot be used: {0}")]
    Answer(&'static str),
    /// The ID token is not good.
    #[error(transparent)]
    Token(TokenError),
    /// The issuer is down: try again.
    #[error("the sign-in service cannot be reached at the moment")]
    Unavailable {
        /// When another try makes sense.
        retry_after: Duration,
    },
}

impl From<TokenError> for OidcError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Unavailable { retry_after } => Self::Unavailable { retry_after },
            other => Self::Token(other),
        }
    }
}
