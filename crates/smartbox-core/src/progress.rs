//! Progress of long work, told to whoever watches.

/// Receives the progress of long work: first installs, images, warm-ups.
///
/// Implementations show it (terminal, log, API); the worker never waits for them.
pub trait Progress: Send + Sync {
    /// A step begins. `what` is a phrase such as "Building the box image".
    fn begin(&self, what: &str);
    /// The step goes on; `detail` is a short, latest fact.
    fn detail(&self, detail: &str);
    /// The step is done.
    fn done(&self);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _what: &str) {}
    fn detail(&self, _detail: &str) {}
    fn done(&self) {}
}
