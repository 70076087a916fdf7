//! What was used within a period, as reports show it.

use super::measure::Amounts;

/// Sums over a period. Each only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes to upstreams.
    pub sent: u64,
    /// Bytes from upstreams.
    pub received: u64,
    /// Connections to upstreams.
    pub connections: u64,
    /// Requests that were forwarded.
    pub requests: u64,
    /// Calls of models.
    pub calls: u64,
    /// Tokens that models read, cached ones left out.
    pub input: u64,
    /// Tokens that models wrote.
    pub output: u64,
    /// Tokens that came out of a provider's cache.
    pub cache_read: u64,
    /// Tokens that were put into a provider's cache.
    pub cache_write: u64,
    /// What models have cost, in nano-dollars.
    pub nanos: u64,
    /// CPU time, in milliseconds.
    pub cpu_ms: u64,
    /// Memory over time, in MiB-seconds.
    pub memory_mib_s: u64,
    /// Bytes on disk over time, in MiB-seconds.
    pub storage_mib_s: u64,
    /// Time awake, in milliseconds.
    pub awake_ms: u64,
}

impl Usage {
    /// Both together; what outgrows the type stays at its end.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let sum = u64::saturating_add;
        Self {
            sent: sum(self.sent, other.sent),
            received: sum(self.received, other.received),
            connections: sum(self.connections, other.connections),
            requests: sum(self.requests, other.requests),
            calls: sum(self.calls, other.calls),
            input: sum(self.input, other.input),
            output: sum(self.output, other.output),
            cache_read: sum(self.cache_read, other.cache_read),
            cache_write: sum(self.cache_write, other.cache_write),
            nanos: sum(self.nanos, other.nanos),
            cpu_ms: sum(self.cpu_ms, other.cpu_ms),
            memory_mib_s: sum(self.memory_mib_s, other.memory_mib_s),
            storage_mib_s: sum(self.storage_mib_s, other.storage_mib_s),
            awake_ms: sum(self.awake_ms, other.awake_ms),
        }
    }

    /// Bytes in both directions.
    pub fn bytes(&self) -> u64 {
        self.sent.saturating_add(self.received)
    }

    /// Tokens that count. Those that a provider has read from its cache cost a fraction and are counted as money alone:
    /// an agent sends the same hundred thousand again with each step.
    pub fn tokens(&self) -> u64 {
        self.input.saturating_add(self.output).saturating_add(self.cache_write)
    }

    /// What is held against limits. How much lies on disk is no sum; it is given.
    pub fn amounts(&self, storage_bytes: u64) -> Amounts {
        Amounts {
            bytes: self.bytes(),
            tokens: self.tokens(),
            nanos: self.nanos,
            cpu_ms: self.cpu_ms,
            memory_mib_s: self.memory_mib_s,
            storage_bytes,
        }
    }
}
