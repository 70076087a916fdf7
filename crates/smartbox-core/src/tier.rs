//! Named sizes. Tiers are rows of the store, not code; this is their shape and the rows a new store starts with.

/// One mebibyte.
pub const MIB: u64 = 1024 * 1024;
/// One gibibyte.
pub const GIB: u64 = 1024 * MIB;
/// Below this hard memory limit a gateway dies in a turn: it peaks at 1.1 to 1.8 GB (measured).
pub const MEMORY_MAX_BYTES_FLOOR: u64 = 1536 * MIB;

/// A named size of a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// The tier's name, such as `standard-1`.
    pub name: String,
    /// CPU quota in thousandths of a CPU.
    pub cpu_millis: u32,
    /// Memory that is guaranteed.
    pub memory_bytes: u64,
    /// Hard memory limit.
    pub memory_max_bytes: u64,
    /// Most processes and threads.
    pub pids_max: u32,
    /// Most boxes of this tier on the platform that run at a time.
    pub boxes_max: u32,
}

/// The tiers of a new store.
pub fn defaults() -> [Tier; 3] {
    let tier = |name: &str, cpus: u32, gib: u64, max_gib: u64, boxes_max: u32| Tier {
        name: name.to_owned(),
        cpu_millis: cpus * 1000,
        memory_bytes: gib * GIB,
        memory_max_bytes: max_gib * GIB,
        pids_max: 512,
        boxes_max,
    };
    [
        tier("standard-1", 1, 1, 2, 20), //
        tier("standard-2", 2, 2, 3, 10),
        tier("standard-3", 4, 4, 6, 5),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_default_tier_lets_a_gateway_die_in_a_turn() {
        for tier in defaults() {
            assert!(tier.memory_max_bytes >= MEMORY_MAX_BYTES_FLOOR, "{}", tier.name);
            assert!(tier.memory_max_bytes >= tier.memory_bytes, "{}", tier.name);
        }
    }
}
