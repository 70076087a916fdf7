//! Every bound of the AI gateway in one place.

use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Bounds of one [`AiGateway`](crate::AiGateway) and of each connection to it.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Most connections of one box at once; further ones wait in the listener's backlog.
    pub connections_max: usize,
    /// Most bytes of a request's head.
    pub head_bytes_max: usize,
    /// Longest time for a request's head, and for the pause between two requests of a connection.
    pub head_timeout: Duration,
    /// Most bytes of a request's body. Anthropic's own limit is 32 MB.
    pub body_bytes_max: usize,
    /// Longest pause inside a request's body.
    pub body_idle_timeout: Duration,
    /// Most bytes of request bodies that one box has in memory here.
    pub box_bodies_bytes_max: usize,
    /// Most bytes of request bodies that all boxes together have in memory here.
    pub all_bodies_bytes_max: usize,
    /// Longest time to connect to an upstream, TLS included.
    pub connect_timeout: Duration,
    /// Longest time until a streamed answer begins.
    pub first_byte_timeout: Duration,
    /// Longest time until an answer that is not streamed begins: it begins when the model has finished. Ten
    /// minutes is what the vendors' own clients allow.
    pub whole_answer_timeout: Duration,
    /// Longest pause inside an answer.
    pub answer_idle_timeout: Duration,
    /// How long a stop waits for answers that are under way.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 64,
            head_bytes_max: 64 * KIB,
            head_timeout: Duration::from_secs(30),
            body_bytes_max: 32 * MIB,
            body_idle_timeout: Duration::from_secs(30),
            box_bodies_bytes_max: 64 * MIB,
            all_bodies_bytes_max: 256 * MIB,
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(120),
            whole_answer_timeout: Duration::from_secs(600),
            answer_idle_timeout: Duration::from_secs(300),
            drain: Duration::from_secs(10),
        }
    }
}
