//! What boxes use, what they may use, and whether they may use more. Numbers are whole: bytes, tokens, nano-dollars
//! (1e-9 USD), milliseconds of CPU, MiB-seconds. Nothing here is ever rounded in anybody's favour but the platform's.

mod budget;
pub mod cost;
mod measure;
mod period;
mod plan;
mod usage;

pub use budget::{Ask, Bound, Budget, Caps, Scope, WARN_PERCENTS, chunk, may_spend, warnings};
pub use measure::{Amounts, Each, Measure};
pub use period::{BadPeriod, Period, Span};
pub use plan::{Excess, Limits, PlanTerms, Rates, Verdict, bytes_left, judge};
pub use usage::Usage;

#[cfg(test)]
mod tests;
