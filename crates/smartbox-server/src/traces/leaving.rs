//! Which spans are meant to leave.

use smartbox_core::trace;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

/// Spans with the target of traces, and nothing else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaving;

impl<S: Subscriber> Filter<S> for Leaving {
    fn enabled(&self, metadata: &Metadata<'_>, _context: &Context<'_, S>) -> bool {
        metadata.target() == trace::TARGET
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target() == trace::TARGET {
            // Asked each time. The library remembers what the last question came to, also that of a line which was not written in
            // the end, and would take it for the answer where every layer always wants a span: then the span would be lost.
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }
}
