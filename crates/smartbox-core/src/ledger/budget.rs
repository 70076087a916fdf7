//! What somebody has decided that a box or an org may spend, and whether it may spend more.

use super::measure::{Amounts, Measure};
use super::period::Span;

/// At these percentages of a budget its owner is told.
pub const WARN_PERCENTS: [u32; 3] = [50, 80, 100];

/// Most of each within one period; `None` is no limit, 0 is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Caps {
    /// Bytes to and from upstreams.
    pub bytes: Option<u64>,
    /// Tokens.
    pub tokens: Option<u64>,
    /// Nano-dollars.
    pub nanos: Option<u64>,
}

impl Caps {
    /// What can be capped.
    pub const MEASURES: [Measure; 3] = [Measure::Bandwidth, Measure::Tokens, Measure::Money];

    /// The cap on one.
    pub const fn get(&self, measure: Measure) -> Option<u64> {
        match measure {
            Measure::Bandwidth => self.bytes,
            Measure::Tokens => self.tokens,
            Measure::Money => self.nanos,
            Measure::Cpu | Measure::Memory | Measure::Storage => None,
        }
    }

    /// Whether nothing is capped.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The budget of a box or an org.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Budget {
    /// For each day.
    pub day: Caps,
    /// For each calendar month.
    pub month: Caps,
}

impl Budget {
    /// The caps of one kind of period.
    pub const fn of(&self, span: Span) -> &Caps {
        match span {
            Span::Day => &self.day,
            Span::Month => &self.month,
        }
    }

    /// Whether nothing is capped.
    pub fn is_empty(&self) -> bool {
        self.day.is_empty() && self.month.is_empty()
    }

    /// Every cap.
    pub fn caps(&self) -> impl Iterator<Item = (Span, Measure, u64)> {
        let budget = *self;
        let of = move |span| {
            Caps::MEASURES
                .into_iter()
                .filter_map(move |measure| Some((span, measure, budget.of(span).get(measure)?)))
        };
        Span::ALL.into_iter().flat_map(of)
    }
}

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// One box.
    Box,
    /// All boxes of an org.
    Org,
}

impl Scope {
    /// The word on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Box => "box",
            Self::Org => "org",
        }
    }
}

/// What somebody wants to spend, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// Bytes to and from upstreams.
    pub bytes: u64,
    /// Tokens.
    pub tokens: u64,
    /// Nano-dollars.
    pub nanos: u64,
}

impl Ask {
    /// As amounts.
    pub fn amounts(&self) -> Amounts {
        Amounts { bytes: self.bytes, tokens: self.tokens, nanos: self.nanos, ..Amounts::default() }
    }
}

/// A limit and how much of it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Whose.
    pub scope: Scope,
    /// For how long.
    pub span: Span,
    /// On what.
    pub measure: Measure,
    /// How much there may be.
    pub limit: u64,
    /// How much is spent or promised to others.
    pub current: u64,
}

impl Bound {
    /// Whether nothing is left.
    pub const fn is_used_up(&self) -> bool {
        self.current >= self.limit
    }
}

/// Whether `ask` fits into every bound. What is not asked for is not held against it.
///
/// # Errors
/// The first bound that it does not fit into.
pub fn may_spend(ask: &Ask, bounds: &[Bound]) -> Result<(), Bound> {
    let ask = ask.amounts();
    let does_not_fit = |bound: &&Bound| {
        let more = ask.get(bound.measure);
        more > 0 && bound.current.saturating_add(more) > bound.limit
    };
    bounds.iter().find(does_not_fit).map_or(Ok(()), |bound| Err(*bound))
}

/// Most bytes that are set aside for a box at once.
const CHUNK_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Less than this is not divided any more.
const CHUNK_BYTES_MIN: u64 = 64 * 1024;
/// The part of what is left that one box is given, so that the boxes of an org share its end.
const CHUNK_SHARE: u64 = 8;

/// How many of the bytes that are left are set aside at once: a chunk, and smaller ones near the limit.
pub fn chunk(left: u64) -> u64 {
    (left / CHUNK_SHARE).clamp(CHUNK_BYTES_MIN, CHUNK_BYTES_MAX).min(left)
}

/// The percentages of [`WARN_PERCENTS`] that `current` of `limit` has reached. Of a limit of 0 everything is used.
pub fn warnings(current: u64, limit: u64) -> impl Iterator<Item = u32> {
    let reached = move |percent: &u32| u128::from(current) * 100 >= u128::from(limit) * u128::from(*percent);
    WARN_PERCENTS.into_iter().filter(reached)
}
