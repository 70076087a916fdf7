//! Every bound of the forward proxy in one place.

use std::time::Duration;

/// Bounds of one [`ForwardProxy`](super::ForwardProxy). All of them are in `docs/limits.md`.
#[derive(Clone, Debug)]
pub struct ProxyLimits {
    /// Most connections of one box at once, tunnels included; further ones wait in the listener's backlog.
    pub connections_max: usize,
    /// Most connections of all boxes together; further ones are refused.
    pub all_connections_max: usize,
    /// Most connections of all boxes at the listener for remote ones.
    pub remote_connections_max: usize,
    /// Most bytes of a request's head.
    pub head_bytes_max: usize,
    /// Longest time for a request's head, and for the pause between two requests of a connection.
    pub head_timeout: Duration,
    /// Longest pause inside a body, whoever sends it.
    pub body_idle_timeout: Duration,
    /// Longest time until an upstream's answer begins.
    pub answer_timeout: Duration,
    /// Longest time to look a name up.
    pub lookup_timeout: Duration,
    /// How long what was found is remembered. The system's resolver does not tell how long it is good for.
    pub lookup_ttl: Duration,
    /// Most names that one box looks up at a time.
    pub box_lookups_max: usize,
    /// Longest time to connect, all addresses of a name together.
    pub dial_timeout: Duration,
    /// After this time the next address of a name is tried, too (RFC 8305 §8).
    pub dial_stagger: Duration,
    /// Longest silence of a tunnel, in both directions.
    pub tunnel_idle_timeout: Duration,
    /// Longest life of a tunnel.
    pub tunnel_total_timeout: Duration,
    /// Kept connections of one box to one upstream, and to all of them.
    pub pool_per_upstream_max: usize,
    /// See the one before.
    pub pool_per_box_max: usize,
    /// How long an unused connection is kept.
    pub pool_idle_timeout: Duration,
    /// Counted bytes are handed over at least this often.
    pub flush_period: Duration,
    /// A box that has limits is refused when what it uses could not be recorded for this long.
    pub meter_patience: Duration,
    /// Longest time to set bytes aside for a box that has limits.
    pub chunk_timeout: Duration,
    /// What is set aside for a box that moves nothing is given back after this time.
    pub chunk_idle_timeout: Duration,
    /// How long a stop waits for requests that are under way. Tunnels are cut at once: they have no end to wait for.
    pub drain: Duration,
}

impl Default for ProxyLimits {
    fn default() -> Self {
        Self {
            connections_max: 512,
            all_connections_max: 16_384,
            remote_connections_max: 4096,
            head_bytes_max: 64 * 1024,
            head_timeout: Duration::from_secs(30),
            body_idle_timeout: Duration::from_secs(120),
            answer_timeout: Duration::from_secs(600),
            lookup_timeout: Duration::from_secs(5),
            lookup_ttl: Duration::from_secs(30),
            box_lookups_max: 8,
            dial_timeout: Duration::from_secs(10),
            dial_stagger: Duration::from_millis(250),
            tunnel_idle_timeout: Duration::from_secs(15 * 60),
            tunnel_total_timeout: Duration::from_secs(24 * 60 * 60),
            pool_per_upstream_max: 16,
            pool_per_box_max: 64,
            pool_idle_timeout: Duration::from_secs(30),
            flush_period: Duration::from_secs(2),
            meter_patience: Duration::from_secs(30),
            chunk_timeout: Duration::from_secs(5),
            chunk_idle_timeout: Duration::from_secs(10),
            drain: Duration::from_secs(5),
        }
    }
}
