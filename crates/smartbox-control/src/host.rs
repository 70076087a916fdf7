//! The machine on which boxes run, as far as starts depend on it.

use smartbox_core::capacity::HostFacts;

/// Measures the host. Asked before every start: an answer may be a second old, and takes no time.
pub trait Host: Send + Sync {
    /// What is measured now; `None` where nothing is known, so that nothing is held back.
    fn facts(&self) -> Option<HostFacts>;
}

/// A host of which nothing is known: boxes run elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnknownHost;

impl Host for UnknownHost {
    fn facts(&self) -> Option<HostFacts> {
        None
    }
}
