//! Fails a test that logs a warning or an error nobody asked for.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Collects warnings and errors of this thread while it lives. Tests run their tasks on one thread.
pub(crate) struct LogWatch {
    lines: Arc<Mutex<Vec<String>>>,
    expected: Mutex<Vec<String>>,
    _guard: DefaultGuard,
}

impl LogWatch {
    pub(crate) fn start() -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let collector = Collector { lines: Arc::clone(&lines) };
        let subscriber = tracing_subscriber::registry().with(collector);
        let guard = tracing::subscriber::set_default(subscriber);
        Self { lines, expected: Mutex::default(), _guard: guard }
    }

    /// Lines that hold this text are asked for.
    pub(crate) fn expect(&self, text: &str) {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
    }

    /// What was logged, asked for or not.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn unexpected(&self) -> Vec<String> {
        let expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut lines = self.lines();
        lines.retain(|line| !expected.iter().any(|text| line.contains(text)));
        lines
    }
}

impl Drop for LogWatch {
    fn drop(&mut self) {
        let unexpected = self.unexpected();
        // A test that fails already must not lose its message.
        if !std::thread::panicking() {
            assert!(unexpected.is_empty(), "logged without being asked for: {unexpected:#?}");
        }
    }
}

struct Collector {
    lines: Arc<Mutex<Vec<String>>>,
}

impl<S: Subscriber> Layer<S> for Collector {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let metadata = event.metadata();
        let is_ours = metadata.target().starts_with("smartbox");
        if !is_ours || *metadata.level() > Level::WARN {
            return;
        }
        let mut line = Line(format!("{} {}:", metadata.level(), metadata.target()));
        event.record(&mut line);
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a string does not fail.
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}
