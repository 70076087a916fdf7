//! Against programs that others wrote: PyJWT mints tokens, and a certified OpenID provider signs people in.
//!
//! `scripts/test-python.sh` installs them; `make test` calls it. They are never left out: without them these tests fail.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail like the tests themselves"
)]

mod installed;
mod provider;
mod pyjwt;
mod sign_in;
