//! The platform's own connections to gateways, and those that outlast a sleep.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smartbox_boxd::GATEWAY_PORT;
use smartbox_core::BoxId;
use smartbox_openclaw::client::Timeouts;
use smartbox_openclaw::{self as openclaw, ClientError, GatewayClient};
use smartbox_store::Smartbox;

use crate::boxes::secret;
use crate::{Control, Error};

/// A gateway that was asked to come to rest, with the connection that it was asked over.
pub(crate) struct AtRest {
    pub(crate) client: GatewayClient,
    /// Names the suspension.
    pub(crate) suspension: String,
}

/// The gateways that sleep. Their connections stay open through the sleep, so that a wake needs no handshake.
/// Bounded by the number of boxes.
#[derive(Default)]
pub(crate) struct Resting(Mutex<HashMap<BoxId, AtRest>>);

impl Resting {
    pub(crate) fn put(&self, id: BoxId, at_rest: AtRest) {
        self.boxes().insert(id, at_rest);
    }

    pub(crate) fn take(&self, id: BoxId) -> Option<AtRest> {
        self.boxes().remove(&id)
    }

    fn boxes(&self) -> MutexGuard<'_, HashMap<BoxId, AtRest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Control {
    /// Connects to the box's gateway as the platform.
    pub(crate) async fn gateway(&self, row: &Smartbox) -> Result<GatewayClient, Error> {
        self.gateway_within(row, Timeouts::default()).await
    }

    /// Connects to the box's gateway as the platform, waiting so long.
    pub(crate) async fn gateway_within(
        &self,
        row: &Smartbox,
        timeouts: Timeouts,
    ) -> Result<GatewayClient, Error> {
        let token = self.inner.store.org(row.org).secret(row.id, secret::GATEWAY_TOKEN).await?;
        let token = token.ok_or_else(|| Error::internal("a box has no gateway token"))?;
        let unavailable = || Error::Unavailable {
            what: "the box's gateway does not answer".to_owned(),
            retry_after: Duration::from_secs(2),
        };
        let stream = self.inner.link.dial(row.id, GATEWAY_PORT).await.map_err(|_error| unavailable())?;
        let headers = openclaw::admin_headers(&token);
        GatewayClient::connect_with(stream, &headers, timeouts).await.map_err(agent_error)
    }
}

pub(crate) fn agent_error(error: ClientError) -> Error {
    Error::Agent(error.to_string())
}
