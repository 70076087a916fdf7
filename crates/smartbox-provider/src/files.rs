//! Files of boxes, for people and programs.

use std::sync::Arc;

use smartbox_core::BoxId;
use smartbox_files::FileHome;

use crate::ProviderError;

/// Where files of boxes can be worked with, whether they run or not.
#[async_trait::async_trait]
pub trait Files: Send + Sync {
    /// The home of a box's agent. `None`: there is none here, because the box was never started, or its disk lies elsewhere. What is
    /// done in it wakes nothing, and needs no processes.
    async fn files(&self, id: BoxId) -> Result<Option<Arc<dyn FileHome>>, ProviderError>;
}
