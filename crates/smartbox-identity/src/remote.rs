//! A document of an issuer that is fetched when it is needed, kept, renewed now and then, and kept on when the issuer
//! is down.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinSet;

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

/// A document at an address. Owns the task that fetches, which ends with it.
pub(crate) struct Remote<T> {
    shared: Arc<Shared<T>>,
    fetches: Mutex<JoinSet<()>>,
}

struct Shared<T> {
    url: Url,
    fetcher: Fetcher,
    parse: Parse<T>,
    freshness: Freshness,
    state: Mutex<State<T>>,
    /// Held while a fetch is under way.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

struct State<T> {
    known: Option<(Arc<T>, Timestamp)>,
    tried_at: Option<Timestamp>,
    /// How the last fetch ended.
    has_failed: bool,
}

/// What is known and not too old to be used.
enum Known<T> {
    Fresh(Arc<T>),
    Due(Arc<T>),
    Nothing,
}

impl<T: Send + Sync + 'static> Remote<T> {
    pub(crate) fn new(url: Url, fetcher: Fetcher, parse: Parse<T>) -> Self {
        let state = Mutex::new(State { known: None, tried_at: None, has_failed: false });
        let fetching = Arc::default();
        let shared = Shared { url, fetcher, parse, freshness: FRESHNESS, state, fetching };
        Self { shared: Arc::new(shared), fetches: Mutex::default() }
    }

    /// The document. When it is due everybody waits for a new one, so that a key that was withdrawn does not go on for
    /// as long as nobody comes; but when the last fetch failed nobody waits for the next.
    pub(crate) async fn get(&self, now: Timestamp) -> Result<Arc<T>, TokenError> {
        match self.shared.known(now) {
            Known::Fresh(document) => return Ok(document),
            Known::Due(document) if self.shared.state().has_failed => {
                if let Ok(alone) = Arc::clone(&self.shared.fetching).try_lock_owned() {
                    self.start(alone, now);
                }
                return Ok(document);
            }
            Known::Due(_) | Known::Nothing => {}
        }
        let alone = Arc::clone(&self.shared.fetching).lock_owned().await;
        if let Known::Fresh(document) = self.shared.known(now) {
            return Ok(document);
        }
        let renewed = self.renew(alone, now).await;
        match self.shared.known(now) {
            Known::Fresh(document) | Known::Due(document) => Ok(document),
            Known::Nothing => renewed,
        }
    }

    /// One that is newer than `seen`, if there may be one: because `seen` lacks something.
    ///
    /// # Errors
    /// [`TokenError::Unavailable`] when nobody can say whether there is a newer one.
    pub(crate) async fn newer(&self, seen: &Arc<T>, now: Timestamp) -> Result<Arc<T>, TokenError> {
        let alone = Arc::clone(&self.shared.fetching).lock_owned().await;
        match self.shared.known(now) {
            // Somebody else fetched while we waited.
            Known::Fresh(document) if !Arc::ptr_eq(&document, seen) => Ok(document),
            Known::Fresh(document) if !self.shared.may_fetch(now) && !self.shared.state().has_failed => {
                Ok(document)
            }
            _ => self.renew(alone, now).await,
        }
    }

    /// Fetches, if the last time is long enough ago, and waits for it.
    async fn renew(&self, alone: OwnedMutexGuard<()>, now: Timestamp) -> Result<Arc<T>, TokenError> {
        if self.start(alone, now) {
            drop(self.shared.fetching.lock().await);
        }
        let state = self.shared.state();
        match &state.known {
            Some((document, fetched_at)) if *fetched_at == now && !state.has_failed => {
                Ok(Arc::clone(document))
            }
            _ => Err(self.shared.unavailable(&state, now)),
        }
    }

    /// Starts a fetch, if the last one is long enough ago. It is a task of its own: callers that go away in the middle
    /// could otherwise keep everybody from ever having the keys.
    fn start(&self, alone: OwnedMutexGuard<()>, now: Timestamp) -> bool {
        if !self.shared.may_fetch(now) {
            return false;
        }
        self.shared.state().tried_at = Some(now);
        let shared = Arc::clone(&self.shared);
        let mut fetches = self.fetches.lock().unwrap_or_else(PoisonError::into_inner);
        while fetches.try_join_next().is_some() {}
        fetches.spawn(async move {
            shared.fetch(now).await;
            drop(alone);
        });
        true
    }
}

impl<T> Shared<T> {
    fn known(&self, now: Timestamp) -> Known<T> {
        match &self.state().known {
            Some((document, fetched_at)) => match apart(now, *fetched_at) {
                age if age <= self.freshness.renew_after => Known::Fresh(Arc::clone(document)),
                age if age <= self.freshness.usable_for => Known::Due(Arc::clone(document)),
                _ => Known::Nothing,
            },
            None => Known::Nothing,
        }
    }

    fn may_fetch(&self, now: Timestamp) -> bool {
        self.state().tried_at.is_none_or(|tried_at| apart(now, tried_at) >= self.freshness.spacing)
    }

    async fn fetch(&self, now: Timestamp) {
        let fetched = self.fetcher.get(&self.url).await.and_then(|body| (self.parse)(&body));
        let mut state = self.state();
        state.has_failed = fetched.is_err();
        match fetched {
            Ok(document) => state.known = Some((Arc::new(document), now)),
            Err(error) => {
                tracing::warn!(url = %self.url, %error, "a document of an issuer cannot be fetched");
            }
        }
    }

    fn unavailable(&self, state: &State<T>, now: Timestamp) -> TokenError {
        let waited = state.tried_at.map_or(Duration::ZERO, |tried_at| apart(now, tried_at));
        let rest = self.freshness.spacing.saturating_sub(waited);
        TokenError::Unavailable { retry_after: rest.max(Duration::from_secs(1)) }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Remote<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("url", &self.shared.url.as_str()).finish_non_exhaustive()
    }
}

/// The time between two moments, in either order: callers read the clock before they wait, and clocks are set back.
fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.duration_since(other).unsigned_abs()
}
