//! Whether the platform can do its work.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use smartbox_store::SystemActor;
use tokio::time::{Instant, timeout};

use crate::{Control, Error};

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
    /// What keeps the platform from doing its work, in words for an operator. Answers within half a second.
    pub async fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let fleet = self.inner.store.fleet(SystemActor::new("readiness"));
        // One look after the other, within one time: what does not answer the first need not be waited for twice.
        let looked = timeout(STORE_TIMEOUT, async {
            fleet.first_org().await.map_err(Error::from)?;
            // One that cannot be read is told by whoever needs it.
            Ok::<_, Error>(self.maintenance().await.ok().flatten())
        });
        match looked.await {
            // Whoever balances load sends people to a platform where boxes start.
            Ok(Ok(Some(maintenance))) => {
                missing.push(format!("the platform is being maintained: {}", maintenance.reason));
            }
            Ok(Ok(None)) => {}
            Ok(Err(_)) | Err(_) => missing.push("the database does not answer".to_owned()),
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
