//! More in the log for a while.

use std::sync::Arc;
use std::time::Duration;

use smartbox_http::LogLevel;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::reload::Handle;
use tracing_subscriber::{EnvFilter, Registry};

/// Whose lines are raised: the platform's own. Those of its libraries may hold what they send.
const OWN: &str = "smartbox";

/// Changes which lines are written. All clones are one.
#[derive(Clone)]
pub(crate) struct LogControl {
    /// As the setting says.
    usual: Arc<str>,
    handle: Handle<EnvFilter, Registry>,
    raised: watch::Sender<Option<Raised>>,
}

/// From which level on lines are written, and until when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raised {
    level: LogLevel,
    until: Instant,
}

impl LogControl {
    pub(crate) fn new(usual: String, handle: Handle<EnvFilter, Registry>) -> Self {
        Self { usual: usual.into(), handle, raised: watch::Sender::new(None) }
    }

    /// The filter of the settings.
    pub(crate) fn usual(&self) -> &str {
        &self.usual
    }

    /// What is written beyond it, and for how long still.
    pub(crate) fn raised(&self) -> Option<(LogLevel, Duration)> {
        let Raised { level, until } = (*self.raised.borrow())?;
        Some((level, until.saturating_duration_since(Instant::now())))
    }

    /// Writes the platform's own lines from this level on, for so long.
    pub(crate) fn raise(&self, level: LogLevel, lasts: Duration) {
        self.apply(&format!("{},{OWN}={}", self.usual, level.as_str()));
        self.raised.send_replace(Instant::now().checked_add(lasts).map(|until| Raised { level, until }));
    }

    /// Goes back to the setting when the time is over, until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut raised = self.raised.subscribe();
        loop {
            let until = raised.borrow_and_update().map(|raised| raised.until);
            let over = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! { biased;
                () = stop.cancelled() => return,
                // The sender is here.
                _changed = raised.changed() => {}
                () = over => {
                    self.apply(&self.usual);
                    self.raised.send_replace(None);
                    tracing::info!("the log is as the setting says again");
                }
            }
        }
    }

    fn apply(&self, filter: &str) {
        // Both are filters, and a process that logs in another way (a test) has nothing to change.
        if let Ok(filter) = EnvFilter::try_new(filter) {
            let _other = self.handle.reload(filter);
        }
    }
}

#[cfg(test)]
mod tests;
