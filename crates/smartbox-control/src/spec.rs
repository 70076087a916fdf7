//! Renders what a box should be: limits from its tier, files from its configuration and secrets.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use smartbox_boxd::{AGENT_HOME, BoxdConfig, CONFIG_PATH, HOST_KEY_PATH, ServiceSpec};
use smartbox_core::{SecretName, UidRange, heal};
use smartbox_openclaw::config::{self, ModelConfig, OwnerPart};
use smartbox_openclaw::{access, environment};
use smartbox_provider::{Generation, Limits, RenderedFile, RenderedFileOwner, Spec};
use smartbox_store::{Smartbox, SystemActor};
use smartbox_tunnel::BoxKeys;

use crate::boxes::secret;
use crate::{Control, Error};

/// Size at which the gateway's log is rotated.
const LOG_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Rotated log files that are kept.
const LOG_FILES_MAX: u32 = 3;
/// Crashes within the breaker's window after which boxd gives up and the platform takes over with its backoff.
pub const CRASHES_MAX: u32 = 3;

/// How the agent runtime of new incarnations is configured.
#[derive(Clone)]
pub struct AgentRuntime {
    version: String,
    pub(crate) models: ModelConfig,
    roots: Arc<str>,
}

impl AgentRuntime {
    /// New boxes are pinned to `version`; every box's models are `models`.
    pub fn new(version: String, models: ModelConfig) -> Self {
        Self { version, models, roots: Arc::from("") }
    }

    /// The certificate authorities, in PEM form, that programs of a box trust beside the box's own.
    #[must_use]
    pub fn with_roots(self, roots: Arc<str>) -> Self {
        Self { roots, ..self }
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
        let uid_range =
            UidRange::from_slot(row.uid_slot).ok_or_else(|| Error::internal("no user ids left"))?;
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
        let keys = BoxKeys::parse(&row.host_key_public, &client_key).map_err(Error::internal)?;
        let fleet = self.inner.store.fleet(SystemActor::new("render spec"));
        let secrets = fleet.secrets_of_box(row.org, row.id).await?;
        let certificate = self.authority_certificate(row).await?;
        let (_version, owner) = self.owner_part(row).await?;
        render_files(&Ingredients {
            generation: row.generation,
            runtime_version: &row.runtime_version,
            models: &self.offered_models(row),
            owner: Some(&owner),
            gateway_token: &gateway_token,
            host_key: &host_key,
            authorized_key: keys.client_public().map_err(Error::internal)?,
            stop_grace: self.inner.limits.stop_grace,
            // boxd starts the gateway no more often than the breaker of the box has room for.
            crashes_max: row.breaker.starts_left(self.inner.clock.now()).min(CRASHES_MAX),
            secrets: &secrets,
            trust: certificate
                .as_deref()
                .map(|authority| Trust { authority, roots: &self.inner.runtime.roots }),
            is_quiet: row.is_quiet,
        })
    }

    async fn box_secret(&self, row: &Smartbox, name: &'static str) -> Result<SecretString, Error> {
        let found = self.inner.store.org(row.org).secret(row.id, name).await?;
        found.ok_or_else(|| Error::internal("a secret of the box is gone"))
    }
}

/// What the files of a box are rendered from.
pub struct Ingredients<'a> {
    /// Incarnation.
    pub generation: Generation,
    /// Version of the agent runtime.
    pub runtime_version: &'a str,
    /// The models it may use.
    pub models: &'a ModelConfig,
    /// What its owner adds to the configuration.
    pub owner: Option<&'a OwnerPart>,
    /// The gateway's credential.
    pub gateway_token: &'a SecretString,
    /// The box's SSH host key, private half.
    pub host_key: &'a SecretString,
    /// Public key that boxd lets in.
    pub authorized_key: String,
    /// How long the gateway may take to finish its work.
    pub stop_grace: Duration,
    /// Crashes after which boxd gives up; [`CRASHES_MAX`] of a box that was well so far.
    pub crashes_max: u32,
    /// Its secrets, with the values of those that go into the gateway's environment.
    pub secrets: &'a [(SecretName, Option<SecretString>)],
    /// The box's own certificate authority, if it has one.
    pub trust: Option<Trust<'a>>,
    /// Whether neither channels nor the gateway's own jobs run.
    pub is_quiet: bool,
}

/// Whose certificates programs of a box believe, in PEM form.
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    /// The box's own authority.
    pub authority: &'a str,
    /// Everybody else's.
    pub roots: &'a str,
}

/// Variables of the gateway, and of commands that people run: those hold no value of a secret.
fn variables(from: &Ingredients<'_>) -> [Vec<(String, String)>; 2] {
    let mut gateway = environment::gateway_env(from.runtime_version);
    let mut exec = environment::exec_env(from.runtime_version);
    for (name, value) in from.secrets {
        let placeholder = || (name.to_string(), name.placeholder());
        match value {
            Some(value) => gateway.push((name.to_string(), value.expose_secret().to_owned())),
            None => {
                gateway.push(placeholder());
                exec.push(placeholder());
            }
        }
    }
    if from.is_quiet {
        gateway.extend(environment::quiet_env());
    }
    if from.trust.is_some() {
        gateway.extend(environment::trust_env());
        exec.extend(environment::trust_env());
    }
    [gateway, exec]
}

/// Names of variables whose values are secrets: boxd keeps them out of what it logs.
fn secret_variables(from: &Ingredients<'_>) -> Vec<String> {
    from.secrets.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name.to_string()).collect()
}

/// Renders the files that a box is started with.
///
/// # Errors
/// When a document cannot be written as JSON, which it can.
pub fn render_files(from: &Ingredients<'_>) -> Result<Vec<RenderedFile>, Error> {
    let [gateway_env, exec_env] = variables(from);
    let boxd = BoxdConfig {
        generation: from.generation,
        authorized_keys: vec![from.authorized_key.clone()],
        gateway: ServiceSpec {
            argv: environment::gateway_argv(from.runtime_version),
            env: gateway_env,
            cwd: AGENT_HOME.to_owned(),
            crashes_max: from.crashes_max,
            crash_window_ms: u64::try_from(heal::WINDOW.as_millis()).unwrap_or(u64::MAX),
        },
        exec_env,
        stop_grace_ms: u64::try_from(from.stop_grace.as_millis()).unwrap_or(u64::MAX),
        log_file_bytes_max: LOG_FILE_BYTES_MAX,
        log_files_max: LOG_FILES_MAX,
        gateway_admin_headers: access::admin_headers(from.gateway_token),
        secret_variables: secret_variables(from),
    };
    let boxd = serde_json::to_vec_pretty(&boxd).map_err(Error::internal)?;
    let gateway = config::render(from.models, from.gateway_token, from.owner);
    let host_key = from.host_key.expose_secret().as_bytes().to_vec();
    let file = |path: &str, content, owner| RenderedFile { path: path.to_owned(), content, owner };
    let mut files = vec![
        file(environment::CONFIG_PATH, gateway, RenderedFileOwner::Agent),
        file(CONFIG_PATH, boxd, RenderedFileOwner::Boxd),
        file(HOST_KEY_PATH, host_key, RenderedFileOwner::Boxd),
    ];
    if let Some(trust) = from.trust {
        let bundle = format!("{}\n{}", trust.roots.trim_end(), trust.authority);
        let authority = trust.authority.as_bytes().to_vec();
        files.push(file(environment::AUTHORITY_PATH, authority, RenderedFileOwner::Agent));
        files.push(file(environment::BUNDLE_PATH, bundle.into_bytes(), RenderedFileOwner::Agent));
    }
    Ok(files)
}
