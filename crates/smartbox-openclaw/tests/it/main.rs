//! The gateway client against a scripted gateway, and the runtime store against its directory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod gateway;
mod probe;
mod store;
