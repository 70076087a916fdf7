//! Keeps the certificate valid.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use smartbox_edge::{Tls, TlsIdentity};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::vault::{Kept, Vault};
use crate::{AcmeConfig, AcmeError, answer, order};

/// Directory of Let's Encrypt.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// How often it is looked whether the certificate is to be renewed: the wall clock may have been set meanwhile.
const LOOK_PERIOD: Duration = Duration::from_hours(1);
/// Longest time for an order.
const ORDER_TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// Pause after a failed order; it doubles. Let's Encrypt takes five failures an hour for a name.
const PAUSE_MIN: Duration = Duration::from_secs(15 * 60);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_hours(12);

/// Keeps a certificate.
pub struct Keeper {
    config: AcmeConfig,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    tls: Tls,
    shown: TlsIdentity,
    is_temporary: bool,
}

impl Keeper {
    /// Takes what is kept, or makes something for the time being. Nobody is asked yet.
    ///
    /// # Errors
    /// No key can be made.
    pub fn new(
        config: AcmeConfig,
        vault: Arc<dyn Vault>,
        clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> Result<Self, AcmeError> {
        let kept = Kept { vault: &*vault, config: &config }.identity();
        let is_temporary = kept.is_none();
        let shown = match kept {
            Some(kept) => kept,
            None => answer::temporary(&config.names)?,
        };
        let tls =
            Tls::new(shown.clone()).map_err(|_never| smartbox_edge::TlsError::UnsupportedKey)?.with_answers();
        Ok(Self { config, vault, clock, tls, shown, is_temporary })
    }

    /// What the edge speaks.
    pub fn tls(&self) -> Tls {
        self.tls.clone()
    }

    /// What is shown now.
    pub const fn shown(&self) -> &TlsIdentity {
        &self.shown
    }

    /// Orders certificates whenever that is due. `changed` hears of each that is shown.
    pub async fn run(mut self, changed: impl Fn(&TlsIdentity), stop: CancellationToken) {
        let mut pause = PAUSE_MIN;
        loop {
            let mut wait = LOOK_PERIOD;
            if self.is_due() {
                let renewed = tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    renewed = self.renew() => renewed,
                };
                match renewed {
                    Ok(()) => {
                        pause = PAUSE_MIN;
                        tracing::info!(names = ?self.config.names, "a new certificate is shown");
                        changed(&self.shown);
                    }
                    Err(error) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            ?pause,
                            "no certificate was issued"
                        );
                        (wait, pause) = (pause, (pause * 2).min(PAUSE_MAX));
                    }
                }
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = sleep(wait) => {}
            }
        }
    }

    /// Orders a certificate now, keeps and shows it.
    ///
    /// # Errors
    /// There is none; what was shown stays.
    pub async fn renew(&mut self) -> Result<(), AcmeError> {
        let kept = Kept { vault: &*self.vault, config: &self.config };
        let ordered = timeout(ORDER_TIMEOUT, order::order(&kept, &self.tls)).await;
        let identity = ordered.unwrap_or(Err(AcmeError::TooLong))?;
        self.tls.replace(identity.clone());
        (self.shown, self.is_temporary) = (identity, false);
        Ok(())
    }

    /// Whether there is none that is worth something, or less than a third of its time is left.
    pub fn is_due(&self) -> bool {
        let Some((from, until)) = self.shown.validity().filter(|_valid| !self.is_temporary) else {
            return true;
        };
        let third = until.duration_since(from) / 3;
        until.duration_since((self.clock)()) < third
    }
}
