//! Who may log in, and as what the server shows itself.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{PrivateKey, PublicKey};

use crate::daemon::settings::Paths;
use crate::{AGENT_NAME, BoxdConfig};

/// Keys that are accepted. More would be a mistake of the platform.
const KEYS_MAX: usize = 256;

/// Keys, and what a session starts with.
pub(crate) struct Access {
    host_key: PrivateKey,
    authorized: HashSet<KeyData>,
    env: Vec<(String, String)>,
    home: PathBuf,
}

impl Access {
    /// Reads the host key and the authorized keys.
    ///
    /// # Errors
    /// When one of them cannot be read or is malformed: a box that lets in fewer people than it should is
    /// found out at its start.
    pub(crate) fn new(paths: &Paths, config: &BoxdConfig) -> anyhow::Result<Self> {
        let text = fs::read(&paths.host_key)
            .with_context(|| format!("cannot read the host key {}", paths.host_key.display()))?;
        let host_key = PrivateKey::from_openssh(&text).context("the host key is malformed")?;
        ensure!(config.authorized_keys.len() <= KEYS_MAX, "more than {KEYS_MAX} authorized keys");
        let authorized = config
            .authorized_keys
            .iter()
            .enumerate()
            .map(|(number, text)| {
                let key = PublicKey::from_openssh(text)
                    .with_context(|| format!("authorized key {} is malformed", number + 1))?;
                Ok(key.key_data().clone())
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Self { host_key, authorized, env: config.exec_env.clone(), home: paths.home.clone() })
    }

    /// The server's identity.
    pub(crate) const fn host_key(&self) -> &PrivateKey {
        &self.host_key
    }

    /// Whether that user may log in with that key.
    pub(crate) fn allows(&self, user: &str, key: &PublicKey) -> bool {
        user == AGENT_NAME && self.authorized.contains(key.key_data())
    }

    /// Environment that each session starts with.
    pub(crate) fn env(&self) -> &[(String, String)] {
        &self.env
    }

    /// Where each session starts.
    pub(crate) const fn home(&self) -> &PathBuf {
        &self.home
    }
}
