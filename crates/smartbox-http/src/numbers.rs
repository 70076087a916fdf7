//! How long the API takes for what, for whoever looks from outside.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::StatusCode;
use smartbox_core::numbers::{Durations, Histogram};

/// Upper ends of the durations that are told apart, in milliseconds.
const BOUNDS_MS: [u64; 9] = [2, 5, 10, 25, 50, 100, 500, 2500, 30_000];
/// What requests are answered with.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
/// In place of the pattern of a path that has none: what a client makes up is no name of a series.
const NO_ROUTE: &str = "none";

/// Which requests are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiSeries {
    /// The pattern of the path, such as `/v1/boxes/{box}`; `none` for what leads nowhere.
    pub route: String,
    /// The method, `_OTHER` for one that HTTP does not have.
    pub method: &'static str,
    /// `2xx` and so on.
    pub class: &'static str,
}

type Counted = Arc<Histogram<{ BOUNDS_MS.len() }>>;

/// Tells what the API has answered since the process began. All clones are one. There are no more series than the router has
/// routes, times methods and classes.
#[derive(Clone, Debug, Default)]
pub struct ApiNumbers(Arc<RwLock<BTreeMap<ApiSeries, Counted>>>);

impl ApiNumbers {
    /// A request was answered, so long after it came; `route` is the pattern that it met.
    pub(crate) fn answered(
        &self,
        route: Option<&str>,
        method: &'static str,
        status: StatusCode,
        took: Duration,
    ) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1).min(CLASSES.len() - 1);
        let series = ApiSeries { route: route.unwrap_or(NO_ROUTE).to_owned(), method, class: CLASSES[class] };
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&series).map(Arc::clone);
        let counted = known.unwrap_or_else(|| {
            let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(series).or_insert_with(|| Arc::new(Histogram::new(BOUNDS_MS))))
        });
        counted.observe(took);
    }

    /// From the moment at which a request reached the API to the head of its answer.
    pub fn durations(&self) -> Vec<(ApiSeries, Durations)> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(series, counted)| (series.clone(), counted.read())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_method_and_class() {
        let numbers = ApiNumbers::default();
        let took = Duration::from_millis(3);
        for status in [StatusCode::OK, StatusCode::CREATED, StatusCode::NOT_FOUND] {
            numbers.answered(Some("/v1/boxes/{box}"), "GET", status, took);
        }
        numbers.answered(None, "_OTHER", StatusCode::NOT_FOUND, took);
        let seen: Vec<_> = numbers
            .durations()
            .into_iter()
            .map(|(ApiSeries { route, method, class }, counted)| (route, method, class, counted.count))
            .collect();
        let route = || "/v1/boxes/{box}".to_owned();
        assert_eq!(
            seen,
            [(route(), "GET", "2xx", 2), (route(), "GET", "4xx", 1), ("none".to_owned(), "_OTHER", "4xx", 1)]
        );
    }
}
