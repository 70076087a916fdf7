//! What must be on the machine before a box can start: the agent runtime, its warm compile cache, the root image.
//! Each is installed once and found again in milliseconds.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use smartbox_core::Progress;
use smartbox_openclaw::{RuntimeStore, versions};
use smartbox_providers::local::{ImageChoice, LocalConfig, LocalProvider};

use crate::console::Console;
use crate::data_dir::DataDir;
use crate::settings::{Image, Settings};

/// Everything that boxes need.
pub(crate) struct Installed {
    pub(crate) provider: Arc<LocalProvider>,
    pub(crate) runtime_version: String,
}

/// Installs what is missing, with progress on the console.
pub(crate) async fn ensure_all(settings: &Settings, data: &DataDir, console: &Console) -> Result<Installed> {
    let store_dir = settings.store_dir.clone().unwrap_or_else(|| data.path().join("store"));
    let runtimes = RuntimeStore::new(store_dir.join("runtimes"));
    let version = versions::pinned().openclaw.clone();
    let progress: &dyn Progress = console;
    runtimes.ensure_installed(&version, progress).await.context("the agent runtime could not be installed")?;

    let provider = LocalProvider::new(local_config(settings, data, &store_dir, runtimes.dir())?)
        .await
        .context("boxes cannot run on this machine")?;
    provider.ensure_image(progress).await.context("the box image could not be built")?;
    if !runtimes.is_warm(&version) {
        crate::install::warm_up(&provider, &runtimes, &version, progress).await?;
    }
    Ok(Installed { provider: Arc::new(provider), runtime_version: version })
}
