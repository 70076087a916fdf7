//! Credentials that others issued, verified. This crate keeps nothing and decides nothing: it says who somebody is,
//! and its caller says what they may do.
//!
//! ```text
//! Authorization: Bearer <JWT>      Verifier::new(VerifierConfig { issuer, audiences, hs256_secret, jwks_urls, .. })
//!                                  verifier.verify(token, now).await           → Arc<Verified>
//! Cf-Access-Jwt-Assertion          access_verifier(AccessConfig { team_domain, audience, .. }) → Verifier
//! Sign in with OpenID Connect      OidcClient::new(OidcConfig { issuer, client_id, .. })
//!                                  client.begin(redirect_uri, random, now).await → Begun { url, pending }
//!                                  client.finish(pending, Callback { code, state, iss }, now).await → Verified
//! ?userId=&exp=&sig=               UrlKeys::new(secrets, named); keys.verify(&UrlRequest { method, path, query }, now)
//!                                  signed_url::strip(query) before the query goes anywhere else
//! DPoP: <proof>                    verify_proof(proof, &ProofRequest { method, host, path, token }, now) → ProvedKey
//! Password                         PasswordPool::new(..); pool.verify(password, stored).await → bool
//! ```
//!
//! Time and randomness are parameters. A verifier that fetches keys does so when a token needs them, one fetch at a
//! time and spaced, and goes on with known keys for a day while an issuer is down.

pub mod signed_url;

mod access;
mod dpop;
mod error;
mod fetch;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod jwks;
mod jwt;
mod oidc;
mod password;
mod remote;
mod verified;
mod verifier;

pub use access::{ACCESS_HEADER, AccessConfig, access_verifier};
pub use dpop::{DPOP_HEADER, ProofError, ProofRequest, ProvedKey, verify_proof};
pub use error::{ConfigError, TokenError};
pub use oidc::{Begun, Callback, OidcClient, OidcConfig, OidcError, Pending};
pub use password::{PasswordError, PasswordPool, SALT_BYTES, hash_password, needs_rehash, verify_password};
pub use signed_url::{SignedUrlError, SignedUser, UrlKeys, UrlRequest};
pub use verified::Verified;
pub use verifier::{Verifier, VerifierConfig};
