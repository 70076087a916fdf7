//! What a host has room for: whether a box may start now, whose turn it is, and who sleeps first when memory is short.
//! Pure; the figures come from the host.

mod room;
mod turns;

pub use room::{Candidate, Nap, whom_to_put_to_sleep};
pub use turns::Turns;

use crate::tier::GIB;

/// What was measured of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostFacts {
    /// All of its memory, in bytes.
    pub memory_bytes: u64,
    /// What programs can still get without anything being written to swap, in bytes.
    pub available_bytes: u64,
    /// Free swap, in bytes.
    pub swap_free_bytes: u64,
    /// Share of the last ten seconds in which something waited for a CPU, in hundredths of a percent; `None` where the
    /// kernel does not tell.
    pub cpu_pressure: Option<u32>,
    /// The same for memory.
    pub memory_pressure: Option<u32>,
}

/// What a host keeps for itself, and how busy it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostLimits {
    /// Memory that no box is started into, in bytes; `None`: 1 GiB, or 5 % of all memory where that is more.
    pub reserve_bytes: Option<u64>,
    /// Pressure of the CPUs above which starts wait for each other, in hundredths of a percent.
    pub cpu_pressure_max: u32,
}

impl Default for HostLimits {
    fn default() -> Self {
        Self { reserve_bytes: None, cpu_pressure_max: 8_000 }
    }
}

impl HostLimits {
    /// The memory that is kept free on this host.
    pub fn reserve(&self, host: &HostFacts) -> u64 {
        self.reserve_bytes.unwrap_or_else(|| GIB.max(host.memory_bytes / 20))
    }
}

/// What an admission rests on.
#[derive(Clone, Copy, Debug)]
pub struct AdmitFacts<'a> {
    /// The host; `None` where nothing is known of it, as with a provider elsewhere.
    pub host: Option<&'a HostFacts>,
    /// What it keeps.
    pub limits: &'a HostLimits,
    /// Memory that the box is about to take: what its tier guarantees for a start, what lies in swap for one that is
    /// squeezed, nothing for one that is frozen.
    pub needed_bytes: u64,
    /// Memory that boxes on their way were promised and do not use yet.
    pub promised_bytes: u64,
    /// Boxes that are starting.
    pub starting: usize,
}

/// Whether a box may take what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Now.
    Admitted,
    /// When those that are starting have started: the CPUs are busy, and one more would slow all of them down.
    Later,
    /// Not until something goes or sleeps.
    NoRoom {
        /// What it would take.
        needed_bytes: u64,
        /// What is free beside the reserve and the promises.
        free_bytes: u64,
    },
}

/// Decides whether a box may start or wake.
pub fn admit(facts: &AdmitFacts<'_>) -> Admission {
    let Some(host) = facts.host else { return Admission::Admitted };
    if facts.needed_bytes == 0 {
        return Admission::Admitted;
    }
    let kept = facts.limits.reserve(host).saturating_add(facts.promised_bytes);
    let free_bytes = host.available_bytes.saturating_sub(kept);
    if facts.needed_bytes > free_bytes {
        return Admission::NoRoom { needed_bytes: facts.needed_bytes, free_bytes };
    }
    // The first one goes on whatever the pressure comes from: it may be other programs', which never ends.
    let is_busy = host.cpu_pressure.is_some_and(|pressure| pressure > facts.limits.cpu_pressure_max);
    if is_busy && facts.starting > 0 { Admission::Later } else { Admission::Admitted }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOST: HostFacts = HostFacts {
        memory_bytes: 16 * GIB,
        available_bytes: 4 * GIB,
        swap_free_bytes: 0,
        cpu_pressure: Some(500),
        memory_pressure: None,
    };
    const LIMITS: HostLimits = HostLimits { reserve_bytes: None, cpu_pressure_max: 8_000 };

    fn with(host: &HostFacts, needed_bytes: u64, promised_bytes: u64, starting: usize) -> Admission {
        admit(&AdmitFacts { host: Some(host), limits: &LIMITS, needed_bytes, promised_bytes, starting })
    }

    #[test]
    fn a_start_needs_its_memory_beside_the_reserve_and_the_promises() {
        assert_eq!(with(&HOST, 3 * GIB, 0, 0), Admission::Admitted);
        let full = Admission::NoRoom { needed_bytes: 3 * GIB, free_bytes: 2 * GIB };
        assert_eq!(with(&HOST, 3 * GIB, GIB, 0), full);
        assert_eq!(with(&HOST, 0, 100 * GIB, 9), Admission::Admitted, "a frozen box has its memory");
    }

    #[test]
    fn busy_cpus_let_one_start_after_the_other() {
        let busy = HostFacts { cpu_pressure: Some(8_001), ..HOST };
        assert_eq!(with(&busy, GIB, 0, 0), Admission::Admitted);
        assert_eq!(with(&busy, GIB, 0, 1), Admission::Later);
        let unknown = HostFacts { cpu_pressure: None, ..HOST };
        assert_eq!(with(&unknown, GIB, 0, 1), Admission::Admitted);
    }

    #[test]
    fn the_reserve_grows_with_the_host_unless_it_is_set() {
        assert_eq!(LIMITS.reserve(&HOST), GIB);
        assert_eq!(LIMITS.reserve(&HostFacts { memory_bytes: 100 * GIB, ..HOST }), 5 * GIB);
        let set = HostLimits { reserve_bytes: Some(0), ..LIMITS };
        assert_eq!(set.reserve(&HOST), 0);
    }

    proptest! {
        #[test]
        fn what_was_admitted_fits_and_what_was_refused_does_not(
            available in 0u64..64 * GIB,
            promised in 0u64..8 * GIB,
            needed in 1u64..8 * GIB,
            starting in 0usize..3,
        ) {
            let host = HostFacts { available_bytes: available, ..HOST };
            let fits = needed + promised + GIB <= available;
            let admission = with(&host, needed, promised, starting);
            prop_assert_eq!(fits, admission == Admission::Admitted, "{:?}", admission);
        }
    }
}
