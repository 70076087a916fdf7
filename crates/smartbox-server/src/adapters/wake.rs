//! A request that reaches a sleeping box asks the one gate.

use http::StatusCode;
use smartbox_control::{Control, Error, Op};
use smartbox_core::{BoxId, Principal};
use smartbox_edge::{Wake, WakeRefused};

/// Wakes boxes through control.
pub(crate) struct ControlWake(pub(crate) Control);

#[async_trait::async_trait]
impl Wake for ControlWake {
    async fn wake(&self, id: BoxId, principal: &Principal) -> Result<(), WakeRefused> {
        let op = Op::new(principal.clone());
        self.0.wake_box(&op, id, "a request").await.map_err(|error| refused(&error))
    }
}

fn refused(error: &Error) -> WakeRefused {
    let refusal = |status, code, title: String| WakeRefused {
        status,
        code,
        title,
        detail: None,
        remedy: None,
        retry_after: None,
    };
    match error {
        Error::WakeRefused(reason) => WakeRefused {
            remedy: Some("stop another box of the same tier, or delete one".to_owned()),
            ..refusal(StatusCode::CONFLICT, "wake-refused", format!("The box may not run: {reason}."))
        },
        Error::BoxFailed { what, remedy } => WakeRefused {
            detail: Some(what.clone()),
            remedy: Some(remedy.clone()),
            ..refusal(StatusCode::SERVICE_UNAVAILABLE, "box-failed", "The box failed.".to_owned())
        },
        Error::NotFound(_) => refusal(StatusCode::NOT_FOUND, "not-found", "There is no such box.".to_owned()),
        other => {
            tracing::error!(error = other as &dyn std::error::Error, "a box could not be woken");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The platform failed.".to_owned())
        }
    }
}
