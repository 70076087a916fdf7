//! Backups against programs of others: Debian's restic, and a real S3 server. `scripts/packages.sh test` and
//! `scripts/test-python.sh` install them.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod contract;
mod directory;
mod kills;
mod proxy;
mod s3;
mod server;
mod world;
