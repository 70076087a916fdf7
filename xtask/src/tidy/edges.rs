//! Which crate may depend on which. The picture is in ARCHITECTURE.md.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// A crate, and those of ours it may use. What only the composition root may know is not listed for anybody else.
const ALLOWED: &[(&str, &[&str])] = &[
    ("smartbox-core", &[]),
    ("smartbox-api", &["smartbox-core"]),
    ("smartbox-store", &["smartbox-core"]),
    ("smartbox-files", &[]),
    ("smartbox-provider", &["smartbox-core", "smartbox-files"]),
    ("smartbox-backup", &[]),
    ("smartbox-boxd", &[]),
    ("smartbox-openclaw", &["smartbox-core"]),
    ("smartbox-tunnel", &["smartbox-core", "smartbox-boxd"]),
    ("smartbox-edge", &["smartbox-core"]),
    ("smartbox-acme", &["smartbox-core", "smartbox-edge"]),
    ("smartbox-egress", &["smartbox-core"]),
    ("smartbox-identity", &["smartbox-core"]),
    ("smartbox-providers", &["smartbox-core", "smartbox-files", "smartbox-provider", "smartbox-boxd"]),
    (
        "smartbox-control",
        &[
            "smartbox-core",
            "smartbox-backup",
            "smartbox-files",
            "smartbox-provider",
            "smartbox-store",
            "smartbox-identity",
            "smartbox-openclaw",
            "smartbox-tunnel",
            "smartbox-boxd",
        ],
    ),
    ("smartbox-http", &["smartbox-core", "smartbox-api", "smartbox-files", "smartbox-control"]),
    ("smartbox-cli", &["smartbox-core", "smartbox-api"]),
    ("smartbox", &["smartbox-cli", "smartbox-server"]),
    ("xtask", &["smartbox-http"]),
];

/// May use everything: the composition root, and the test kit (which nothing but tests may use).
const FREE: &[&str] = &["smartbox-server", "smartbox-testkit"];

/// Libraries that one crate alone may use, and why.
const EXCLUSIVE: &[(&str, &[&str], &str)] = &[
    ("sqlx", &["smartbox-store"], "only the store contains SQL"),
    ("sqlx-core", &["smartbox-store"], "only the store contains SQL"),
    (
        "axum",
        &["smartbox-http", "smartbox-server", "smartbox-testkit"],
        "only the API speaks HTTP in handlers",
    ),
    ("config", &["smartbox-server"], "only the composition root reads settings"),
    ("russh", &["smartbox-boxd", "smartbox-tunnel", "smartbox-testkit"], "SSH is wrapped and pinned"),
    ("instant-acme", &["smartbox-acme"], "one place asks a certificate authority"),
    ("rustic_core", &["smartbox-backup"], "one place knows the format of backups"),
    ("object_store", &["smartbox-backup"], "one place writes where backups lie"),
    ("oci-spec", &["smartbox-providers"], "only providers know engines"),
    ("opentelemetry", &["smartbox-server"], "spans are those of `tracing` everywhere else"),
    ("opentelemetry-otlp", &["smartbox-server"], "one place sends spans away"),
    ("tracing-opentelemetry", &["smartbox-server"], "one place sends spans away"),
];

/// `core` is values and pure functions.
const FORBIDDEN_IN_CORE: &[&str] = &["serde", "serde_json", "tokio", "async-trait", "rand", "getrandom"];

/// Checks the manifests.
pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .context("cannot run cargo metadata")?;
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata printed no JSON")?;
    let map = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap_or_default();
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let ours: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut findings = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        if !map.contains(&format!("{name}/")) {
            findings.push(format!("{name}: is missing from the map in ARCHITECTURE.md"));
        }
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            // Tests may use anything.
            if dependency["kind"] == "dev" {
                continue;
            }
            let on = dependency["name"].as_str().unwrap_or_default();
            findings.extend(check_edge(name, on, &ours));
        }
    }
    Ok(findings)
}

fn check_edge(name: &str, on: &str, ours: &BTreeSet<&str>) -> Option<String> {
    if let Some((_, users, reason)) = EXCLUSIVE.iter().find(|(library, ..)| *library == on) {
        return (!users.contains(&name)).then(|| format!("{name}: must not depend on {on}: {reason}"));
    }
    if name == "smartbox-core" && FORBIDDEN_IN_CORE.contains(&on) {
        return Some(format!("{name}: must not depend on {on}: no I/O, no async, no entropy, no serde"));
    }
    if FREE.contains(&name) || !ours.contains(on) {
        return None;
    }
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        return Some(format!("{name}: is not in the table of allowed edges (xtask/src/tidy/edges.rs)"));
    };
    (!allowed.contains(&on)).then(|| format!("{name}: must not depend on {on} (see ARCHITECTURE.md)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(name: &str, on: &str) -> Option<String> {
        check_edge(
            name,
            on,
            &BTreeSet::from(["smartbox-control", "smartbox-core", "smartbox-new", "smartbox-edge"]),
        )
    }

    #[test]
    fn allowed_edges_pass_and_others_are_named() {
        assert_eq!(finding("smartbox-edge", "smartbox-core"), None);
        assert_eq!(finding("smartbox-server", "smartbox-control"), None);
        assert!(finding("smartbox-edge", "smartbox-control").unwrap().contains("smartbox-edge"));
        assert!(finding("smartbox-new", "smartbox-core").unwrap().contains("table"));
    }

    #[test]
    fn exclusive_libraries_and_a_pure_core_are_held() {
        assert!(finding("smartbox-control", "sqlx").is_some());
        assert_eq!(finding("smartbox-store", "sqlx"), None);
        assert!(finding("smartbox-core", "tokio").is_some());
    }
}
