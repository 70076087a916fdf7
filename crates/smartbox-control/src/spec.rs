//! Renders what a box should be: limits from its tier, files from its configuration and secrets.

use secrecy::{ExposeSecret, SecretString};
use smartbox_boxd::{AGENT_HOME, BoxdConfig, CONFIG_PATH, HOST_KEY_PATH, ServiceSpec};
use smartbox_core::UidRange;
use smartbox_openclaw as openclaw;
use smartbox_provider::{Limits, RenderedFile, RenderedFileOwner, Spec};
use smartbox_store::{Smartbox, SystemActor};

use crate::boxes::secret;
use crate::{Control, Error};

/// Size at which the gateway's log is rotated.
const LOG_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Rotated log files that are kept.
const LOG_FILES_MAX: u32 = 3;
/// Crashes within [`CRASH_WINDOW_MS`] after which boxd gives up and the platform takes over with its backoff.
const CRASHES_MAX: u32 = 3;
const CRASH_WINDOW_MS: u64 = 5 * 60 * 1000;

/// How the agent runtime of new incarnations is configured.
#[derive(Clone)]
pub struct AgentRuntime {
    version: String,
    models: openclaw::ModelConfig,
}

impl AgentRuntime {
    /// New boxes are pinned to `version`; every box's models are `models`.
    pub fn new(version: String, models: openclaw::ModelConfig) -> Self {
        Self { version, models }
    }

    /// The version that new boxes are pinned to.
    pub fn version(&self) -> &str {
        &self.version
    }
}

impl Control {
    /// What the box should be, in its present generation.
    pub(crate) async fn spec(&self, row: &Smartbox) -> Result<Spec, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new("render spec"));
        let tier = fleet.tier(&row.tier).await?.ok_or_else(|| Error::internal("the tier is gone"))?;
        let uid_range = UidRange::from_slot(row.uid_slot).ok_or_else(|| Error::internal("no user ids left"))?;
        Ok(Spec {
            generation: row.generation,
            hostname: row.name.to_string(),
            uid_range,
            runtime_version: row.runtime_version.clone(),
            limits: Limits {
                cpu_millis: tier.cpu_millis,
                memory_bytes: tier.memory_bytes,
                memory_max_bytes: tier.memory_max_bytes,
                pids_max: tier.pids_max,
            },
            stop_grace: self.inner.limits.stop_grace,
            files: self.files(row).await?,
        })
    }

    async fn files(&self, row: &Smartbox) -> Result<Vec<RenderedFile>, Error> {
        let gateway_token = self.box_secret(row, secret::GATEWAY_TOKEN).await?;
        let host_key = self.box_secret(row, secret::SSH_HOST_KEY).await?;
        let client_key = self.box_secret(row, secret::SSH_CLIENT_KEY).await?;
        let gateway_config = openclaw::render(&self.inner.runtime.models, &gateway_token);
        let boxd = self.boxd_config(row, &gateway_token, &client_key)?;
        let boxd = serde_json::to_vec_pretty(&boxd).map_err(Error::internal)?;
        let file = |path: &str, content: Vec<u8>, owner| RenderedFile { path: path.to_owned(), content, owner };
        Ok(vec![
            file(openclaw::CONFIG_PATH, gateway_config, RenderedFileOwner::Agent),
            file(CONFIG_PATH, boxd, RenderedFileOwner::Boxd),
            file(HOST_KEY_PATH, host_key.expose_secret().as_bytes().to_vec(), RenderedFileOwner::Boxd),
        ])
    }

    fn boxd_config(
        &self,
        row: &Smartbox,
        gateway_token: &SecretString,
        client_key: &SecretString,
    ) -> Result<BoxdConfig, Error> {
        let stop_grace_ms = u64::try_from(self.inner.limits.stop_grace.as_millis()).unwrap_or(u64::MAX);
        let public = smartbox_tunnel::public_key(client_key).map_err(Error::internal)?;
        Ok(BoxdConfig {
            generation: row.generation,
            authorized_keys: vec![public],
            gateway: ServiceSpec {
                argv: openclaw::gateway_argv(&row.runtime_version),
                env: openclaw::gateway_env(&row.runtime_version),
                cwd: AGENT_HOME.to_owned(),
                crashes_max: CRASHES_MAX,
                crash_window_ms: CRASH_WINDOW_MS,
            },
            exec_env: openclaw::exec_env(&row.runtime_version),
            stop_grace_ms,
            log_file_bytes_max: LOG_FILE_BYTES_MAX,
            log_files_max: LOG_FILES_MAX,
            gateway_admin_headers: openclaw::admin_headers(gateway_token),
        })
    }

    async fn box_secret(&self, row: &Smartbox, name: &'static str) -> Result<SecretString, Error> {
        let found = self.inner.store.org(row.org).secret(row.id, name).await?;
        found.ok_or_else(|| Error::internal("a secret of the box is gone"))
    }
}
