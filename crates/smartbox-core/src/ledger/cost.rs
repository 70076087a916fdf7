//! What was used, in money. Pure.

use super::{Measure, Rates, Usage};

/// Seconds of the month that a rate for disk is for: 30 days.
const MONTH_SECS: u64 = 30 * 24 * 3600;

/// Something that costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// Calls of models, at what their providers charge.
    Models,
    /// Bytes to and from upstreams.
    Bandwidth,
    /// CPU time.
    Cpu,
    /// Memory over time.
    Memory,
    /// Disk over time.
    Storage,
}

impl Service {
    /// Every one of them.
    pub const ALL: [Self; 5] = [Self::Models, Self::Bandwidth, Self::Cpu, Self::Memory, Self::Storage];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Models => "models",
            Self::Bandwidth => "bandwidth",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Storage => "storage",
        }
    }

    /// How much of it was used: nano-dollars, bytes, milliseconds, MiB-seconds, MiB-seconds.
    pub fn amount(self, usage: &Usage) -> u64 {
        match self {
            Self::Models => usage.nanos,
            Self::Bandwidth => usage.bytes(),
            Self::Cpu => usage.cpu_ms,
            Self::Memory => usage.memory_mib_s,
            Self::Storage => usage.storage_mib_s,
        }
    }

    /// The unit of [`Service::amount`].
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Models => "nano-dollars",
            Self::Bandwidth => "bytes",
            Self::Cpu => "CPU milliseconds",
            Self::Memory | Self::Storage => "MiB-seconds",
        }
    }

    /// How much of it a rate is for: a dollar, a GiB, an hour of a CPU, a GiB for an hour, a GiB for a month.
    pub const fn per(self) -> u64 {
        match self {
            Self::Models => Measure::Money.unit(),
            Self::Bandwidth => Measure::Bandwidth.unit(),
            Self::Cpu => Measure::Cpu.unit(),
            Self::Memory => Measure::Memory.unit(),
            Self::Storage => 1024 * MONTH_SECS,
        }
    }

    /// What so much costs, in nano-dollars; `None` where it has no price. Models have none: what they cost is metered itself.
    pub fn rate(self, rates: &Rates) -> Option<u64> {
        let rate = match self {
            Self::Models => return None,
            Self::Bandwidth => rates.bytes,
            Self::Cpu => rates.cpu_ms,
            Self::Memory => rates.memory_mib_s,
            Self::Storage => rates.storage_bytes,
        };
        (rate > 0).then_some(rate)
    }
}

/// What each service costs, in nano-dollars; `None`: it has no price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs([Option<u64>; 5]);

impl Costs {
    /// What one costs.
    pub fn of(&self, service: Service) -> Option<u64> {
        let [models, bandwidth, cpu, memory, storage] = self.0;
        match service {
            Service::Models => models,
            Service::Bandwidth => bandwidth,
            Service::Cpu => cpu,
            Service::Memory => memory,
            Service::Storage => storage,
        }
    }

    /// What all with a price cost.
    pub fn total(&self) -> u64 {
        self.0.iter().flatten().fold(0, |sum, cost| sum.saturating_add(*cost))
    }

    /// Both together. What has a price in one of them has one.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self(Service::ALL.map(|service| match (self.of(service), other.of(service)) {
            (None, None) => None,
            (one, two) => Some(one.unwrap_or(0).saturating_add(two.unwrap_or(0))),
        }))
    }
}

/// What was used, at these rates; rounded up to a nano-dollar.
pub fn costs(usage: &Usage, rates: &Rates) -> Costs {
    Costs(Service::ALL.map(|service| {
        let amount = service.amount(usage);
        match (service, service.rate(rates)) {
            (Service::Models, _) => Some(amount),
            (_, None) => None,
            (_, Some(rate)) => {
                let cost = (u128::from(amount) * u128::from(rate)).div_ceil(u128::from(service.per()));
                Some(u64::try_from(cost).unwrap_or(u64::MAX))
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_is_priced_by_its_own_unit_and_what_has_no_price_costs_nothing() {
        let usage = Usage {
            sent: 1 << 30,
            received: 1 << 30,
            nanos: 7,
            cpu_ms: 1_800_000,
            memory_mib_s: 1024 * 3600,
            storage_mib_s: 2 * 1024 * MONTH_SECS,
            ..Usage::default()
        };
        let rates = Rates { bytes: 10, cpu_ms: 100, storage_bytes: 3, ..Rates::default() };
        let found = costs(&usage, &rates);
        let told = Service::ALL.map(|service| found.of(service));
        assert_eq!(told, [Some(7), Some(20), Some(50), None, Some(6)]);
        assert_eq!(found.total(), 83);
        assert_eq!(found.plus(&found).total(), 166);
        assert_eq!(
            costs(&Usage { cpu_ms: 1, ..Usage::default() }, &rates).of(Service::Cpu),
            Some(1),
            "rounded up"
        );
    }
}
