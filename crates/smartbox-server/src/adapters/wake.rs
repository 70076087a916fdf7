//! A request that reaches a sleeping box asks the one gate.

use smartbox_control::{Control, Error, Op};
use smartbox_core::{BoxId, Principal};
use smartbox_edge::ports::{Wake, WakeRefused};

/// Wakes boxes through control.
pub(crate) struct ControlWake(pub(crate) Control);

#[async_trait::async_trait]
impl Wake for ControlWake {
    async fn wake(&self, id: BoxId, principal: &Principal) -> Result<(), WakeRefused> {
        let op = Op::new(principal.clone());
        let woken = match self.0.wake_box(&op, id, "a request").await {
            // The edge never wakes a failed box by itself: a person wants another attempt.
            Err(Error::BoxFailed { .. }) => self.0.start_box(&op, &id.to_string(), None).await.map(drop),
            woken => woken,
        };
        woken.map_err(|error| refused(&error))
    }
}

/// In the same words as the API's.
fn refused(error: &Error) -> WakeRefused {
    if let Error::Internal(cause) = error {
        tracing::error!(error = &**cause as &dyn std::error::Error, "a box could not be woken");
    }
    let explanation = smartbox_http::explain(error);
    WakeRefused {
        status: explanation.code.status,
        code: explanation.code.name,
        title: explanation.code.title.to_owned(),
        detail: explanation.detail,
        remedy: explanation.remedy,
        retry_after: explanation.retry_after,
    }
}
