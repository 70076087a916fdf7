//! Control asks for agent runtimes; the store of them and a box that warms up a new one are this machine's.

use std::collections::HashMap;
use std::sync::Arc;

use smartbox_control::{Entropy, Runtimes};
use smartbox_core::progress::Silent;
use smartbox_openclaw::config::{ConfigSchema, ModelConfig};
use smartbox_openclaw::runtime_store::RuntimeStore;
use smartbox_openclaw::versions;
use smartbox_providers::local::LocalProvider;
use tokio::sync::Mutex;

use crate::install::warm_up;

/// The runtimes of this machine.
pub(crate) struct LocalRuntimes {
    pub(crate) store: RuntimeStore,
    pub(crate) provider: Arc<LocalProvider>,
    pub(crate) models: ModelConfig,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// What versions take as configuration, those that were asked for. One that is asked is waited for by all who want to know.
    pub(crate) schemas: Mutex<HashMap<String, Arc<ConfigSchema>>>,
}

#[async_trait::async_trait]
impl Runtimes for LocalRuntimes {
    fn installable(&self) -> Vec<String> {
        versions::installable().map(str::to_owned).collect()
    }

    async fn installed(&self) -> Result<Vec<String>, String> {
        let store = self.store.clone();
        let listed = tokio::task::spawn_blocking(move || store.list()).await;
        let found = listed.map_err(std::io::Error::other).flatten();
        let found = found.map_err(|error| format!("the store of agent runtimes cannot be read: {error}"))?;
        Ok(found.into_iter().map(|runtime| runtime.version).collect())
    }

    async fn install(&self, version: &str) -> Result<(), String> {
        let installed = self.store.ensure_installed(version, &Silent).await;
        installed.map_err(|error| format!("{:#}", anyhow::Error::new(error)))?;
        // Asked now, so that the first who changes a configuration does not wait for it.
        if let Err(why) = self.config_schema(version).await {
            tracing::warn!(version, why, "configurations of this version are not checked against a schema");
        }
        if self.provider.is_warm(version) {
            return Ok(());
        }
        let warmed = warm_up::run(&self.provider, version, &self.models, &*self.entropy, &Silent).await;
        if let Err(error) = warmed {
            let why = format!("{error:#}");
            // A runtime whose gateway does not come up is none that boxes should have.
            if let Err(error) = self.store.remove(version).await {
                tracing::warn!(
                    version,
                    error = &error as &dyn std::error::Error,
                    "a runtime could not be removed"
                );
            }
            return Err(why);
        }
        Ok(())
    }

    async fn remove(&self, version: &str) -> Result<(), String> {
        self.schemas.lock().await.remove(version);
        self.store.remove(version).await.map_err(|error| format!("{:#}", anyhow::Error::new(error)))
    }

    async fn config_schema(&self, version: &str) -> Result<Arc<ConfigSchema>, String> {
        let mut schemas = self.schemas.lock().await;
        if let Some(known) = schemas.get(version) {
            return Ok(Arc::clone(known));
        }
        let asked = self.store.config_schema(version).await;
        let schema = Arc::new(asked.map_err(|error| format!("{:#}", anyhow::Error::new(error)))?);
        schemas.insert(version.to_owned(), Arc::clone(&schema));
        Ok(schema)
    }
}
