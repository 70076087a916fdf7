//! Traces of a platform, as the edge asks for them: each thing that is asked has a name of its own.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderMap, HeaderValue};
use smartbox_edge::ports::Traces;
use tracing::Span;

/// Spans have names of their own on all platforms.
static NEXT: AtomicUsize = AtomicUsize::new(1);

/// What came in and what was told.
#[derive(Default)]
pub(crate) struct HopTraces {
    /// The `traceparent` of each request.
    pub(crate) joined: Mutex<Vec<Option<String>>>,
    /// The one that each of those who were asked was told.
    pub(crate) told: Mutex<Vec<String>>,
}

impl Traces for HopTraces {
    fn join(&self, _span: &Span, headers: &HeaderMap) -> bool {
        let parent = headers.get("traceparent").map(|parent| parent.to_str().unwrap().to_owned());
        let is_one = parent.is_some();
        self.joined.lock().unwrap().push(parent);
        is_one
    }

    fn tell(&self, _span: &Span) -> Option<HeaderValue> {
        let span = NEXT.fetch_add(1, Ordering::SeqCst);
        let told = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{span:016x}-01");
        self.told.lock().unwrap().push(told.clone());
        Some(told.parse().unwrap())
    }
}
