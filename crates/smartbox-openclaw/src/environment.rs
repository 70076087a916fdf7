//! Paths and environment of an agent runtime in its box.

/// Directory of the pinned runtimes in a box, read-only.
pub const RUNTIMES_DIR: &str = "/opt/runtime";
/// The shared compile cache in a box. Read-only: a box that could write it could put code into other boxes.
pub const COMPILE_CACHE_DIR: &str = "/opt/runtime/cache";
/// The gateway's configuration in a box, owned by the platform and read-only for everybody in the box.
pub const CONFIG_PATH: &str = "/run/smartbox/openclaw.json";
/// The agent's home: the data volume.
pub const HOME: &str = "/home/agent";
/// OpenClaw's state.
pub const STATE_DIR: &str = "/home/agent/state";
/// Where the agent works.
pub const WORKSPACE_DIR: &str = "/home/agent/workspace";
/// The gateway's own log file; the same lines also go to its standard output.
pub const LOG_PATH: &str = "/home/agent/state/logs/openclaw.log";
/// The forward proxy on a box's loopback: the only way out.
pub const PROXY_URL: &str = "http://127.0.0.1:3128";
/// The certificate of the box's own authority, for hosts whose TLS the proxy ends. Only a box that has such hosts has one.
pub const AUTHORITY_PATH: &str = "/run/smartbox/egress-ca.pem";
/// The same together with everybody else's, for programs that know one file.
pub const BUNDLE_PATH: &str = "/run/smartbox/ca-bundle.pem";
/// What is in the box itself and needs no proxy.
const NO_PROXY: &str = "127.0.0.1,localhost,::1";
/// The gateway's port on the box's loopback.
pub const GATEWAY_PORT: u16 = 18789;

/// The runtime of `version` in a box.
pub fn runtime_dir(version: &str) -> String {
    format!("{RUNTIMES_DIR}/openclaw-{version}")
}

/// The pinned Node.js in a box.
pub fn node_path(version: &str) -> String {
    format!("{}/bin/node", runtime_dir(version))
}

/// OpenClaw's entry point in a box.
pub fn openclaw_path(version: &str) -> String {
    format!("{}/node_modules/openclaw/openclaw.mjs", runtime_dir(version))
}

/// Program and arguments of the gateway. Port and bind address come from its configuration.
pub fn gateway_argv(version: &str) -> Vec<String> {
    vec![node_path(version), openclaw_path(version), "gateway".to_owned()]
}

/// The environment of the gateway, but for what its owner gives it.
///
/// The agent's tools inherit it, so the agent can read it: no secret is in it.
pub fn gateway_env(version: &str) -> Vec<(String, String)> {
    let mut env = shared_env(version);
    env.extend(pairs(&[
        // Nobody writes the configuration but the platform; without this OpenClaw "restores" it from a backup.
        ("OPENCLAW_CONFIG_READONLY", "1"),
        ("NODE_COMPILE_CACHE", COMPILE_CACHE_DIR),
        // Else openclaw.mjs starts itself again as a child because of NODE_COMPILE_CACHE.
        ("OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED", "1"),
        // Restarts stay in the same process, which boxd supervises.
        ("OPENCLAW_NO_RESPAWN", "1"),
        ("OPENCLAW_DISABLE_BONJOUR", "1"),
        ("OPENCLAW_NO_AUTO_UPDATE", "1"),
        // No download of helper programs.
        ("OPENCLAW_OFFLINE", "1"),
        // No login shell is started to copy its environment.
        ("OPENCLAW_EXEC_SHELL_SNAPSHOT", "0"),
    ]));
    env
}

/// What keeps a gateway from everything that it begins by itself or is told from outside: channels, its own jobs, a mailbox that is watched.
/// It is part of how the gateway is started, which nothing in a box can change.
pub fn quiet_env() -> Vec<(String, String)> {
    pairs(&[
        ("OPENCLAW_SKIP_CHANNELS", "1"),
        ("OPENCLAW_SKIP_CRON", "1"),
        ("OPENCLAW_SKIP_GMAIL_WATCHER", "1"),
    ])
}

/// Environment of commands and terminals that people open in the box.
pub fn exec_env(version: &str) -> Vec<(String, String)> {
    let mut env = shared_env(version);
    env.extend(pairs(&[("SHELL", "/bin/bash"), ("OPENCLAW_CONFIG_READONLY", "1")]));
    env
}

/// How programs learn of the box's own authority: Node.js adds it to those it knows, others read one file.
pub fn trust_env() -> Vec<(String, String)> {
    pairs(&[
        ("NODE_EXTRA_CA_CERTS", AUTHORITY_PATH),
        ("SSL_CERT_FILE", BUNDLE_PATH),
        ("CURL_CA_BUNDLE", BUNDLE_PATH),
        ("REQUESTS_CA_BUNDLE", BUNDLE_PATH),
        ("GIT_SSL_CAINFO", BUNDLE_PATH),
    ])
}

/// What every program of the agent's user has. `TMPDIR` is the box's private `/tmp`.
fn shared_env(version: &str) -> Vec<(String, String)> {
    let path = format!(
        "{HOME}/.local/bin:{HOME}/tools/bin:{}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        runtime_dir(version)
    );
    pairs(&[
        ("HOME", HOME),
        ("USER", "agent"),
        ("LOGNAME", "agent"),
        ("PATH", &path),
        ("LANG", "C.UTF-8"),
        ("TMPDIR", "/tmp"),
        ("OPENCLAW_STATE_DIR", STATE_DIR),
        ("OPENCLAW_CONFIG_PATH", CONFIG_PATH),
        // Both spellings: curl reads `http_proxy` in lower case only, others read the other one.
        ("HTTP_PROXY", PROXY_URL),
        ("HTTPS_PROXY", PROXY_URL),
        ("NO_PROXY", NO_PROXY),
        ("http_proxy", PROXY_URL),
        ("https_proxy", PROXY_URL),
        ("no_proxy", NO_PROXY),
        // Node.js itself asks nobody unless it is told to (24 and later).
        ("NODE_USE_ENV_PROXY", "1"),
    ])
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateway_runs_on_the_pinned_node() {
        assert_eq!(
            gateway_argv("1.2.3"),
            [
                "/opt/runtime/openclaw-1.2.3/bin/node",
                "/opt/runtime/openclaw-1.2.3/node_modules/openclaw/openclaw.mjs",
                "gateway"
            ]
        );
    }

    #[test]
    fn no_variable_is_set_twice_and_none_is_a_secret() {
        for env in [gateway_env("1.2.3"), exec_env("1.2.3")] {
            let mut names: Vec<_> = env.iter().map(|(name, _)| name.clone()).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), env.len());
            assert!(
                names.iter().all(|name| !name.contains("TOKEN")
                    && !name.contains("KEY")
                    && !name.contains("PASSWORD"))
            );
        }
    }

    #[test]
    fn the_environment_of_a_gateway_is_as_documented() {
        insta::assert_json_snapshot!(gateway_env("1.2.3"));
    }
}
