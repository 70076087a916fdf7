//! Files of boxes: their homes lie on this machine.

use std::sync::Arc;

use smartbox_core::BoxId;
use smartbox_files::{FileHome, HostHome};
use smartbox_provider::{Files, ProviderError};

use super::LocalProvider;

#[async_trait::async_trait]
impl Files for LocalProvider {
    async fn files(&self, id: BoxId) -> Result<Option<Arc<dyn FileHome>>, ProviderError> {
        let opened = HostHome::open(self.host.paths.agent_volume(id)).await;
        let opened =
            opened.map_err(|error| ProviderError::transient("the disk of the box cannot be used", error))?;
        Ok(opened.map(|home| Arc::new(home) as Arc<dyn FileHome>))
    }
}
