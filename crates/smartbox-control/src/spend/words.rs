//! What is too much, in words for people and agents.

use jiff::Timestamp;
use smartbox_core::ledger::{Bound, Excess, Measure, Scope, Span};

/// A moment, in UTC to the minute.
pub(crate) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn whose(scope: Scope) -> &'static str {
    match scope {
        Scope::Box => "the box's",
        Scope::Org => "the org's",
    }
}

fn each(span: Span) -> &'static str {
    match span {
        Span::Day => "daily",
        Span::Month => "monthly",
    }
}

/// A budget that does not suffice for `more`, or that is used up.
pub(crate) fn budget(bound: &Bound, more: Option<u64>, resets_at: Timestamp) -> String {
    let Bound { scope, span, measure, limit, current } = *bound;
    let more = more.map(|more| format!(", and this may need {}", measure.words(more))).unwrap_or_default();
    format!(
        "{} {} budget for {measure} does not allow it: {} of {} are spent or set aside{more}. Counting begins anew at {}; \
         whoever manages it can raise it: `smartbox budget set`",
        whose(scope),
        each(span),
        measure.words(current),
        measure.words(limit),
        moment(resets_at)
    )
}

/// A plan that does not suffice.
pub(crate) fn plan(name: &str, excess: &Excess, overage_nanos: u64, resets_at: Timestamp) -> String {
    let Excess { measure, current, limit, cost } = *excess;
    let why = match cost {
        Some(cost) => format!(
            "more would cost {} this month, and the org's budget for overage is {}",
            Measure::Money.words(cost),
            Measure::Money.words(overage_nanos)
        ),
        None => "more of it cannot be had on this plan".to_owned(),
    };
    format!(
        "the plan `{name}` includes {} of {measure} a month, of which {} are used or set aside; {why}. Counting begins anew at {}",
        measure.words(limit),
        measure.words(current),
        moment(resets_at)
    )
}
