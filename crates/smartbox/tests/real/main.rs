//! The whole program with the real agent runtime in real boxes. Needs root, the packages of `scripts/packages.sh`,
//! and the runtime and image that `make test` installs once into `SMARTBOX_TEST_CACHE`.
//!
//! A gateway's boot costs about 11 CPU-seconds, so each test walks a whole story.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod advisories;
mod platform;
mod stories;
