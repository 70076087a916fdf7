//! The edge on real sockets, in front of fake gateways.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod attacks;
mod candidates;
mod clock;
mod direct;
mod gateway;
mod harness;
mod headers;
mod holding;
mod homes;
mod hop_traces;
mod http2;
mod http2_attacks;
mod lifecycle;
mod limits;
mod lines;
mod pages;
mod peers;
mod pinning;
mod proxies;
mod revocation;
mod routing;
mod secure;
mod sleeping;
mod slow;
mod streaming;
mod support_access;
mod switching;
mod tls;
mod upstreams;
mod websocket;
