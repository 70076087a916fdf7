//! Renders the gateway's configuration.
//!
//! The platform owns the file. An owner may add an overlay; what the platform depends on is taken out of it before
//! ([`overlay`]) and asserted again after it is merged, so that no overlay can take a box away from the platform.

mod models;
mod overlay;
mod owner;
mod redact;
mod schema;

use secrecy::SecretString;
use serde_json::{Map, Value, json};

pub use models::{Model, ModelApi, ModelConfig};
pub use overlay::Refused;
pub use owner::{OWNER_BYTES_MAX, OWNER_DEPTH_MAX, OWNER_KEYS_MAX, OwnerPart, OwnerPartError};
pub use redact::{REDACTED, redact, restore_redacted};
pub use schema::{ConfigSchema, SchemaIssue};

use crate::access::{ADMIN_IDENTITY, ADMIN_SCOPES, ALLOWED_ORIGIN, GatewayCredential, MEMBER_SCOPES};
use crate::environment::{GATEWAY_PORT, LOG_PATH, WORKSPACE_DIR};

/// The AI gateway on a box's loopback.
pub const AI_GATEWAY_URL: &str = "http://127.0.0.1:40001";

/// OpenClaw rotates its own log file at this size. It keeps five rotated files.
const LOG_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The bundled plugin that serves administrative calls over HTTP.
const ADMIN_RPC_PLUGIN: &str = "admin-http-rpc";

/// What a gateway's configuration is rendered from.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// The models it may use.
    pub models: ModelConfig,
    /// What makes it believe the platform.
    pub credential: GatewayCredential,
    /// Where the AI gateway listens, without a path.
    pub ai_gateway_url: String,
    /// Its port on loopback.
    pub port: u16,
    /// Where the agent works.
    pub workspace: String,
    /// Its own log file.
    pub log_file: String,
    /// The owner's additions, in the gateway's own terms.
    pub overlay: Option<Map<String, Value>>,
}

impl GatewayConfig {
    /// Configuration of a gateway in a box.
    pub fn new(models: ModelConfig, credential: GatewayCredential) -> Self {
        Self {
            models,
            credential,
            ai_gateway_url: AI_GATEWAY_URL.to_owned(),
            port: GATEWAY_PORT,
            workspace: WORKSPACE_DIR.to_owned(),
            log_file: LOG_PATH.to_owned(),
            overlay: None,
        }
    }

    /// The configuration as a document.
    pub fn to_value(&self) -> Value {
        let mut document = self.defaults();
        if let Some(overlay) = &self.overlay {
            let (clean, _ignored) = overlay::clean(overlay);
            overlay::merge(&mut document, &clean);
        }
        self.assert_mandatory(&mut document);
        document
    }

    /// The content of the configuration file.
    pub fn render(&self) -> Vec<u8> {
        format!("{:#}\n", self.to_value()).into_bytes()
    }

    /// Parts of the overlay that have no effect, because the platform depends on them.
    pub fn ignored(&self) -> Vec<Refused> {
        self.overlay.as_ref().map(|overlay| overlay::clean(overlay).1).unwrap_or_default()
    }

    /// What an overlay may change.
    fn defaults(&self) -> Value {
        json!({
            "agents": { "defaults": { "model": { "primary": self.models.primary().reference() } } },
            "logging": { "level": "info" },
        })
    }

    /// What nothing may change.
    fn assert_mandatory(&self, document: &mut Value) {
        let gateway = self.gateway();
        overlay::merge(overlay::object_at(document, &["gateway"]), &gateway);
        overlay::set(document, &["models"], self.models.render(&self.ai_gateway_url));
        // `proxy.proxyUrl` is left out: with it OpenClaw 2026.9.6 ends on SIGTERM at once (exit code 143) and finishes nothing. The
        // environment names the proxy; what does not look there reaches nothing.
        // A heartbeat turn that is overdue when a box wakes would run at once; schedules are the platform's business.
        overlay::set(document, &["agents", "defaults", "heartbeat"], json!({ "every": "0m" }));
        overlay::set(document, &["agents", "defaults", "workspace"], json!(self.workspace));
        overlay::set(document, &["update"], json!({ "checkOnStart": false, "auto": { "enabled": false } }));
        overlay::set(document, &["discovery"], json!({ "mdns": { "mode": "off" } }));
        // `env.shellEnv` is off by default and no overlay may set it. It is not spelled out, because any `env` here costs a
        // boot 2 to 3 s (measured; `docs/performance.md`).
        overlay::remove_empty(document, "env");
        // Unset, it is a file in /tmp.
        overlay::set(document, &["logging", "file"], json!(self.log_file));
        overlay::set(document, &["logging", "maxFileBytes"], json!(LOG_FILE_BYTES_MAX));
        overlay::set(document, &["plugins", "enabled"], json!(true));
        overlay::set(document, &["plugins", "entries", ADMIN_RPC_PLUGIN], json!({ "enabled": true }));
        overlay::permit_plugin(document, ADMIN_RPC_PLUGIN);
    }

    /// The gateway itself: on loopback, believing nobody but the platform, without the terminal on its host.
    fn gateway(&self) -> Value {
        json!({
            "mode": "local",
            "bind": "loopback",
            "port": self.port,
            "trustedProxies": ["127.0.0.1"],
            "allowRealIpFallback": false,
            "auth": {
                "mode": "trusted-proxy",
                "allowTailscale": false,
                "trustedProxy": {
                    "userHeader": self.credential.user_header(),
                    "allowLoopback": true,
                    "deviceAutoApprove": { "enabled": true, "scopes": MEMBER_SCOPES },
                },
                "identityScopes": { ADMIN_IDENTITY: ADMIN_SCOPES },
            },
            "controlUi": {
                "enabled": true,
                "allowedOrigins": [ALLOWED_ORIGIN],
                "communityInvite": false,
                "automaticallyFetchFavicons": false,
            },
            "terminal": { "enabled": false },
            "tailscale": { "mode": "off" },
            "http": { "endpoints": { "chatCompletions": { "enabled": true }, "responses": { "enabled": true } } },
        })
    }
}

/// The configuration file of the gateway in the box with this gateway token, with the additions of its owner.
pub fn render(models: &ModelConfig, token: &SecretString, owner: Option<&OwnerPart>) -> Vec<u8> {
    with_owner(models, token, owner).render()
}

/// The configuration of the gateway in the box with this gateway token, with the additions of its owner.
pub fn with_owner(models: &ModelConfig, token: &SecretString, owner: Option<&OwnerPart>) -> GatewayConfig {
    let overlay = owner.map(|part| part.as_map().clone());
    GatewayConfig { overlay, ..GatewayConfig::new(models.clone(), GatewayCredential::new(token)) }
}

#[cfg(test)]
mod tests;
