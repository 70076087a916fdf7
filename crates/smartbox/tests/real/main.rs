//! The whole program with the real agent runtime in real boxes. Needs root, the packages of `scripts/packages.sh`,
//! and the runtime and image that `make test` installs once into `SMARTBOX_TEST_CACHE`.
//!
//! A gateway's boot costs about 11 CPU-seconds, so each test walks a whole story.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise, and asks its environment where the cache is"
)]

mod platform;
mod stories;
