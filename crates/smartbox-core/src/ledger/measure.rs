//! What is counted, and one value for each of it.

use std::fmt;

/// Something that is counted and can be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// Bytes to and from upstreams of the forward proxy.
    Bandwidth,
    /// Tokens of models.
    Tokens,
    /// Money for models, in nano-dollars.
    Money,
    /// CPU time, in milliseconds.
    Cpu,
    /// Memory over time, in MiB-seconds.
    Memory,
    /// Bytes on disk, as measured last. The only one that can become less within a month.
    Storage,
}

impl Measure {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Bandwidth, Self::Tokens, Self::Money, Self::Cpu, Self::Memory, Self::Storage];

    /// The word on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bandwidth => "bandwidth",
            Self::Tokens => "tokens",
            Self::Money => "money",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Storage => "storage",
        }
    }

    /// How much of it a rate of overage is for: a GiB, a million tokens, a dollar, an hour of a CPU, a GiB for an hour, a GiB.
    pub const fn unit(self) -> u64 {
        match self {
            Self::Bandwidth | Self::Storage => 1 << 30,
            Self::Tokens => 1_000_000,
            Self::Money => 1_000_000_000,
            Self::Cpu => 3_600_000,
            Self::Memory => 1024 * 3600,
        }
    }

    /// An amount in words.
    pub fn words(self, amount: u64) -> String {
        match self {
            Self::Bandwidth | Self::Storage => bytes(amount),
            Self::Tokens => format!("{amount} tokens"),
            Self::Money => dollars(amount),
            Self::Cpu => format!("{} CPU seconds", amount / 1000),
            Self::Memory => format!("{} GiB-seconds", amount / 1024),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Bytes in the largest binary unit of which there is at least one, with one decimal, rounded down.
fn bytes(amount: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let (mut scale, mut name) = (1_u64, "bytes");
    for unit in UNITS {
        if amount / scale >= 1024 {
            (scale, name) = (scale * 1024, unit);
        }
    }
    match scale {
        1 => format!("{amount} {name}"),
        _ => format!("{}.{} {name}", amount / scale, (amount % scale) / (scale / 1024) * 10 / 1024),
    }
}

/// Nano-dollars as dollars: cents, or all digits of what is less than a cent.
fn dollars(nanos: u64) -> String {
    let (whole, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    let digits = format!("{rest:09}");
    let (cents, fine) = digits.split_at(2);
    format!("{whole}.{cents}{} USD", fine.trim_end_matches('0'))
}

/// One value for each measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Each<T> {
    /// See [`Measure::Bandwidth`].
    pub bytes: T,
    /// See [`Measure::Tokens`].
    pub tokens: T,
    /// See [`Measure::Money`].
    pub nanos: T,
    /// See [`Measure::Cpu`].
    pub cpu_ms: T,
    /// See [`Measure::Memory`].
    pub memory_mib_s: T,
    /// See [`Measure::Storage`].
    pub storage_bytes: T,
}

/// How much of each.
pub type Amounts = Each<u64>;

impl<T: Copy> Each<T> {
    /// The value of one.
    pub const fn get(&self, measure: Measure) -> T {
        match measure {
            Measure::Bandwidth => self.bytes,
            Measure::Tokens => self.tokens,
            Measure::Money => self.nanos,
            Measure::Cpu => self.cpu_ms,
            Measure::Memory => self.memory_mib_s,
            Measure::Storage => self.storage_bytes,
        }
    }

    /// A value for each.
    pub fn from_fn(mut value: impl FnMut(Measure) -> T) -> Self {
        Self {
            bytes: value(Measure::Bandwidth),
            tokens: value(Measure::Tokens),
            nanos: value(Measure::Money),
            cpu_ms: value(Measure::Cpu),
            memory_mib_s: value(Measure::Memory),
            storage_bytes: value(Measure::Storage),
        }
    }
}

impl Amounts {
    /// Both together; what outgrows the type stays at its end.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self::from_fn(|measure| self.get(measure).saturating_add(other.get(measure)))
    }
}
