//! How long somebody may listen: streams end with the right that opened them.

use std::time::Duration;

use axum::extract::FromRequestParts;
use http::request::Parts;
use jiff::Timestamp;
use smartbox_control::{Op, Recognised};
use smartbox_core::Tie;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::Caller;
use crate::HttpState;
use crate::problem::{ApiError, codes};

/// What a caller's stream hangs on.
pub(crate) struct Right {
    revocations: Receiver<Tie>,
    ties: Vec<Tie>,
    /// Time left until the credential ends by itself.
    left: Option<Duration>,
}

impl Right {
    /// `revocations` were followed since before the caller was recognised, so that none is missed.
    fn new(revocations: Receiver<Tie>, who: &Recognised, now: Timestamp) -> Self {
        let ties = who.ties();
        // One that has ended meanwhile leaves no time at all.
        let left = who.expires_at.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or_default());
        Self { revocations, ties, left }
    }

    /// Waits until the right has ended.
    pub(crate) async fn ended(mut self) {
        let left = self.left;
        let expired = async move {
            match left {
                Some(left) => tokio::time::sleep(left).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = expired => {}
            () = self.revoked() => {}
        }
    }

    async fn revoked(&mut self) {
        loop {
            match self.revocations.recv().await {
                Ok(tie) if self.ties.contains(&tie) => return,
                Ok(_of_others) => {}
                // Ours may have been among those that were missed: whoever listens asks again.
                Err(RecvError::Lagged(_)) => return,
                // The platform is going down, which ends streams in its own way.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

/// The authenticated caller of a route that answers with a stream.
pub(crate) struct Listener(pub(crate) Op, pub(crate) Right);

impl FromRequestParts<HttpState> for Listener {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, ApiError> {
        let revocations = state.control().revocations();
        let found = Caller::authenticate(parts, state).await?;
        let (op, who) = found.ok_or_else(|| ApiError::known(&codes::NOT_SIGNED_IN))?;
        let right = Right::new(revocations, &who, state.control().clock().now());
        Ok(Self(op, right))
    }
}
