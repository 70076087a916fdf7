//! The forward proxy and the AI gateway from outside: a box's side over a socket, a vendor's side played by the scripted model.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail like the tests themselves"
)]

mod connections;
mod demo;
mod demo_streams;
mod failures;
mod keys;
mod ledger;
mod log;
mod providers;
mod proxy;
mod requests;
mod rig;
mod settings;
mod spend;
mod sse;
mod streaming;
mod traces;
