//! The settings as texts, before they are understood. An unknown section or key is an error: it is a typing mistake.

use std::collections::HashMap;
use std::path::Path;

use config::{Config, Environment, File, FileFormat};
use secrecy::SecretString;
use serde::Deserialize;
use smartbox_egress::{ModelSettings, UpstreamSettings};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    pub(super) edge: Edge,
    pub(super) data: Data,
    pub(super) database: Database,
    pub(super) platforms: Platforms,
    pub(super) admin: Admin,
    pub(super) identity: Identity,
    pub(super) routing: Routing,
    pub(super) provider: Provider,
    pub(super) egress: Egress,
    pub(super) secrets: Secrets,
    pub(super) metrics: Metrics,
    pub(super) tracing: Tracing,
    pub(super) backup: Backup,
    pub(super) models: Models,
    pub(super) boxes: Boxes,
    pub(super) host: Host,
    pub(super) usage: Usage,
    pub(super) webhooks: Webhooks,
    pub(super) log: Log,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Edge {
    pub(super) listen: Option<String>,
    pub(super) public_hosts: Option<String>,
    pub(super) public_scheme: Option<String>,
    pub(super) base_domain: Option<String>,
    pub(super) dev_mode: Option<String>,
    pub(super) debug_routes: Option<String>,
    pub(super) requests_per_minute: Option<String>,
    pub(super) sign_ins_per_minute: Option<String>,
    pub(super) tls_certificate: Option<String>,
    pub(super) tls_key: Option<String>,
    pub(super) acme_domains: Option<String>,
    pub(super) acme_email: Option<String>,
    pub(super) acme_directory: Option<String>,
    pub(super) acme_directory_ca: Option<String>,
    pub(super) trusted_proxies: Option<String>,
    pub(super) connections_max: Option<String>,
    pub(super) connections_per_address: Option<String>,
    pub(super) sockets_per_address: Option<String>,
    pub(super) sockets_per_caller: Option<String>,
    pub(super) sockets_per_minute: Option<String>,
    pub(super) in_flight_per_box: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Data {
    /// Read before everything else, because the file lies in it.
    pub(super) dir: Option<String>,
    pub(super) store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Database {
    pub(super) url: Option<String>,
    pub(super) readers: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Platforms {
    pub(super) listen: Option<String>,
    pub(super) address: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Admin {
    pub(super) secret: Option<String>,
    pub(super) previous_secret: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Identity {
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) jwt_secret: Option<String>,
    pub(super) jwt_cookie: Option<String>,
    pub(super) jwks_url: Option<String>,
    pub(super) access_team_domain: Option<String>,
    pub(super) access_audience: Option<String>,
    pub(super) signing_secret: Option<String>,
    pub(super) signing_keys: Option<String>,
    pub(super) oidc_issuer: Option<String>,
    pub(super) oidc_client_id: Option<String>,
    pub(super) oidc_client_secret: Option<String>,
    pub(super) sign_up: Option<String>,
    pub(super) sign_up_org: Option<String>,
    pub(super) sign_up_role: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Routing {
    pub(super) admin_api_primary: Option<String>,
    pub(super) admin_api_candidate: Option<String>,
    pub(super) admin_api_percentage: Option<String>,
    pub(super) use_new_admin_api: Option<String>,
    pub(super) container_gateway_primary: Option<String>,
    pub(super) container_gateway_candidate: Option<String>,
    pub(super) container_gateway_percentage: Option<String>,
    pub(super) use_new_container_gateway: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Provider {
    pub(super) oci_runtime: Option<String>,
    pub(super) image: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Egress {
    pub(super) proxy_listen: Option<String>,
    pub(super) rules: Option<String>,
    pub(super) extra_roots: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Secrets {
    pub(super) key: Option<String>,
    pub(super) key_command: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Metrics {
    pub(super) listen: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Tracing {
    pub(super) otlp_endpoint: Option<String>,
    pub(super) otlp_authorization: Option<String>,
    pub(super) sample: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Backup {
    pub(super) location: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) region: Option<String>,
    pub(super) r2_account: Option<String>,
    pub(super) access_key_id: Option<String>,
    pub(super) secret_access_key: Option<String>,
    pub(super) period: Option<String>,
    pub(super) at_once: Option<String>,
    pub(super) keep_all: Option<String>,
    pub(super) keep_hourly: Option<String>,
    pub(super) keep_daily: Option<String>,
    pub(super) keep_weekly: Option<String>,
    pub(super) keep_monthly: Option<String>,
    pub(super) undo: Option<String>,
    pub(super) drill_every: Option<String>,
    pub(super) upload_limit: Option<String>,
    pub(super) download_limit: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Models {
    pub(super) anthropic_api_key: Option<String>,
    pub(super) anthropic_base_url: Option<String>,
    pub(super) anthropic_models: Option<String>,
    pub(super) openai_api_key: Option<String>,
    pub(super) openai_base_url: Option<String>,
    pub(super) openai_models: Option<String>,
    pub(super) primary: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Boxes {
    pub(super) delete_grace: Option<String>,
    pub(super) stop_grace: Option<String>,
    pub(super) hold: Option<String>,
    pub(super) sleep_after: Option<String>,
    pub(super) squeeze_after: Option<String>,
    pub(super) end_after: Option<String>,
    pub(super) archive_after: Option<String>,
    pub(super) schedule_stagger: Option<String>,
    pub(super) prewarm_on_sign_in: Option<String>,
    pub(super) runtime_floor: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Host {
    pub(super) reserve: Option<String>,
    pub(super) cpu_pressure_max: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Usage {
    pub(super) monitor_interval_secs: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Webhooks {
    pub(super) allow_private: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Log {
    pub(super) filter: Option<String>,
    pub(super) format: Option<String>,
}

impl Raw {
    /// Reads file and environment. A file that was named must exist; the one in the data directory may.
    pub(super) fn read(
        file: &Path,
        must_exist: bool,
        environment: HashMap<String, String>,
    ) -> Result<Self, String> {
        let file = File::from(file).format(FileFormat::Toml).required(must_exist);
        // A source given by hand replaces the process's environment.
        let environment = Environment::with_prefix("SMARTBOX")
            .prefix_separator("__")
            .separator("__")
            .source(Some(environment));
        let read = Config::builder().add_source(file).add_source(environment).build();
        read.and_then(Config::try_deserialize).map_err(|error| error.to_string())
    }

    /// What egress wants to know.
    pub(super) fn model_settings(&self) -> ModelSettings {
        let upstream =
            |key: &Option<String>, base_url: &Option<String>, models: &Option<String>| UpstreamSettings {
                api_key: key.clone().map(SecretString::from),
                base_url: base_url.clone(),
                models: models.clone().into_iter().collect(),
            };
        let models = &self.models;
        ModelSettings {
            anthropic: upstream(
                &models.anthropic_api_key,
                &models.anthropic_base_url,
                &models.anthropic_models,
            ),
            openai: upstream(&models.openai_api_key, &models.openai_base_url, &models.openai_models),
            primary: models.primary.clone(),
        }
    }
}
