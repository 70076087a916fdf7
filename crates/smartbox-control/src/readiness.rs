//! Whether the platform can do its work.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use smartbox_store::SystemActor;
use tokio::time::{Instant, timeout};

use crate::Control;

/// The database must answer within this time.
const STORE_TIMEOUT: Duration = Duration::from_millis(500);
/// Periods of the reconcile loop after which a missing pass means that something is wrong.
const PERIODS_MAX: u32 = 6;

/// When the last pass of the reconcile loop ended.
#[derive(Default)]
pub(crate) struct LastPass(Mutex<Option<Instant>>);

impl LastPass {
    pub(crate) fn set(&self, at: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    fn get(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Control {
    /// What keeps the platform from doing its work, in words for an operator. Answers within a second.
    pub async fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let fleet = self.inner.store.fleet(SystemActor::new("readiness"));
        if !matches!(timeout(STORE_TIMEOUT, fleet.first_org()).await, Ok(Ok(_))) {
            missing.push("the database does not answer".to_owned());
        }
        // Whoever balances load sends people to a platform where boxes start.
        if let Ok(Ok(Some(maintenance))) = timeout(STORE_TIMEOUT, self.maintenance()).await {
            missing.push(format!("the platform is being maintained: {}", maintenance.reason));
        }
        if self.inner.keeping.get().is_some_and(|keeping| !keeping.is_held()) {
            missing.push("this platform may act on no box at the moment: the database was away, or others have taken over".to_owned());
        }
        let longest = self.inner.limits.reconcile_period * PERIODS_MAX;
        match self.inner.last_pass.get() {
            None => missing.push("the boxes were not looked at yet".to_owned()),
            Some(at) if at.elapsed() > longest => {
                missing.push(format!("the boxes were not looked at for {} s", at.elapsed().as_secs()));
            }
            Some(_) => {}
        }
        missing
    }
}
