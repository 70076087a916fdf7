//! The edge on real sockets, in front of fake gateways.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod attacks;
mod candidates;
mod gateway;
mod harness;
mod headers;
mod holding;
mod homes;
mod lifecycle;
mod pages;
mod pinning;
mod revocation;
mod routing;
mod streaming;
mod switching;
mod upstreams;
mod websocket;
