//! Short names of variables, and the seeds' names, mapped to `SMARTBOX__SECTION__KEY`.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::data_dir::Owner;

/// Short name, then the canonical one. Where two short names mean the same, the earlier wins.
const ALIASES: &[(&str, &str)] = &[
    ("SMARTBOX_LISTEN", "SMARTBOX__EDGE__LISTEN"),
    ("LISTEN_ADDR", "SMARTBOX__EDGE__LISTEN"),
    ("PROXY_LISTEN_ADDR", "SMARTBOX__EGRESS__PROXY_LISTEN"),
    ("DEV_MODE", "SMARTBOX__EDGE__DEV_MODE"),
    ("DEBUG_ROUTES", "SMARTBOX__EDGE__DEBUG_ROUTES"),
    ("SMARTBOX_STORE_DIR", "SMARTBOX__DATA__STORE"),
    ("DATABASE_URL", "SMARTBOX__DATABASE__URL"),
    ("SMARTBOX_ADMIN_SECRET", "SMARTBOX__ADMIN__SECRET"),
    ("SMARTBOX_ADMIN_SECRET_PREVIOUS", "SMARTBOX__ADMIN__PREVIOUS_SECRET"),
    ("SUPABASE_JWT_SECRET", "SMARTBOX__IDENTITY__JWT_SECRET"),
    ("CF_ACCESS_TEAM_DOMAIN", "SMARTBOX__IDENTITY__ACCESS_TEAM_DOMAIN"),
    ("CF_ACCESS_AUD", "SMARTBOX__IDENTITY__ACCESS_AUDIENCE"),
    ("MOLTBOT_SIGNING_SECRET", "SMARTBOX__IDENTITY__SIGNING_SECRET"),
    ("USE_NEW_ADMIN_API", "SMARTBOX__ROUTING__USE_NEW_ADMIN_API"),
    ("USE_NEW_CONTAINER_GATEWAY", "SMARTBOX__ROUTING__USE_NEW_CONTAINER_GATEWAY"),
    ("AI_GATEWAY_API_KEY", "SMARTBOX__MODELS__ANTHROPIC_API_KEY"),
    ("ANTHROPIC_API_KEY", "SMARTBOX__MODELS__ANTHROPIC_API_KEY"),
    ("AI_GATEWAY_BASE_URL", "SMARTBOX__MODELS__ANTHROPIC_BASE_URL"),
    ("ANTHROPIC_BASE_URL", "SMARTBOX__MODELS__ANTHROPIC_BASE_URL"),
    ("OPENAI_API_KEY", "SMARTBOX__MODELS__OPENAI_API_KEY"),
    ("OPENAI_BASE_URL", "SMARTBOX__MODELS__OPENAI_BASE_URL"),
    ("SANDBOX_SLEEP_AFTER", "SMARTBOX__BOXES__SLEEP_AFTER"),
    ("MONITOR_INTERVAL_SECS", "SMARTBOX__USAGE__MONITOR_INTERVAL_SECS"),
    ("SMARTBOX_BACKUPS", "SMARTBOX__BACKUP__LOCATION"),
    ("CF_ACCOUNT_ID", "SMARTBOX__BACKUP__R2_ACCOUNT"),
    ("R2_ACCESS_KEY_ID", "SMARTBOX__BACKUP__ACCESS_KEY_ID"),
    ("AWS_ACCESS_KEY_ID", "SMARTBOX__BACKUP__ACCESS_KEY_ID"),
    ("R2_SECRET_ACCESS_KEY", "SMARTBOX__BACKUP__SECRET_ACCESS_KEY"),
    ("AWS_SECRET_ACCESS_KEY", "SMARTBOX__BACKUP__SECRET_ACCESS_KEY"),
    ("AWS_ENDPOINT_URL", "SMARTBOX__BACKUP__ENDPOINT"),
    ("AWS_REGION", "SMARTBOX__BACKUP__REGION"),
    ("SMARTBOX_LOG", "SMARTBOX__LOG__FILTER"),
];

/// The canonical variables of an environment, short names filled in where the canonical one is not set.
pub(super) fn canonical(environment: &[(String, String)]) -> HashMap<String, String> {
    let mut found: HashMap<String, String> =
        environment.iter().filter(|(name, _)| name.starts_with("SMARTBOX__")).cloned().collect();
    for (alias, name) in ALIASES {
        if let Some((_, value)) =
            environment.iter().find(|(known, value)| known == alias && !value.is_empty())
        {
            found.entry((*name).to_owned()).or_insert_with(|| value.clone());
        }
    }
    found
}

/// The data directory that the environment names.
pub(super) fn data_dir(environment: &[(String, String)]) -> Option<PathBuf> {
    let value = |wanted: &str| environment.iter().find(|(name, value)| name == wanted && !value.is_empty());
    let found = value("SMARTBOX__DATA__DIR").or_else(|| value("SMARTBOX_DATA_DIR"));
    found.map(|(_, value)| PathBuf::from(value))
}

/// The person behind `sudo`, from the variables it sets.
pub(super) fn owner_behind_sudo(environment: &[(String, String)]) -> Option<Owner> {
    let id = |wanted: &str| {
        environment.iter().find(|(name, _)| name == wanted).and_then(|(_, value)| value.parse::<u32>().ok())
    };
    Some(Owner { uid: id("SUDO_UID")?, gid: id("SUDO_GID")? })
}
