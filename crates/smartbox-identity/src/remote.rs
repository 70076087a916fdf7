//! A document of an issuer that is fetched when it is needed, kept, renewed now and then, and kept on when the issuer
//! is down.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;

use crate::TokenError;
use crate::fetch::{FetchError, Fetcher};

/// How old a document may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freshness {
    /// After this age it is renewed when it is used.
    pub(crate) renew_after: Duration,
    /// Up to this age it goes on working while its issuer is down.
    pub(crate) usable_for: Duration,
    /// Least time between two fetches, whatever is asked for.
    pub(crate) spacing: Duration,
}

/// Keys and discovery documents alike. Ten minutes is what Supabase's own caches take, and how long a key that was
/// withdrawn goes on working at most.
pub(crate) const FRESHNESS: Freshness = Freshness {
    renew_after: Duration::from_secs(600),
    usable_for: Duration::from_secs(24 * 3600),
    spacing: Duration::from_secs(10),
};

type Parse<T> = Box<dyn Fn(&[u8]) -> Result<T, FetchError> + Send + Sync>;

/// A document at an address.
pub(crate) struct Remote<T> {
    url: Url,
    fetcher: Fetcher,
    parse: Parse<T>,
    freshness: Freshness,
    state: Mutex<State<T>>,
    /// Held by the one who fetches.
    fetching: tokio::sync::Mutex<()>,
}

struct State<T> {
    known: Option<(Arc<T>, Timestamp)>,
    tried_at: Option<Timestamp>,
    has_failed: bool,
}

impl<T> Remote<T> {
    pub(crate) fn new(url: Url, fetcher: Fetcher, parse: Parse<T>) -> Self {
        let state = Mutex::new(State { known: None, tried_at: None, has_failed: false });
        Self { url, fetcher, parse, freshness: FRESHNESS, state, fetching: tokio::sync::Mutex::new(()) }
    }

    /// The document. Waits for a fetch if none is known, and once per spacing if the known one is due; everybody else
    /// goes on with what is known.
    pub(crate) async fn get(&self, now: Timestamp) -> Result<Arc<T>, TokenError> {
        match self.known(now) {
            Some((document, true)) => Ok(document),
            Some((document, false)) => {
                let Ok(_alone) = self.fetching.try_lock() else { return Ok(document) };
                Ok(self.renew(now).await.unwrap_or(document))
            }
            None => {
                let _alone = self.fetching.lock().await;
                match self.known(now) {
                    Some((document, _is_fresh)) => Ok(document),
                    None => self.renew(now).await,
                }
            }
        }
    }

    /// One that is newer than `seen`, if there may be one: because `seen` lacks something.
    ///
    /// # Errors
    /// [`TokenError::Unavailable`] when nobody can say whether there is a newer one.
    pub(crate) async fn newer(&self, seen: &Arc<T>, now: Timestamp) -> Result<Arc<T>, TokenError> {
        let _alone = self.fetching.lock().await;
        match self.known(now) {
            // Somebody else fetched while we waited.
            Some((document, _is_fresh)) if !Arc::ptr_eq(&document, seen) => Ok(document),
            Some((document, _is_fresh)) if !self.may_fetch(now) && !self.state().has_failed => Ok(document),
            _ => self.renew(now).await,
        }
    }

    /// What is known and still usable, and whether it is fresh.
    fn known(&self, now: Timestamp) -> Option<(Arc<T>, bool)> {
        let state = self.state();
        let (document, fetched_at) = state.known.as_ref()?;
        let age = apart(now, *fetched_at);
        (age <= self.freshness.usable_for).then(|| (Arc::clone(document), age <= self.freshness.renew_after))
    }

    fn may_fetch(&self, now: Timestamp) -> bool {
        self.state().tried_at.is_none_or(|tried_at| apart(now, tried_at) >= self.freshness.spacing)
    }

    /// Fetches, if the last time is long enough ago. Only to be called by whoever holds `fetching`.
    async fn renew(&self, now: Timestamp) -> Result<Arc<T>, TokenError> {
        if !self.may_fetch(now) {
            return Err(self.unavailable(now));
        }
        {
            // Written before the fetch: callers that go away in the middle must not cause another at once.
            let mut state = self.state();
            state.tried_at = Some(now);
            state.has_failed = true;
        }
        let fetched = self.fetcher.get(&self.url).await.and_then(|body| (self.parse)(&body));
        match fetched {
            Ok(document) => {
                let document = Arc::new(document);
                let mut state = self.state();
                state.known = Some((Arc::clone(&document), now));
                state.has_failed = false;
                Ok(document)
            }
            Err(error) => {
                tracing::warn!(url = %self.url, %error, "a document of an issuer cannot be fetched");
                Err(self.unavailable(now))
            }
        }
    }

    fn unavailable(&self, now: Timestamp) -> TokenError {
        let waited = self.state().tried_at.map_or(Duration::ZERO, |tried_at| apart(now, tried_at));
        let rest = self.freshness.spacing.saturating_sub(waited);
        TokenError::Unavailable { retry_after: rest.max(Duration::from_secs(1)) }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Remote<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

/// The time between two moments, in either order: callers read the clock before they wait, and clocks are set back.
fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.duration_since(other).unsigned_abs()
}
