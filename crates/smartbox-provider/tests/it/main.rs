//! The fake keeps the promises of the seam, and does what a test tells it.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod fake;
mod suite;
