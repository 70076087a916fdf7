//! Snapshots of directories that somebody else controls.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod breaking;
mod faults;
mod foreign;
mod hostile;
mod round_trip;
mod support;
mod unpack;
mod work;
