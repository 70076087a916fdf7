//! Credentials of others, good and bad, against issuers on this machine.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail like the tests themselves"
)]

mod access;
mod bytes;
mod configuration;
mod issuer;
mod jwks;
mod jwt;
mod keys;
mod oidc;
mod outage;
mod password;
mod signed_url;
