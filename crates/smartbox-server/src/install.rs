//! What must be on the machine before a box can start: the agent runtime, the boxes' root image, and the warm compile
//! cache. Each is installed once and found again in milliseconds.

pub(crate) mod warm_up;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use smartbox_control::Entropy;
use smartbox_core::Progress;
use smartbox_egress::{Dialect, ModelCatalog};
use smartbox_openclaw::config::{Model, ModelApi, ModelConfig};
use smartbox_openclaw::runtime_store::RuntimeStore;
use smartbox_openclaw::versions;
use smartbox_providers::local::{ImageChoice, LocalConfig, LocalProvider};

use crate::console::Console;
use crate::data_dir::DataDir;
use crate::settings::{Image, Settings};

/// Name of the program that is the first process of every box; it stands beside this one.
const BOXD: &str = "smartbox-boxd";

/// Everything that boxes need.
pub(crate) struct Installed {
    pub(crate) provider: Arc<LocalProvider>,
    pub(crate) runtime_version: String,
    pub(crate) runtimes: RuntimeStore,
}

/// Installs what is missing, with progress on the console.
pub(crate) async fn ensure_all(
    settings: &Settings,
    data: &DataDir,
    entropy: &dyn Entropy,
    console: &Console,
) -> Result<Installed> {
    let progress: &dyn Progress = console;
    let runtimes = RuntimeStore::new(store_dir(settings, data.path()).join("runtimes"));
    let version = versions::pinned().openclaw.clone();
    runtimes
        .ensure_installed(&version, progress)
        .await
        .context("the agent runtime could not be installed")?;
    let provider =
        LocalProvider::new(local_config(settings, data.path())).context("boxes cannot run here")?;
    provider.ensure_image(progress).await.context("the box image could not be built")?;
    if !provider.is_warm(&version) {
        let models = models(settings.models.catalog());
        warm_up::run(&provider, &version, &models, entropy, progress).await?;
    }
    Ok(Installed { provider: Arc::new(provider), runtime_version: version, runtimes })
}

/// Where the local provider finds and puts things.
pub(crate) fn local_config(settings: &Settings, data_dir: &Path) -> LocalConfig {
    let store = store_dir(settings, data_dir);
    let image = match &settings.image {
        Image::Debian => ImageChoice::Debian,
        Image::Host => ImageChoice::Host,
        Image::Archive(path) => ImageChoice::OciArchive(path.clone()),
    };
    LocalConfig {
        runtime_dir: store.join("runtimes"),
        store_dir: store,
        oci_runtime: settings.oci_runtime.clone(),
        image,
        ..LocalConfig::new(data_dir, boxd_binary())
    }
}

fn store_dir(settings: &Settings, data_dir: &Path) -> PathBuf {
    settings.store_dir.clone().unwrap_or_else(|| data_dir.join("store"))
}

fn boxd_binary() -> PathBuf {
    let here = std::env::current_exe().unwrap_or_default();
    here.with_file_name(BOXD)
}

/// The models of the platform in the agent runtime's terms.
pub(crate) fn models(catalog: &ModelCatalog) -> ModelConfig {
    let model = |of: &smartbox_egress::Model| Model {
        api: match of.dialect {
            Dialect::Anthropic => ModelApi::AnthropicMessages,
            Dialect::OpenAi => ModelApi::OpenAiCompletions,
        },
        id: of.id.clone(),
        name: of.display_name.clone(),
        context_window: of.context_window,
        max_tokens: of.output_tokens_max,
        reasoning: false,
        images: of.images,
    };
    ModelConfig::new(model(catalog.primary()), catalog.models().skip(1).map(model).collect())
}
