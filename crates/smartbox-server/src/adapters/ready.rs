//! `/readyz` asks control.

use smartbox_control::Control;
use smartbox_http::ReadyCheck;

/// Asks control what is missing.
pub(crate) struct ControlReady(pub(crate) Control);

#[async_trait::async_trait]
impl ReadyCheck for ControlReady {
    async fn missing(&self) -> Vec<String> {
        self.0.missing().await
    }
}
