//! What somebody wants of a route, checked.

use serde_json::{Map, Value};
use smartbox_core::routing::{OwnAddress, PERCENT_MAX, Upstream};
use smartbox_store::RoutingChange;

use crate::{Error, FieldIssue};

/// Most requests that a rule can wait for: a window that cannot hold so many decides nothing.
const MIN_REQUESTS_MAX: u32 = 100_000;
/// Longest window.
const WINDOW_SECS_MAX: u32 = 3600;

/// What of a route changes. Wide numbers and texts, because every wrong field is reported at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteChange {
    /// `self` or a base URL.
    pub primary: Option<String>,
    /// `self` or a base URL.
    pub candidate: Option<String>,
    /// 0 to 100.
    pub percentage: Option<u32>,
    /// 0 to 100; 0 means never.
    pub rollback_at: Option<u32>,
    /// From 1.
    pub min_requests: Option<u32>,
    /// 1 to 3600.
    pub window_secs: Option<u32>,
}

impl RouteChange {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is said, by name. Equal changes are equal texts.
    pub(super) fn said(&self) -> Map<String, Value> {
        let texts = [("primary", &self.primary), ("candidate", &self.candidate)];
        let numbers = [
            ("percentage", self.percentage),
            ("rollback_at", self.rollback_at),
            ("min_requests", self.min_requests),
            ("window_secs", self.window_secs),
        ];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, Value::from(text.clone()?))));
        let numbers = numbers.into_iter().filter_map(|(name, number)| Some((name, Value::from(number?))));
        texts.chain(numbers).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// Checks every field.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong.
pub(super) fn check(change: &RouteChange, own: &OwnAddress) -> Result<RoutingChange, Error> {
    let mut issues = Vec::new();
    let mut wrong = |field, message: String| issues.push(FieldIssue { field, message });
    if change.is_empty() {
        wrong("percentage", "say what to change".to_owned());
    }
    let mut upstream = |field, text: &Option<String>| {
        let upstream = text.as_deref()?.parse::<Upstream>();
        match upstream {
            Ok(Upstream::Foreign(base)) if own.is_reached_by(&base) => {
                wrong(field, "leads back to this platform, which is called `self`".to_owned());
                None
            }
            Ok(upstream) => Some(upstream),
            Err(error) => {
                wrong(field, error.to_string());
                None
            }
        }
    };
    let (primary, candidate) =
        (upstream("primary", &change.primary), upstream("candidate", &change.candidate));
    let mut percent = |field, number: Option<u32>| {
        let number = number?;
        let fits = u8::try_from(number).ok().filter(|percent| *percent <= PERCENT_MAX);
        if fits.is_none() {
            wrong(field, format!("must be 0 to {PERCENT_MAX}"));
        }
        fits
    };
    let percentage = percent("percentage", change.percentage);
    let rollback_at = percent("rollback_at", change.rollback_at);
    let mut between = |field, number: Option<u32>, max: u32| {
        if number.is_some_and(|number| !(1..=max).contains(&number)) {
            wrong(field, format!("must be 1 to {max}"));
        }
        number
    };
    let min_requests = between("min_requests", change.min_requests, MIN_REQUESTS_MAX);
    let window_secs = between("window_secs", change.window_secs, WINDOW_SECS_MAX);
    if !issues.is_empty() {
        return Err(Error::Invalid(issues));
    }
    Ok(RoutingChange {
        primary,
        candidate,
        percentage,
        rollback_at,
        min_requests,
        window_secs,
        ..RoutingChange::default()
    })
}
