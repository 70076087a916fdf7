//! One SSH connection per box, kept while it is used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use smartbox_boxd::SSH_PORT;
use smartbox_core::BoxId;
use smartbox_provider::Link;
use smartbox_store::Smartbox;
use smartbox_tunnel::{BoxKeys, BoxSsh, SshError};

use crate::boxes::secret;
use crate::{Control, Error};

/// The connections, by box. Bounded by the number of boxes: deleting a box forgets its connection.
pub(crate) struct Connections {
    link: Arc<dyn Link>,
    open: Mutex<HashMap<BoxId, Arc<BoxSsh>>>,
}

impl Connections {
    pub(crate) fn new(link: Arc<dyn Link>) -> Self {
        Self { link, open: Mutex::default() }
    }

    pub(crate) fn forget(&self, id: BoxId) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    fn find(&self, id: BoxId) -> Option<Arc<BoxSsh>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn keep(&self, id: BoxId, connection: BoxSsh) -> Arc<BoxSsh> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(open.entry(id).or_insert_with(|| Arc::new(connection)))
    }
}

impl Control {
    /// The SSH connection of a box.
    pub(crate) async fn ssh(&self, smartbox: &Smartbox) -> Result<Arc<BoxSsh>, Error> {
        if let Some(connection) = self.inner.ssh.find(smartbox.id) {
            return Ok(connection);
        }
        let org = self.inner.store.org(smartbox.org);
        let key = org.secret(smartbox.id, secret::SSH_CLIENT_KEY).await?.ok_or(Error::NotFound("key"))?;
        let link = Arc::clone(&self.inner.ssh.link);
        let id = smartbox.id;
        let dial = move || {
            let link = Arc::clone(&link);
            async move { link.dial(id, SSH_PORT).await.map_err(std::io::Error::other) }
        };
        let keys = BoxKeys::parse(&smartbox.host_key_public, &key).map_err(Error::internal)?;
        Ok(self.inner.ssh.keep(id, BoxSsh::new(dial, keys)))
    }
}

/// What a caller is told when the connection cannot be made.
pub(crate) fn unavailable(error: &SshError) -> Error {
    tracing::warn!(error = error as &dyn std::error::Error, "no SSH connection to a box");
    Error::Unavailable {
        what: "the box's supervisor does not answer".to_owned(),
        retry_after: Duration::from_secs(2),
    }
}
